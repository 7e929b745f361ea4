package match

import (
	"unicode/utf8"

	"github.com/copytaster/copytaster/monitor/rule"
	"github.com/copytaster/copytaster/monitor/text"
)

// postings tell, for a word, the rules that hang on it. A rule hangs on words
// of which at least one occurs in every article that it matches, so the others
// need not be looked at.
type postings struct {
	folds map[string][]int32
	// stems is by the stem in each language.
	stems [text.Stemmers]map[string][]int32
	// always are the rules that hang on no word.
	always []int32
}

func (p *postings) add(r int32, e *rule.Expr) {
	words, ok := anchors(e.Root(), false)
	if !ok {
		p.always = append(p.always, r)
		return
	}
	if p.folds == nil {
		p.folds = make(map[string][]int32)
	}
	for _, a := range words {
		post(p.folds, a.term.Folded(), r)
		if a.form != rule.Stemmed {
			continue
		}
		for l := text.Arabic; l < text.Stemmers; l++ {
			if !a.term.In(l) {
				continue
			}
			if p.stems[l] == nil {
				p.stems[l] = make(map[string][]int32)
			}
			post(p.stems[l], a.term.Stem(l), r)
		}
	}
}

func post(m map[string][]int32, key string, r int32) {
	list := m[key]
	if len(list) == 0 || list[len(list)-1] != r {
		m[key] = append(list, r)
	}
}

// anchor is a word that a rule hangs on.
type anchor struct {
	term *text.Term
	form rule.Form
}

// maxAnchors bounds the words that one rule hangs on.
const maxAnchors = 1 << 16

// anchors returns words of which one must occur for n, or with neg its
// opposite, to hold: the rarest choice as far as length tells; false if there
// is none.
func anchors(n rule.Node, neg bool) ([]anchor, bool) {
	switch n := n.(type) {
	case *rule.And:
		return anchorsOf(n.Nodes, neg, !neg)
	case *rule.Or:
		return anchorsOf(n.Nodes, neg, neg)
	case *rule.Not:
		return anchors(n.Node, !neg)
	case *rule.In:
		return anchors(n.Node, neg)
	case *rule.Phrase:
		if neg {
			return nil, false
		}
		var best []anchor
		for i := range n.Words {
			w := &n.Words[i]
			if w.Pattern != "" {
				continue
			}
			if a := []anchor{{&w.Term, n.Form}}; best == nil || cost(a) < cost(best) {
				best = a
			}
		}
		return best, best != nil
	}
	return nil, false
}

// anchorsOf chooses the best among nodes that must all hold, and takes those
// of each where any must.
func anchorsOf(nodes []rule.Node, neg, all bool) (best []anchor, ok bool) {
	for _, n := range nodes {
		words, found := anchors(n, neg)
		switch {
		case all && found:
			if !ok || cost(words) < cost(best) {
				best, ok = words, true
			}
		case !all && (!found || len(best)+len(words) > maxAnchors):
			return nil, false
		case !all:
			best, ok = append(best, words...), true
		}
	}
	return best, ok
}

// cost estimates how often one of the words occurs: long ones are rare.
func cost(words []anchor) float64 {
	sum := 0.0
	for _, w := range words {
		n := min(utf8.RuneCountInString(w.term.Folded()), 12)
		sum += 1 / float64(int(1)<<n)
	}
	return sum
}

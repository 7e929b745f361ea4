package rule

import (
	"cmp"
	"slices"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/text"
)

// MaxEvidence is how many pieces of evidence a match tells.
const MaxEvidence = 100

// Eval reports whether the expression holds for an article, given d, what the
// analysis of a made of it, and why: the places of every positive clause that
// had a part in it, in order of field and position, without repeats, the first
// MaxEvidence of them. An expression that holds by facts alone has none.
//
// It is the definition of the language: slow ways to be fast must agree with
// it.
func (e *Expr) Eval(d *text.Document, a *feeds.Article) (evidence []text.Span, ok bool) {
	ev := evaluation{d: d, a: a}
	if !ev.holds(e.root, false, Anywhere) {
		return nil, false
	}
	// Few expressions hold, so only now is it worth to note why.
	ev.noting = true
	ev.holds(e.root, false, Anywhere)
	return ev.evidence(), true
}

type evaluation struct {
	d *text.Document
	a *feeds.Article
	// hits are, when noting, the positive clauses that hold, of the nodes that
	// hold so far.
	hits   []hit
	noting bool
}

type hit struct {
	phrase *Phrase
	part   Part
}

// holds reports whether n, or with neg its opposite, holds within a part of
// the article. It leaves in hits the clauses behind it, and none when it does
// not hold.
func (ev *evaluation) holds(n Node, neg bool, part Part) bool {
	switch n := n.(type) {
	case *And:
		if neg {
			return ev.any(n.Nodes, neg, part)
		}
		return ev.all(n.Nodes, neg, part)
	case *Or:
		if neg {
			return ev.all(n.Nodes, neg, part)
		}
		return ev.any(n.Nodes, neg, part)
	case *Not:
		return ev.holds(n.Node, !neg, part)
	case *In:
		return ev.holds(n.Node, neg, part&n.Part)
	case *Fact:
		return n.Holds(ev.d, ev.a) != neg
	case *Phrase:
		s := n.search(ev.d, part)
		_, _, found := s.next()
		if found && !neg && ev.noting {
			ev.hits = append(ev.hits, hit{n, part})
		}
		return found != neg
	}
	panic("rule: unknown node")
}

func (ev *evaluation) all(nodes []Node, neg bool, part Part) bool {
	mark := len(ev.hits)
	for _, n := range nodes {
		if !ev.holds(n, neg, part) {
			ev.hits = ev.hits[:mark]
			return false
		}
	}
	return true
}

func (ev *evaluation) any(nodes []Node, neg bool, part Part) bool {
	found := false
	for _, n := range nodes {
		found = ev.holds(n, neg, part) || found
	}
	return found
}

// place is a stretch of tokens.
type place struct{ first, last int }

func (p place) compare(q place) int {
	return cmp.Or(cmp.Compare(p.first, q.first), cmp.Compare(p.last, q.last))
}

// evidence returns the places of all hits. Tokens are in order of field and
// position, so places are ordered like the spans they become.
func (ev *evaluation) evidence() []text.Span {
	var places []place
	for _, h := range ev.hits {
		s := h.phrase.search(ev.d, h.part)
		// A place behind the first MaxEvidence of its own clause is behind
		// that many of all.
		for range MaxEvidence {
			first, last, ok := s.next()
			if !ok {
				break
			}
			p := place{first, last}
			if len(places) == MaxEvidence && p.compare(places[MaxEvidence-1]) >= 0 {
				break
			}
			i, known := slices.BinarySearchFunc(places, p, place.compare)
			if known {
				continue
			}
			if len(places) == MaxEvidence {
				places = places[:MaxEvidence-1]
			}
			places = slices.Insert(places, i, p)
		}
	}
	if len(places) == 0 {
		return nil
	}
	spans := make([]text.Span, len(places))
	for i, p := range places {
		spans[i] = ev.d.Span(p.first, p.last)
	}
	return spans
}

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
	// lists are the fields that are no part of the text, once they were asked
	// for.
	lists map[text.Field]*text.Document
	// hits are, when noting, the positive clauses that hold, of the nodes that
	// hold so far.
	hits   []hit
	noting bool
}

type hit struct {
	node Node
	part Part
}

// document returns what a part of the article was taken apart into.
func (ev *evaluation) document(part Part) *text.Document {
	if part&^Anywhere == 0 {
		return ev.d
	}
	f, entries := text.Authors, ev.a.Authors
	switch part {
	case Category:
		f, entries = text.Categories, ev.a.Categories
	case URL:
		f, entries = text.URL, []string{ev.a.URL}
	}
	d := ev.lists[f]
	if d == nil {
		d = new(text.Document)
		d.ReadEntries(f, entries, ev.d.Stemmer())
		if ev.lists == nil {
			ev.lists = make(map[text.Field]*text.Document)
		}
		ev.lists[f] = d
	}
	return d
}

// holds reports whether n, or with neg its opposite, holds within a part of
// the article. It leaves in hits the clauses behind it, and none when it does
// not hold.
func (ev *evaluation) holds(n Node, neg bool, part Part) bool {
	switch n := n.(type) {
	case *And:
		if neg {
			return ev.some(n.Nodes, 1, neg, part)
		}
		return ev.all(n.Nodes, neg, part)
	case *Or:
		if neg {
			return ev.all(n.Nodes, neg, part)
		}
		return ev.some(n.Nodes, 1, neg, part)
	case *Some:
		if neg {
			// Fewer than N hold when all but N-1 do not.
			return ev.some(n.Nodes, len(n.Nodes)-n.N+1, neg, part)
		}
		return ev.some(n.Nodes, n.N, neg, part)
	case *Not:
		return ev.holds(n.Node, !neg, part)
	case *In:
		return ev.holds(n.Node, neg, n.Within(part))
	case *Fact:
		return n.Holds(ev.d, ev.a) != neg
	}
	found := ev.found(n, part)
	if found && !neg && ev.noting {
		ev.hits = append(ev.hits, hit{n, part})
	}
	return found != neg
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

// some reports whether at least so many of the nodes hold.
func (ev *evaluation) some(nodes []Node, least int, neg bool, part Part) bool {
	mark, count := len(ev.hits), 0
	for _, n := range nodes {
		if ev.holds(n, neg, part) {
			count++
		}
	}
	if count < least {
		ev.hits = ev.hits[:mark]
		return false
	}
	return true
}

// found reports whether a word, phrase, distance, count or regular expression
// is there.
func (ev *evaluation) found(n Node, part Part) bool {
	switch n := n.(type) {
	case *AtLeast:
		return ev.count(n.Node, part, n.N) == n.N
	case *Regexp:
		return ev.matchesAny(n, part)
	}
	found := false
	ev.each(n, part, func(text.Span, int) bool {
		found = true
		return false
	})
	return found
}

// count returns how often a node is there without overlap, up to a limit. What
// the content repeats from the summary does not count.
func (ev *evaluation) count(n Node, part Part, limit int) int {
	var places []text.Span
	ev.eachWhole(n, part, func(s text.Span, token int) bool {
		if s.Field != text.Content || token < 0 || !ev.d.Repeated(token) {
			places = append(places, s)
		}
		return true
	})
	slices.SortFunc(places, compareSpans)
	times, last := 0, text.Span{}
	for _, s := range places {
		if times < limit && (s.Field != last.Field || s.Start >= last.End) {
			times++
			last = s
		}
	}
	return times
}

func compareSpans(a, b text.Span) int {
	return cmp.Or(cmp.Compare(a.Field, b.Field), cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End))
}

// evidence returns the places of all hits in order.
func (ev *evaluation) evidence() []text.Span {
	var spans []text.Span
	for _, h := range ev.hits {
		spans = ev.addSpans(spans, h.node, h.part)
	}
	return spans
}

// addSpans adds the places of a node to spans, which it keeps in order, without
// repeats and to the first MaxEvidence.
func (ev *evaluation) addSpans(spans []text.Span, n Node, part Part) []text.Span {
	left := MaxEvidence
	ev.each(n, part, func(s text.Span, _ int) bool {
		// A place behind the first MaxEvidence of its own clause is behind
		// that many of all. Those of a window or a group are not in order.
		if _, ordered := n.(*Phrase); ordered {
			left--
		}
		if len(spans) == MaxEvidence && compareSpans(s, spans[MaxEvidence-1]) >= 0 {
			return left > 0
		}
		i, known := slices.BinarySearchFunc(spans, s, compareSpans)
		if known {
			return left > 0
		}
		if len(spans) == MaxEvidence {
			spans = spans[:MaxEvidence-1]
		}
		spans = slices.Insert(spans, i, s)
		return left > 0
	})
	return spans
}

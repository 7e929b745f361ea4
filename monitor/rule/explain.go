package rule

import (
	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/text"
)

// Explanation says of a clause whether it holds for an article, and why.
type Explanation struct {
	// Clause is the clause as String prints it, cut off with "…" where it is
	// long.
	Clause string `json:"clause"`
	True   bool   `json:"true"`
	// Spans are where a word, a phrase, a distance or a regular expression
	// was found, in order, at most MaxEvidence; for ATLEAST also when it was
	// found too rarely.
	Spans []text.Span `json:"spans,omitempty"`
	// Parts are the clauses that this one consists of. Those of a distance
	// say whether each side is there at all.
	Parts []Explanation `json:"parts,omitempty"`
}

// Explain says which clauses of the expression hold for an article, given d,
// what the analysis of a made of it, and which do not. It agrees with Eval.
func (e *Expr) Explain(d *text.Document, a *feeds.Article) Explanation {
	ev := evaluation{d: d, a: a}
	return ev.explain(e.root, Anywhere)
}

func (ev *evaluation) explain(n Node, part Part) Explanation {
	x := Explanation{Clause: shown(n)}
	list := func(nodes []Node) (held int) {
		for _, n := range nodes {
			p := ev.explain(n, part)
			if p.True {
				held++
			}
			x.Parts = append(x.Parts, p)
		}
		return held
	}
	switch n := n.(type) {
	case *And:
		x.True = list(n.Nodes) == len(n.Nodes)
	case *Or:
		x.True = list(n.Nodes) > 0
	case *Some:
		x.True = list(n.Nodes) >= n.N
	case *Not:
		x.Parts = []Explanation{ev.explain(n.Node, part)}
		x.True = !x.Parts[0].True
	case *In:
		// What stands behind the field is explained under the field's name.
		inner := ev.explain(n.Node, n.Within(part))
		x.True, x.Spans, x.Parts = inner.True, inner.Spans, inner.Parts
	case *Fact:
		x.True = n.Holds(ev.d, ev.a)
	case *Near:
		x.True = ev.found(n, part)
		x.Spans = ev.addSpans(nil, n, part)
		list(n.Parts)
	default:
		x.True = ev.found(n, part)
		x.Spans = ev.addSpans(nil, n, part)
	}
	return x
}

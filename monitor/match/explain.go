package match

import (
	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/rule"
	"github.com/copytaster/copytaster/monitor/text"
)

// Explain says why an article matches the rule or does not: what its expression
// says, and, where the rule is limited, the feeds and the language that it is
// limited to. It agrees with Index.Match.
func (r *Rule) Explain(a *feeds.Article) rule.Explanation {
	var d text.Document
	text.NewAnalyzer().Analyze(&d, source(a))
	e := r.Expr.Explain(&d, a)
	if len(r.In) == 0 && r.Language == "" {
		return e
	}
	all := rule.Explanation{Clause: "rule " + r.Name, Parts: []rule.Explanation{e}}
	limits := newLimits(r)
	if r.Language != "" {
		is := "an unknown language"
		if d.Language() != "" {
			is = d.Language()
		}
		l := limits
		l.scoped = false
		all.Parts = append(all.Parts, rule.Explanation{
			Clause: "language: " + r.Language + " (the article is in " + is + ")", True: l.hold(&d, a),
		})
	}
	if limits.scoped {
		in := rule.Explanation{Clause: "in: any of these feeds"}
		for _, f := range limits.feeds {
			part := rule.Explanation{Clause: f.Kind.String() + ":" + f.Value, True: f.Holds(&d, a)}
			in.True = in.True || part.True
			in.Parts = append(in.Parts, part)
		}
		all.Parts = append(all.Parts, in)
	}
	all.True = true
	for _, p := range all.Parts {
		all.True = all.True && p.True
	}
	return all
}

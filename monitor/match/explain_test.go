package match_test

import (
	"strings"
	"testing"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/match"
	"github.com/copytaster/copytaster/monitor/rule"
)

// Explain agrees with Match for every combination of what limits a rule.
func TestExplain(t *testing.T) {
	expr, err := rule.ParseWith("gulf -football", rule.Options{})
	if err != nil {
		t.Fatal(err)
	}
	source := &feeds.Source{URL: "https://a.example/feed", Name: "Example", Tags: []string{"news"}}
	articles := []*feeds.Article{
		{Title: "The Gulf", Language: "en", Feed: source},
		{Title: "Le Gulf", Language: "fr", Feed: source},
		{Title: "The Gulf of football", Language: "en", Feed: source},
		{Title: "The Gulf", Language: "en"},
	}
	held := 0
	for _, in := range [][]match.Scope{nil, {{Tag: "news"}}, {{Tag: "sport"}, {Feed: "example"}}, {{Tag: "sport"}}} {
		for _, language := range []string{"", "en", "fr"} {
			r := match.Rule{Name: "r", Match: "gulf -football", Expr: expr, In: in, Language: language}
			index := match.New([]match.Rule{r})
			for _, a := range articles {
				want := len(index.Match(a)) == 1
				e := r.Explain(a)
				if e.True != want {
					t.Errorf("%+v %q of %q: %v, want %v", in, language, a.Title, e.True, want)
				}
				if want {
					held++
				}
				if limited := in != nil || language != ""; limited && (!strings.Contains(e.Clause, "rule r") || len(e.Parts) < 2) {
					t.Errorf("%+v %q: the limits are not in %+v", in, language, e)
				}
			}
		}
	}
	if held == 0 || held == 48 {
		t.Errorf("%d of 48 held", held)
	}
}

package match_test

import (
	"strings"
	"testing"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/match"
)

// Evidence outside the text leaves the excerpt to what there is to read.
func TestExcerptOfListFields(t *testing.T) {
	a := &feeds.Article{Title: "Oman", Summary: "Talks go on.", Authors: []string{strings.Repeat("x ", 400) + "Smith"}, URL: "https://x.org/gulf"}
	for expr, want := range map[string]string{
		"author:smith url:gulf": "Talks go on.",
		"oman author:smith":     "Oman",
		"talks author:smith":    "Talks go on.",
	} {
		got := match.New([]match.Rule{watch(t, expr)}).Match(a)
		if len(got) != 1 {
			t.Errorf("%s: %d matches", expr, len(got))
			continue
		}
		e := match.Excerpt(a, got[0].Spans)
		checkExcerpt(t, e)
		if e.Text != want {
			t.Errorf("%s: %q", expr, e.Text)
		}
	}
}

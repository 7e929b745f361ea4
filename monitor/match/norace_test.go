//go:build !race

package match_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/match"
)

// Under the race detector pools forget at random, and many words take long, so
// these are not for it.

// The table of known words stays bounded, and what it forgets is found again.
func TestManyDifferentWords(t *testing.T) {
	ix := match.New([]match.Rule{watch(t, "gulf oman"), watch(t, "n500* -oman"), watch(t, `"n5007 gulf"`)})
	const perArticle = 100_000
	for i := range 12 {
		var b strings.Builder
		b.WriteString("n5007 Gulf ")
		for j := range perArticle {
			fmt.Fprintf(&b, "n%d ", 1_000_000+i*perArticle+j)
		}
		if i%2 == 0 {
			b.WriteString("Oman's")
		}
		want := []int32{1, 2}
		if i%2 == 0 {
			want = []int32{0, 2}
		}
		if got := ix.Find(nil, &feeds.Article{ContentText: b.String(), Language: "en"}); !slices.Equal(got, want) {
			t.Fatalf("article %d: matched %v", i, got)
		}
	}
	if n := ix.Size(); n > 40<<20 {
		t.Errorf("the index takes %d bytes", n)
	}
}

func TestFindDoesNotAllocate(t *testing.T) {
	c := newCorpus()
	var rules []match.Rule
	for range 2000 {
		rules = append(rules, watch(t, c.rule()))
	}
	rules = append(rules, watch(t, "site:x.org the -gulf"), watch(t, `title:"con the"`), watch(t, "bac* feed:AFP"))
	ix := match.New(rules)
	var articles []*feeds.Article
	for range 50 {
		articles = append(articles, &feeds.Article{Title: c.text(60), ContentText: c.text(900), Language: "en",
			URL: "https://www.x.org/1", Feed: &feeds.Source{Name: "AFP", Title: "Agence", URL: "https://www.example.org/feeds/all/news/index.xml", Tags: []string{"wire"}}})
	}
	dst := make([]int32, 0, len(rules))
	all := func() {
		for _, a := range articles {
			dst = ix.Find(dst[:0], a)
		}
	}
	all()
	// The garbage collector may empty the pools.
	if n := testing.AllocsPerRun(5, all); n > 20 {
		t.Errorf("%.0f allocations for %d articles", n, len(articles))
	}
}

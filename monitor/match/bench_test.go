package match_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/match"
)

// corpus makes up articles and rules whose words are as unevenly frequent as
// those of a language (Zipf).
type corpus struct {
	r     *rand.Rand
	zipf  *rand.Zipf
	words []string
}

func newCorpus() *corpus {
	r := rand.New(rand.NewPCG(20240611, 7))
	c := &corpus{r: r, zipf: rand.NewZipf(r, 1.1, 8, 19_999)}
	syllables := strings.Fields("ba con de fer ga hin is jo kal lem mer no par qua ris sto tur ul ver wes xan yor zem")
	endings := []string{"", "s", "ing", "ation", "ed", "er"}
	for i := range 20_000 {
		w := ""
		for n := i + 23; n > 0; n /= len(syllables) {
			w += syllables[n%len(syllables)]
		}
		c.words = append(c.words, w+endings[i%len(endings)])
	}
	return c
}

func (c *corpus) word() string { return c.words[c.zipf.Uint64()] }

// text returns about n bytes of sentences.
func (c *corpus) text(n int) string {
	var b strings.Builder
	for b.Len() < n {
		w := c.word()
		if c.r.IntN(12) == 0 {
			w = strings.ToUpper(w[:1]) + w[1:]
		}
		b.WriteString(w)
		b.WriteString([]string{" ", " ", " ", " ", " ", " ", " ", ", ", " the ", ". "}[c.r.IntN(10)])
	}
	return b.String()
}

// rare returns a word that is not among the most frequent.
func (c *corpus) rare() string { return c.words[100+c.r.IntN(len(c.words)-100)] }

// rule returns an expression of the mix in which people write them: half three
// words, a fifth a phrase, the rest alternatives with an exception.
func (c *corpus) rule() string {
	word := func() string {
		if c.r.IntN(3) == 0 {
			return c.rare()
		}
		return c.words[100+c.zipf.Uint64()%19_900]
	}
	switch n := c.r.IntN(10); {
	case n < 5:
		return word() + " " + word() + " " + word()
	case n < 7:
		return `"` + word() + " " + word() + `"`
	}
	return "(" + word() + " OR " + word() + ") " + word() + " NOT " + word() + "x"
}

func BenchmarkMatch(b *testing.B) {
	c := newCorpus()
	articles := make([]*feeds.Article, 1000)
	for i := range articles {
		articles[i] = &feeds.Article{Title: c.text(50), Summary: c.text(550), Language: "en"}
	}
	for _, n := range []int{100, 1_000, 10_000} {
		b.Run(fmt.Sprintf("rules=%d", n), func(b *testing.B) {
			rules := make([]match.Rule, n)
			for i := range rules {
				rules[i] = watch(b, c.rule())
			}
			ix := match.New(rules)
			matches, i := 0, 0
			b.ReportAllocs()
			for b.Loop() {
				matches += len(ix.Match(articles[i%len(articles)]))
				i++
			}
			b.ReportMetric(float64(matches)/float64(i), "matches/op")
		})
	}
}

func BenchmarkNew(b *testing.B) {
	c := newCorpus()
	rules := make([]match.Rule, 10_000)
	for i := range rules {
		rules[i] = watch(b, c.rule())
	}
	b.ReportAllocs()
	for b.Loop() {
		match.New(rules)
	}
	b.ReportMetric(float64(len(rules))*float64(b.N)/b.Elapsed().Seconds(), "rules/s")
}

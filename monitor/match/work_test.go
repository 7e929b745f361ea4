package match_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/match"
	"github.com/copytaster/copytaster/monitor/rule"
)

// No article makes the index do much more for a word than others do, however
// long it is and whatever it is written in. Work is counted, not timed.
func TestNoArticleIsMuchWork(t *testing.T) {
	c := newCorpus()
	lines := make([]string, 10_000)
	for i := range lines {
		lines[i] = fmt.Sprintf("r%d\t%s", i, c.rule())
	}
	ix := match.New(parse(t, lines))
	r := rand.New(rand.NewPCG(5, 5))
	languages := strings.Fields("en fr de es it pt nl da no sv fi hu ro tr ru ar pl cs id vi sw hi el he ja zh ko th uk fa")
	foreign := strings.Fields("médiation Krise кризис залив الخليج وساطة 湾岸危機 중재 สงคราม κρίση משבר संकट Tárgyalás görüşme")
	var perWord []float64
	for i := range 600 {
		words := 10 + r.IntN(200)
		if i%20 == 0 {
			words = 5000
		}
		a := &feeds.Article{Title: c.text(40), ContentText: c.text(words * 8), Language: languages[i%len(languages)]}
		if i%3 == 0 {
			for range words {
				a.Summary += foreign[r.IntN(len(foreign))] + " "
			}
		}
		n := len(strings.Fields(a.Title)) + len(strings.Fields(a.Summary)) + len(strings.Fields(a.ContentText))
		// A test costs about as much as twenty looks at an entry's guard, and
		// a word, whatever it leads to, as thirty.
		looked, tested := ix.Work(a)
		perWord = append(perWord, (float64(looked)+20*float64(tested))/float64(n)+30)
	}
	slices.Sort(perWord)
	median, p99 := perWord[len(perWord)/2], perWord[len(perWord)*99/100]
	if p99 > 10*median {
		t.Errorf("the work for a word is %.0f at the 99th percentile, %.0f at the median", p99, median)
	}
}

// However many rules there are, an article makes the index test few of those
// that it does not match.
func TestFewRulesAreTestedInVain(t *testing.T) {
	c := newCorpus()
	lines := make([]string, 20_000)
	for i := range lines {
		lines[i] = fmt.Sprintf("r%d\t%s", i, c.rule())
	}
	rules := parse(t, lines)
	ix := match.New(rules)
	matches, looked, tested := 0, 0, 0
	for range 200 {
		a := &feeds.Article{Title: c.text(50), Summary: c.text(550), Language: "en"}
		l, n := ix.Work(a)
		matches, looked, tested = matches+len(ix.Find(nil, a)), looked+l, tested+n
	}
	if matches == 0 || tested > 20*matches || looked > 200*len(rules)/10 {
		t.Errorf("for %d matches %d entries were looked at and %d tested", matches, looked, tested)
	}
}

// Rules that only facts limit are not work for articles from elsewhere.
func TestFactsAreAnchors(t *testing.T) {
	var rules []match.Rule
	for i := range 3000 {
		r := watch(t, "-football")
		r.In = []match.Scope{{Feed: fmt.Sprintf("Feed %d", i)}, {Tag: fmt.Sprintf("tag%d", i)}}
		rules = append(rules, r, watch(t, fmt.Sprintf("site:s%d.org", i)))
		e, err := rule.Parse(fmt.Sprintf(`lang:en feed:"Feed %d" (title:gulf OR "the gulf" OR oman*)`, i))
		if err != nil {
			t.Fatal(err)
		}
		rules = append(rules, match.Rule{Expr: e})
	}
	ix := match.New(rules)
	a := &feeds.Article{Title: "Gulf news", URL: "https://www.s7.org/x", Language: "en", Feed: &feeds.Source{Name: "FEED 9", Tags: []string{"Tag8"}}}
	if got := ix.Find(nil, a); !slices.Equal(got, []int32{3*7 + 1, 3 * 8, 3 * 9, 3*9 + 2}) {
		t.Errorf("matched %v", got)
	}
	if _, tested := ix.Work(a); tested > 10 {
		t.Errorf("%d rules were tested", tested)
	}
}

// What people can write is indexed in time that grows with its length.
func TestHostileRules(t *testing.T) {
	c := newCorpus()
	many := func(n int, sep string) string {
		var b strings.Builder
		for i := range n {
			if i > 0 {
				b.WriteString(sep)
			}
			fmt.Fprintf(&b, "%s%d", c.word(), i)
		}
		return b.String()
	}
	var rules []match.Rule
	for _, src := range []string{
		many(30_000, " "), many(30_000, " OR "), "(" + many(10_000, " OR ") + ") (" + many(10_000, " ") + ")",
		strings.Repeat("(a OR (b ", 400) + "c" + strings.Repeat("))", 400),
		strings.Repeat("-(a OR -(b ", 200) + "c" + strings.Repeat("))", 200),
		`"` + many(1000, " ") + `"`, many(900, "* OR ") + "*", `"` + strings.Repeat("a ", 900) + `"`,
	} {
		if e, err := rule.ParseScoped(src); err == nil {
			rules = append(rules, match.Rule{Name: fmt.Sprint(len(rules)), Match: src[:20], Expr: e})
		}
	}
	if len(rules) < 6 {
		t.Fatalf("only %d rules can be read", len(rules))
	}
	ix, o := match.New(rules), newOracle()
	for _, text := range []string{"a b c", strings.Repeat("a ", 2000), c.word() + "7 a", many(100, " ")} {
		o.check(t, ix, &feeds.Article{ContentText: text, Language: "en"})
	}
}

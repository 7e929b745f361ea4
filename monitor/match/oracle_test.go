package match_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/match"
	"github.com/copytaster/copytaster/monitor/rule"
	"github.com/copytaster/copytaster/monitor/text"
)

// oracle evaluates every rule by itself.
type oracle struct {
	an *text.Analyzer
	d  text.Document
}

func newOracle() *oracle { return &oracle{an: text.NewAnalyzer()} }

// analyze prepares the questions about an article.
func (o *oracle) analyze(a *feeds.Article) {
	o.an.Analyze(&o.d, text.Source{Title: a.Title, Summary: a.Summary, Content: a.ContentText, Language: a.Language})
}

func (o *oracle) match(r *match.Rule, a *feeds.Article) ([]text.Span, bool) {
	if l := text.CanonicalLanguage(r.Language); l != "" && o.d.Language() != "" && !text.LanguageIs(o.d.Language(), l) {
		return nil, false
	}
	in := len(r.In) == 0
	for _, s := range r.In {
		f, err := rule.NewFact(rule.Feed, s.Feed)
		if s.Tag != "" {
			f, err = rule.NewFact(rule.Tag, s.Tag)
		}
		in = in || err == nil && f.Holds(&o.d, a)
	}
	if !in {
		return nil, false
	}
	return r.Expr.Eval(&o.d, a)
}

// check compares what an index finds with what each of its rules says.
func (o *oracle) check(t *testing.T, ix *match.Index, a *feeds.Article) (matches int) {
	t.Helper()
	o.analyze(a)
	got, found := ix.Match(a), ix.Find(nil, a)
	if len(got) != len(found) || !slices.IsSorted(found) {
		t.Fatalf("%+v: found %v, %d matches", a, found, len(got))
	}
	for i, n := range found {
		if got[i].Rule != ix.Rule(n) {
			t.Fatalf("%+v: found %d, matched %s", a, n, got[i].Rule.Match)
		}
	}
	matches = len(got)
	rules := ix.Rules()
	for i := range rules {
		r := &rules[i]
		spans, ok := o.match(r, a)
		switch {
		case ok && (len(got) == 0 || got[0].Rule.Name != r.Name):
			t.Fatalf("%s (in %v, language %q) on %+v: the index does not match", r.Match, r.In, r.Language, a)
		case !ok && len(got) > 0 && got[0].Rule.Name == r.Name:
			t.Fatalf("%s (in %v, language %q) on %+v: only the index matches", r.Match, r.In, r.Language, a)
		case ok && !reflect.DeepEqual(got[0].Spans, spans):
			t.Fatalf("%s on %+v: evidence %v, evaluated %v", r.Match, a, got[0].Spans, spans)
		case ok:
			got = got[1:]
		}
	}
	if len(got) > 0 {
		t.Fatalf("%+v: %s matches in vain", a, got[0].Rule.Match)
	}
	return matches
}

// generator makes rules and articles of few words, so that many match.
type generator struct {
	*rand.Rand
	n int
}

var vocabulary = strings.Fields(`gulf gulfs crisis crises mediation mediate mediator oman qatar Qatar's talks talking offer the
	médiation médiations négociation crise Krise Krisen Vermittlung кризис кризиса залив الخليج خليج وساطة الوساطة لقطر قطر 卡 塔 U.S don't l'accord accord 3.5 ISTANBUL istanbul`)

func (g *generator) pick(list ...string) string { return list[g.IntN(len(list))] }

func (g *generator) word() string { return vocabulary[g.IntN(len(vocabulary))] }

// near returns what can stand beside NEAR.
func (g *generator) near() string {
	switch g.IntN(6) {
	case 0:
		return `"` + g.word() + " " + g.word() + `"`
	case 1:
		return "(" + g.word() + " OR " + g.word() + ")"
	case 2:
		return g.pick("=", "+", "") + g.word()
	case 3:
		return g.pick("med*", "*is", "gul*")
	}
	return g.word()
}

func (g *generator) expr(depth int) string {
	n := 24
	if depth == 0 {
		n = 18
	}
	switch g.IntN(n) {
	case 0:
		return "=" + g.word()
	case 1:
		return "+" + g.word()
	case 2:
		return `"` + g.word() + " " + g.word() + `"`
	case 3:
		return g.pick(`"`, `="`, `+"`) + g.word() + " " + g.word() + " " + g.word() + `"`
	case 4:
		return g.pick("med*", "*is", "cris?s", "gul*", "*edia*", "m*n")
	case 5:
		return g.pick("lang:en", "lang:fr", "site:x.org", "site:org", "tag:gulf", `feed:AFP`)
	case 6, 7:
		return g.near() + g.pick(" NEAR ", " NEAR/0 ", " NEAR/1 ", " ONEAR/2 ", " ONEAR ", " NEAR/S ", " NEAR/P ") + g.near()
	case 8:
		return `"` + g.word() + " " + g.word() + `"~` + g.pick("0", "1", "3")
	case 9:
		return "ATLEAST/2 " + g.near()
	case 10:
		return "2 OF (" + g.word() + ", " + g.near() + ", " + g.expr(0) + ")"
	case 11:
		return g.pick("/med[a-z]+/", "/GULF/i", "title:/g/")
	case 12:
		return g.pick("author:", "category:", "url:", "title:", "body:") + g.word()
	case 18, 19:
		return g.expr(depth-1) + " " + g.expr(depth-1)
	case 20, 21:
		return "(" + g.expr(depth-1) + " OR " + g.expr(depth-1) + ")"
	case 22:
		return "-(" + g.expr(depth-1) + ")"
	case 23:
		return g.pick("title:(", "body:(") + g.expr(depth-1) + ")"
	}
	return g.word()
}

func (g *generator) rule() match.Rule {
	g.n++
	for {
		src := g.expr(3)
		e, err := rule.ParseScoped(src)
		if err != nil {
			continue
		}
		r := match.Rule{Name: fmt.Sprint(g.n), Match: src, Expr: e}
		if g.IntN(6) == 0 {
			r.Language = g.pick("en", "fr", "pt-br", "ru")
		}
		for g.IntN(6) == 0 {
			r.In = append(r.In, []match.Scope{{Tag: "gulf"}, {Feed: "AFP"}, {Feed: "https://x.org/f"}, {}}[g.IntN(4)])
		}
		return r
	}
}

func (g *generator) rules(n int) []match.Rule {
	list := make([]match.Rule, n)
	for i := range list {
		list[i] = g.rule()
	}
	return list
}

func (g *generator) words(n int) string {
	var b strings.Builder
	for range g.IntN(n) {
		b.WriteString(g.word())
		b.WriteString(g.pick(" ", " ", " ", ", ", "-", "\n", ". ", " 🚀 ", "\n\n"))
	}
	return b.String()
}

func (g *generator) article() *feeds.Article {
	a := &feeds.Article{
		Title: g.words(6), Summary: g.words(10), ContentText: g.words(30),
		Language: g.pick("", "en", "en", "fr", "de", "ru", "ar", "pl", "tr", "pt-BR", "x"),
		URL:      g.pick("", "https://x.org/gulf/1", "https://news.x.org/", "https://y.com/"),
		Feed:     []*feeds.Source{nil, {Name: "AFP"}, {Tags: []string{"gulf"}}, {Title: "afp", URL: "https://x.org/f"}}[g.IntN(4)],
	}
	if g.IntN(3) == 0 {
		a.Authors, a.Categories = []string{g.words(3), g.word()}, []string{g.word()}
	}
	return a
}

// The index finds what evaluating every rule by itself finds.
func TestIndexAgreesWithTheEvaluator(t *testing.T) {
	g := &generator{Rand: rand.New(rand.NewPCG(7, 7))}
	ix := match.New(g.rules(1200))
	for worker := range 2 {
		t.Run(fmt.Sprint(worker), func(t *testing.T) {
			t.Parallel()
			g := &generator{Rand: rand.New(rand.NewPCG(1, uint64(worker)))}
			o, total := newOracle(), 0
			for range 50 {
				total += o.check(t, ix, g.article())
			}
			if total < 3000 {
				t.Errorf("only %d matches: the test says little", total)
			}
		})
	}
}

// Whatever was put and removed in whatever order, an index finds what one made
// of the rules that remain finds, and older ones find what they did.
func TestUpdate(t *testing.T) {
	g := &generator{Rand: rand.New(rand.NewPCG(8, 8))}
	o := newOracle()
	ix := match.New(g.rules(600))
	for round := range 30 {
		before, a := ix, g.article()
		found := before.Find(nil, a)
		rules := ix.Rules()
		var put []match.Rule
		var remove []string
		for range g.IntN([]int{3, 30, 400}[round%3]) {
			r := g.rule()
			if g.IntN(2) == 0 {
				r.Name = rules[g.IntN(len(rules))].Name
			}
			put = append(put, r)
		}
		for range g.IntN([]int{3, 300}[round%2]) {
			remove = append(remove, rules[g.IntN(len(rules))].Name)
		}
		ix = ix.Update(put, append(remove, "no such rule"))
		names := make(map[string]string)
		for _, r := range rules {
			names[r.Name] = r.Match
		}
		for _, n := range remove {
			delete(names, n)
		}
		for _, r := range put {
			names[r.Name] = r.Match
		}
		if ix.Len() != len(names) || len(ix.Rules()) != len(names) {
			t.Fatalf("round %d: %d rules, %d listed, want %d", round, ix.Len(), len(ix.Rules()), len(names))
		}
		for _, r := range ix.Rules() {
			if names[r.Name] != r.Match {
				t.Fatalf("round %d: rule %s is %s, want %s", round, r.Name, r.Match, names[r.Name])
			}
		}
		for range 3 {
			o.check(t, ix, g.article())
		}
		if again := before.Find(nil, a); !slices.Equal(again, found) {
			t.Fatalf("round %d: an update changed the index before it: %v, %v", round, found, again)
		}
	}
}

func TestUpdateOrder(t *testing.T) {
	ix := match.New([]match.Rule{watch(t, "a"), watch(t, "b"), watch(t, "c"), watch(t, "b")})
	one, two := watch(t, "b OR a"), watch(t, "b OR c")
	one.Name, two.Name = "b", "b"
	next := ix.Update([]match.Rule{watch(t, "d"), one, two}, []string{"a", "x"})
	next = next.Update([]match.Rule{watch(t, "a d")}, nil)
	a := &feeds.Article{Title: "a b c d"}
	if got := names(next.Match(a)); got != "c, d, b, a d" {
		t.Errorf("matched %s", got)
	}
	if got := names(ix.Match(a)); got != "a, b, c, b" {
		t.Errorf("before the updates: %s", got)
	}
	if next = next.Update(nil, []string{"b", "c", "d", "a d"}); next.Len() != 0 || next.Match(a) != nil || len(next.Rules()) != 0 {
		t.Errorf("%d rules are left", next.Len())
	}
	if next = next.Update([]match.Rule{watch(t, "a")}, nil); names(next.Match(a)) != "a" {
		t.Error("a rule put into an empty index does not match")
	}
}

// Matching goes on while rules change.
func TestUpdateWhileMatching(t *testing.T) {
	g := &generator{Rand: rand.New(rand.NewPCG(9, 9))}
	ix := match.New(g.rules(300))
	done := make(chan struct{})
	var wg sync.WaitGroup
	for worker := range 2 {
		wg.Go(func() {
			g := &generator{Rand: rand.New(rand.NewPCG(2, uint64(worker)))}
			a := g.article()
			want := ix.Find(nil, a)
			for {
				if got := ix.Find(nil, a); !slices.Equal(got, want) {
					t.Errorf("found %v, then %v", want, got)
				}
				ix.Find(nil, g.article())
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	next := ix
	for range 60 {
		next = next.Update(g.rules(5), nil)
	}
	close(done)
	wg.Wait()
	newOracle().check(t, next, g.article())
}

func FuzzIndex(f *testing.F) {
	f.Add("gulf crisis mediation", "(a OR b) c -d", `"Qatar's offer" NEAR/3 gul*`, "Gulf crisis", "a médiation c. Qatar offer gulf", "en")
	f.Add("title:x OR =y", "ATLEAST/2 a", "2 OF (a, b, c)", "x", "a a b", "")
	an := newOracle()
	f.Fuzz(func(t *testing.T, first, second, third, title, body, language string) {
		var rules []match.Rule
		for i, src := range []string{first, second, third, first + " OR " + second, "(" + second + ") -(" + third + ")"} {
			if e, err := rule.ParseScoped(src); err == nil {
				rules = append(rules, match.Rule{Name: fmt.Sprint(i), Match: src, Expr: e})
			}
		}
		ix := match.New(rules)
		for _, a := range []*feeds.Article{
			{Title: title, ContentText: body, Language: language},
			{Title: body, Summary: title, Language: language, URL: title, Feed: &feeds.Source{Name: title, Tags: []string{body}}},
		} {
			an.check(t, ix, a)
		}
	})
}

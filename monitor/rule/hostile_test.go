package rule_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/rule"
	"github.com/copytaster/copytaster/monitor/text"
)

// Large expressions of every operator end in a clear error or in bounded time.
func TestHostileOperators(t *testing.T) {
	const size = 1 << 15
	fill := func(unit string) string { return strings.Repeat(unit, size/len(unit)) + "z" }
	nest := func(n int, open, inner, closing string) string {
		return strings.Repeat(open, n) + inner + strings.Repeat(closing, n)
	}
	define, _ := rule.ParseDefinitions(map[string]string{"x": "a OR b"})
	for _, src := range []string{
		fill("a NEAR b "), fill("a NEAR "), fill("a NEAR/3 b OR "), fill(`"a b"~3 `), fill(`"a`), fill("ATLEAST/2 "), fill("ATLEAST/2 a "),
		fill("2 OF (a, b, "), "2 OF (" + fill("a, ") + ")", fill("1 OF "), fill("/ab/ "), fill("/"), fill(`/\`), fill("/(/ "), fill("@x "), fill("@"),
		fill("author:"), fill("url:a.b_c "), "url:(" + fill("a.b OR ") + ")", fill("title:(a NEAR "), fill("NEAR/"), fill("W/3 "), fill("AROUND("),
		fill("a ONEAR/S b "), "ATLEAST/9 (" + fill("a OR ") + ")", "(" + fill("a OR ") + ") NEAR (" + fill("b OR ") + ")", fill("ab* OR "),
		fill("9"), fill("a,"), "1 OF (" + fill("a,") + ")", `"` + fill("a ") + `"~9`, "/" + fill("a|") + "/", "/" + fill("(a") + "/",
		nest(10_000, "(", "a", ")"), nest(10_000, "1 OF (", "a", ")"), nest(10_000, "title:(", "a", ")"), nest(10_000, "ATLEAST/2 (", "a", ")"),
		nest(10_000, "-(", "a", ")"), nest(10_000, "(a OR ", "b", ")"), nest(990, "url:(a.b OR ", "b", ")"), nest(990, "(a NEAR b) (c OR ", "b", ")"),
		nest(990, "2 OF (a, b c, ", "d", ")"),
	} {
		start := time.Now()
		e, err := rule.ParseWith(src, rule.Options{Scoped: true, Define: define})
		if err == nil {
			eval(e, article("en|a b gulf z"))
			explain(e, article("en|a b gulf z"))
			if printed := e.String(); len(printed) > 40*len(src) {
				t.Errorf("%.40q prints %d bytes", src, len(printed))
			}
		} else if len(err.Error()) > 1000 || strings.Contains(err.Error(), "column 0") {
			t.Errorf("%.40q: %.200v", src, err)
		}
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("%.40q took %v", src, d)
		}
	}
}

func explain(e *rule.Expr, a *feeds.Article) rule.Explanation {
	var d text.Document
	analyzer.Analyze(&d, text.Source{Title: a.Title, Summary: a.Summary, Content: a.ContentText, Language: a.Language})
	return e.Explain(&d, a)
}

// Expressions that are made to be slow, on articles that are made for them.
func TestHostileArticles(t *testing.T) {
	var prefixes []string
	for i := range rule.MaxParts {
		prefixes = append(prefixes, strings.Repeat("a", i+2)+"*")
	}
	words := strings.Repeat(strings.Repeat("a", 20)+" ", 2_000)
	letters := strings.Repeat("a", 20_000)
	for _, tt := range []struct{ expr, article string }{
		{strings.Join(prefixes, " NEAR/255 ") + " -never", words},
		{strings.Join(prefixes[:7], " NEAR/255 ") + " NEAR/255 b", words + "b"},
		{strings.Join(prefixes[:7], " ONEAR/255 ") + " ONEAR/255 b", words + "b"},
		{strings.Join(prefixes[:7], " NEAR/P ") + " NEAR/P b", strings.Repeat(words[:21*1000]+".\n\n", 3) + "b"},
		{`"` + strings.Repeat("gulf ", 8) + `"~255`, strings.Repeat("gulf crisis crisis ", 1_000)},
		{`"` + strings.Repeat("gulf ", 7) + `oman"~255`, strings.Repeat("gulf crisis crisis ", 1_000) + "oman"},
		{"ATLEAST/1000 (a OR b OR c)", strings.Repeat("a b ", 20_000)},
		{"ATLEAST/1000 (gulf NEAR/255 oman)", strings.Repeat("gulf ", 20_000) + "oman"},
		{"ATLEAST/1000 /a+b?/", letters},
		{"/(a*)*b/", letters}, {"/(a|aa)+$/", letters + "!"}, {"/(x+x+)+y/", strings.Repeat("x", 20_000)}, {"/(.*)(.*)(.*)(.*)(.*)[^ab]z/", letters},
		{"/([a-z]{20}){20}z/", letters}, {"/ab|a/", letters}, {"ATLEAST/1000 /a[b!]|aa b/ x", strings.Repeat("a! ", 20_000)}, {"/a!/ -y", strings.Repeat("a! ", 20_000)},
		{`"` + strings.Repeat("a ", 999) + `b"`, strings.Repeat("a ", 4_000)},
		{"NEARBY a*a*a*a*a*a*a*b", strings.Repeat(strings.Repeat("a", 1000)+" ", 300)},
		{fmt.Sprintf("1 OF (%s)", strings.Repeat("a*z, ", 900)+"b*y"), strings.Repeat("ab ", 2000)},
	} {
		e := parse(t, tt.expr)
		a := &feeds.Article{Language: "en", ContentText: tt.article, Summary: tt.article[:len(tt.article)/8]}
		start := time.Now()
		eval(e, a)
		if d := time.Since(start); d > 8*time.Second {
			t.Errorf("%.40s on %.20q took %v", tt.expr, tt.article, d)
		} else if d > time.Second {
			t.Logf("%.40s on %.20q took %v", tt.expr, tt.article, d)
		}
	}
}

package rule_test

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/copytaster/copytaster/monitor/rule"
)

func TestString(t *testing.T) {
	for src, want := range map[string]string{
		"gulf crisis mediation":                "gulf crisis mediation",
		"a b OR c AND d":                       "(a b) OR (c d)",
		"a (b c) (d OR (e | f))":               "a b c (d OR e OR f)",
		"NOT x a":                              "-x a",
		"a -(b c) - (d OR e)":                  "",
		"a NOT(NOT b)":                         "a -(-b)",
		"a --b":                                "a -(-b)",
		`“gulf crisis” ＝mediation`:             `"gulf crisis" =mediation`,
		`"OR" "near" x`:                        `"OR" near x`,
		`+"Gulf Crisis" +Gulf`:                 `+"Gulf Crisis" +Gulf`,
		"mediat** *GULF Wom?n":                 "mediat* *gulf wom?n",
		"intitle:gulf Body:(a OR b)":           "title:gulf body:(a OR b)",
		"title:(=a) title:(body)":              "title:=a title:body",
		"site:Reuters.com feed:'x'":            "site:Reuters.com feed:\"'x'\"",
		`feed:"BBC  Middle East" tag:gulf`:     `feed:"BBC Middle East" tag:gulf`,
		"（ａ　ｏｒ　ｂ）　ＯＲ　ｃ":                        "(a or b) OR c",
		"wi-fi Qatar's don't U.S.":             `"wi fi" Qatar "don't" "U.S"`,
		"gulf –football":                       "gulf -football",
		"or and not Or":                        "or and not Or",
		"near/5 w/e":                           `"near 5" "w e"`,
		"MINISTRY OF DEFENCE":                  `MINISTRY "OF" DEFENCE`,
		"Breaking: news":                       "Breaking news",
		"gulf\ncrisis\t\u200bnow":              "gulf crisis now",
		"a|b":                                  "a OR b",
		`צה"ל`:                                 `"צה"ל"`,
		"卡塔尔":                                  `"卡 塔 尔"`,
		`gulf"crisis talks"(oman)`:             `gulf "crisis talks" oman`,
		"lang:pt_BR x":                         `lang:"pt_BR" x`,
		`title:"gulf crisis" -site:x.com y`:    `title:"gulf crisis" -site:x.com y`,
		"a NEAR b NEAR/4 c d":                  "(a NEAR/4 b NEAR/4 c) d",
		"a W/10 b OR c PRE/2 (d OR e)":         "(a NEAR/10 b) OR (c ONEAR/2 (d OR e))",
		"-a AROUND(3) b x":                     "-(a NEAR/3 b) x",
		"title:a NEAR/S b":                     "title:a NEAR/S b",
		"body:(a ONEAR/P b)":                   "body:(a ONEAR/P b)",
		`"gulf the-crisis"~5 ="The Gulf"~0`:    `(gulf NEAR/5 "the crisis") (=The NEAR/0 =Gulf)`,
		"ATLEAST/3 gulf title:ATLEAST/2 a":     "ATLEAST/3 gulf title:(ATLEAST/2 a)",
		"ATLEAST/3(a NEAR b) x":                "ATLEAST/3 (a NEAR/4 b) x",
		`2 OF(a b,c OR d,"1,0","x,y", e)`:      `2 OF (a b, c OR d, "1,0", "x y", e)`,
		"2 OF (a，b、c، d, (e, f))":              "2 OF (a, b, c, d, e f)",
		`/“a”\/b[)|]/i title:/x y/`:            `/“a”\/b[)|]/i title:/x y/`,
		"author:\"Amos Oz\" category:(a OR b)": `author:"Amos Oz" category:(a OR b)`,
		"url:example.org/gulf_crisis x.y":      `url:"example org gulf crisis" "x.y"`,
		"W/E PRE/fix a/b":                      `"W E" "PRE fix" "a b"`,
	} {
		e, err := rule.Parse(src)
		if want == "" {
			if err == nil {
				t.Errorf("Parse(%q) = %s, want an error", src, e)
			}
			continue
		}
		if err != nil {
			t.Errorf("Parse(%q): %v", src, err)
			continue
		}
		if got := e.String(); got != want {
			t.Errorf("Parse(%q) prints %s, want %s", src, got, want)
		}
	}
}

func TestSyntaxErrors(t *testing.T) {
	for _, tt := range []struct {
		src    string
		column int
		msg    string
	}{
		{"", 1, "found nothing"},
		{" \n", 1, "found nothing"},
		{"a OR", 5, "after OR, found the end"},
		{"a OR OR b", 6, "after OR, found OR"},
		{"OR a", 1, "found OR"},
		{"a AND )", 7, "after AND, found )"},
		{"a NOT", 6, "after NOT, found the end"},
		{"()", 2, "after (, found )"},
		{"a (b", 3, "never closed"},
		{"a b)", 4, "closes nothing"},
		{"🚀é a \"b", 6, "never closed"},
		{"a - b", 3, `directly after "-"`},
		{"a = b", 3, "directly after “=”"},
		{"a +", 3, "directly after “+”"},
		{"title: gulf", 7, "directly after title:"},
		{"title:-gulf", 7, "after title:"},
		{"title:OR x", 7, "after title:, found OR"},
		{"foo:bar", 1, "unknown field “foo:”"},
		{"https://x.org/", 1, "unknown field “https:”"},
		{"site:", 6, "directly after site:"},
		{"a site:(b OR c)", 8, "a word or a quoted phrase after site:"},
		{"site:http://x.org", 6, "expected a host name"},
		{`site:""`, 6, "expected a host name"},
		{"lang:english", 6, "expected a language tag"},
		{`tag:" "`, 5, "expected a name after tag:"},
		{"a && b", 3, "no letter or digit"},
		{"!a", 1, `"!" means nothing`},
		{`x "…"`, 3, "no letter or digit"},
		{"roam~2", 5, "behind a word means nothing"},
		{"a*", 1, "two letters"},
		{"x *", 3, "two letters"},
		{`"gulf * crisis"`, 7, "two letters"},
		{"=mediat*", 2, "do not go with a wildcard"},
		{"wi-fi*", 1, "stands alone"},
		{"中国*", 1, "must stand in one word"},
		{"a\xffb", 2, "UTF-8"},
		{"a NEAR", 7, "after NEAR, found the end"},
		{"NEAR a", 1, "found NEAR"},
		{"a NEAR OR b", 8, "after NEAR, found OR"},
		{"a NEAR/ b", 8, "a number, S or P after NEAR/, found nothing"},
		{"a NEAR/x b", 8, "a number, S or P after NEAR/"},
		{"a ONEAR/-1 b", 9, "a number, S or P after ONEAR/"},
		{"a NEAR/256 b", 8, "at most 255"},
		{"a NEAR/99999999999999999999 b", 8, "at most 255"},
		{"a AROUND(x) b", 10, "a number, S or P after AROUND("},
		{"a AROUND(3", 9, "a number in parentheses after AROUND"},
		{"a NEAR -b", 8, "after NEAR, found -"},
		{"a NEAR (b -c)", 11, "cannot look for what must not occur"},
		{"(a OR -b) NEAR/3 c", 7, "cannot look for what must not occur"},
		{"(a b) NEAR/3 c", 1, "words that must all occur on one side"},
		{"x (a NEAR b) NEAR/3 c", 4, "a distance on one side"},
		{`"a b"~3 NEAR/3 c`, 1, "a distance on one side"},
		{"a NEAR/3 b NEAR/4 c", 12, "expected NEAR/3, found NEAR/4"},
		{"a NEAR/3 b ONEAR/3 c", 12, "expected NEAR/3, found ONEAR/3"},
		{"a NEAR site:x.org", 8, "cannot look for “site:x.org”"},
		{"a NEAR /bc/", 8, "cannot measure from a regular expression"},
		{"a NEAR ATLEAST/2 b", 8, "ATLEAST counts in the whole article"},
		{"author:a NEAR author:b", 1, "author: does not go beside NEAR"},
		{"title:a NEAR body:b", 9, "can never match: the sides of NEAR"},
		{strings.Repeat("a NEAR ", 8) + "b", 52, "more than 8 parts"},
		{"x ATLEAST gulf", 3, "a number after ATLEAST"},
		{"ATLEAST/ gulf", 9, "a number after ATLEAST/, found nothing"},
		{"ATLEAST/x gulf", 9, "a number after ATLEAST/"},
		{"ATLEAST/0 gulf", 9, "always matches"},
		{"ATLEAST/1001 gulf", 9, "at most 1000"},
		{"ATLEAST/3", 10, "after ATLEAST/3, found the end"},
		{"ATLEAST/3 -a", 11, "after ATLEAST/3, found -"},
		{"ATLEAST/3 (a b)", 11, "cannot count “a b”"},
		{"ATLEAST/3 (a OR lang:en)", 17, "cannot count “lang:en”"},
		{"0 OF (a, b)", 1, "always matches"},
		{"x 3 OF (a, b)", 3, "can never match: 3 OF a list of 2"},
		{"2 OF (a, b", 1, "never closed"},
		{"2 OF (a, , b)", 10, "after ,, found ,"},
		{"2 OF (a, b,)", 12, "after ,, found )"},
		{"2 OF ()", 7, "after 2 OF (, found )"},
		{"2 OF (a, -b, -c)", 10, "must occur"},
		{`"gulf crisis"~`, 15, "a number after"},
		{`"gulf crisis"~x`, 15, "a number after"},
		{`"gulf crisis"~999`, 15, "at most 255"},
		{`"gulf"~5`, 7, "at least two words"},
		{`"` + strings.Repeat("a ", 9) + `"~5`, 1, "more than 8 words"},
		{`x "gulf mediat*"~5 ="a ab*"~1`, 24, "do not go with a wildcard"},
		{"x /mediat(e|or", 3, "never closed"},
		{"/mediat(e|or/", 2, "missing closing )"},
		{"/mediat[e/", 8, "missing closing ]"},
		{"x /a/g", 6, "expected a space or i"},
		{"//", 2, "between the slashes"},
		{"/a*/", 2, "would match everything"},
		{`/\b/`, 2, "would match everything"},
		{"/x|.*/", 2, "would match everything"},
		{"/./", 2, "everything that has a letter"},
		{`/\w+/`, 2, "everything that has a letter"},
		{`/(a|[a-z])x*/`, 2, "everything that has a letter"},
		{`/[^\x00-\x{10FFFF}]/`, 2, "never match"},
		{`/(?=a)b/`, 2, "cannot be read"},
		{`/gulf(a{1000}){1000}/`, 8, "cannot be read"},
		{`/((a{30}){30}){30}/`, 5, "cannot be read"},
		{`/(([a-z]{10}){10}){10}/`, 2, "too expensive"},
		{"/" + strings.Repeat("a", 1001) + "/", 1, "more than 1,000 characters"},
		{strings.Repeat("/ab/ ", 101), 501, "more than 100 regular expressions"},
		{"@", 1, "a name directly after @"},
		{"x @mediators", 3, "no expression is defined as @mediators"},
		{"url:…", 5, "no letter or digit"},
		{"author:(title:x)", 9, "exclude each other"},
		{"author: smith", 8, "directly after author:"},
		// What cannot be meant.
		{"-a", 1, "must occur"},
		{"NOT (a OR b)", 1, "must occur"},
		{"-site:x.org", 1, "must occur"},
		{"a OR -b", 6, "must occur"},
		{"a OR (b OR (-c -d))", 13, "must occur"},
		{"a -a", 4, "never match"},
		{"a NEAR/3 b -b", 13, "never match"},
		{"-b ATLEAST/3 b", 2, "never match"},
		{"x (y OR (a -A))", 13, "never match"},
		{"Gulf -gulf b", 7, "never match"},
		{`"gulf crisis" -gulf`, 16, "never match"},
		{`=gulf -gulf`, 8, "never match"},
		{`title:gulf -gulf`, 13, "never match"},
		{"x (a OR -a)", 10, "always matches"},
		{"-(a OR -a) b", 3, "never match"},
		{"title:(a body:b)", 10, "exclude each other"},
		{"lang:en lang:fr", 9, "one language"},
		{"site:a.org site:b.org", 12, "one site"},
		{strings.Repeat("(", 10_000) + "a" + strings.Repeat(")", 10_000), 1001, "nest deeper"},
		{"a " + strings.Repeat("-", 10_000) + "b", 1003, "nest deeper"},
		{strings.Repeat("a ", 600_000), 1, "longer than 1 MB"},
		{"x \"" + strings.Repeat("ab ", 1001) + "\"", 3, "phrase of more than 1,000 words"},
		{strings.Repeat("ab* ", 1001), 4001, "1,000 words with wildcards"},
	} {
		_, err := rule.Parse(tt.src)
		var syntax *rule.SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("Parse(%.40q): %v, want a *SyntaxError", tt.src, err)
			continue
		}
		if syntax.Column != tt.column || !strings.Contains(syntax.Msg, tt.msg) {
			t.Errorf("Parse(%.40q): column %d: %s; want column %d: …%s…", tt.src, syntax.Column, syntax.Msg, tt.column, tt.msg)
		}
	}
}

func TestNotRefused(t *testing.T) {
	for _, src := range []string{
		"gulf -=gulf", "=gulf -+gulf", `gulf -"gulf crisis"`, "gulf -title:gulf", "title:gulf -body:gulf", "gulf -gulfs*",
		"lang:pt lang:pt-br", "site:reuters.com -site:video.reuters.com", "lang:ar -football", "tag:a tag:b", `feed:a feed:b`,
		"a OR a", "a a", "médiation -mediation", "=médiation -+mediation", "12:30", "3.5", "W", "2 OF", "AROUND", "NEARBY", "c'est",
		strings.Repeat("(", 1000) + "a" + strings.Repeat(")", 1000),
	} {
		if _, err := rule.Parse(src); err != nil {
			t.Errorf("Parse(%.40q): %v", src, err)
		}
	}
	for _, src := range []string{"-a", "-site:x.org", "-a -b"} {
		if _, err := rule.ParseScoped(src); err != nil {
			t.Errorf("ParseScoped(%q): %v", src, err)
		}
	}
	if _, err := rule.ParseScoped("a -a"); err == nil {
		t.Error("ParseScoped takes what can never match")
	}
}

// Large expressions of any kind are read in bounded time.
func TestLargeExpressions(t *testing.T) {
	defer func(start time.Time) {
		if d := time.Since(start); d > time.Minute {
			t.Errorf("took %v", d)
		}
	}(time.Now())
	size := rule.MaxSource - 10
	fill := func(unit string) string {
		s := strings.Repeat(unit, size/len(unit)) + "z"
		size = rule.MaxSource / 8 // only the first is as large as can be
		return s
	}
	for _, src := range []string{
		fill("gulf OR "), fill("a -b "), fill("(a OR b) "), fill("\"a b\" "), fill("-"), fill("title:("), fill("é"), fill("a-"),
		"\"" + fill("a ") + "\"", fill("1 OF "), fill("*"), fill("a*a?"), "site:" + fill("a."), fill("\""), fill("| "), fill("l'"),
	} {
		e, err := rule.Parse(src)
		if err == nil {
			eval(e, article("en|a b gulf z"))
			_ = e.String()
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, src := range []string{
		"gulf crisis mediation", "a OR b | c AND -d", `("x y" OR ="the Gulf") NOT +Gulf`, "mediat* *gulf wom?n", "title:(a OR -b) c",
		`site:reuters.com feed:"BBC Middle East" tag:gulf lang:ar`, "“ａ” （ｂ）", "a NEAR/5 b", "--a b", "((a", `צה"ל "צה"ל"`, "wi-fi l'accord d's",
		"2 OF (a, b)", "\"a* b?c d?\"", "title:body:x", "a\u200db \u0301c 卡塔尔", "½* ²a",
		`a NEAR (b OR "c d") NEAR/4 e*`, "a ONEAR/S b W/0 c", `"a b-c"~5 +"A B"~0`, "ATLEAST/3 (a OR title:b)", "2 OF (a b, -c, 2 OF (d,e f))",
		`/a(b|c)+/i title:/x\/y/ url:/a\\b/`, `author:"A B" category:(x|y) url:a.b_c`, "-a NEAR b AROUND(4) c", "url:(a.b NEAR c_d) title:author:x",
		"*½½", "İI ıß ﬁ*",
	} {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		e, err := rule.ParseScoped(src)
		if err != nil {
			var syntax *rule.SyntaxError
			if !errors.As(err, &syntax) || syntax.Column < 1 || syntax.Column > utf8.RuneCountInString(src)+1 || syntax.Msg == "" {
				t.Fatalf("Parse(%q): %#v", src, err)
			}
			return
		}
		roundTrip(t, e)
	})
}

// roundTrip fails unless an expression prints as one that is the same.
func roundTrip(t *testing.T, e *rule.Expr) {
	t.Helper()
	printed := e.String()
	again, err := rule.ParseScoped(printed)
	if err != nil {
		t.Fatalf("%s does not parse: %v", printed, err)
	}
	if !equal(e.Root(), again.Root()) {
		t.Fatalf("%s reads as %s", printed, again)
	}
}

func equal(a, b rule.Node) bool {
	list := func(a, b []rule.Node) bool {
		for i := range a {
			if len(a) != len(b) || !equal(a[i], b[i]) {
				return false
			}
		}
		return len(a) == len(b)
	}
	switch a := a.(type) {
	case *rule.And:
		b, ok := b.(*rule.And)
		return ok && list(a.Nodes, b.Nodes)
	case *rule.Or:
		b, ok := b.(*rule.Or)
		return ok && list(a.Nodes, b.Nodes)
	case *rule.Not:
		b, ok := b.(*rule.Not)
		return ok && equal(a.Node, b.Node)
	case *rule.In:
		b, ok := b.(*rule.In)
		return ok && a.Part == b.Part && equal(a.Node, b.Node)
	case *rule.Near:
		b, ok := b.(*rule.Near)
		return ok && a.Distance == b.Distance && a.Unit == b.Unit && a.Ordered == b.Ordered && list(a.Parts, b.Parts)
	case *rule.Some:
		b, ok := b.(*rule.Some)
		return ok && a.N == b.N && list(a.Nodes, b.Nodes)
	case *rule.AtLeast:
		b, ok := b.(*rule.AtLeast)
		return ok && a.N == b.N && equal(a.Node, b.Node)
	case *rule.Regexp:
		b, ok := b.(*rule.Regexp)
		return ok && a.Source == b.Source && a.Fold == b.Fold && a.Re.String() == b.Re.String()
	case *rule.Fact:
		b, ok := b.(*rule.Fact)
		return ok && a.Kind == b.Kind && a.Value == b.Value
	case *rule.Phrase:
		b, ok := b.(*rule.Phrase)
		if !ok || a.Form != b.Form || len(a.Words) != len(b.Words) {
			return false
		}
		for i := range a.Words {
			if a.Words[i].Pattern != b.Words[i].Pattern || a.Words[i].Term.Word() != b.Words[i].Term.Word() {
				return false
			}
		}
		return true
	}
	return false
}

// Random expressions of every operator print as themselves.
func TestPrintRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	words := []string{"gulf", "Crisis", "médiation", "الخليج", "OR", "don't", "U.S", "卡", "wi", "3.5", "W"}
	var gen func(depth int) string
	gen = func(depth int) string {
		w := words[r.IntN(len(words))]
		kinds := 21
		if depth == 0 {
			kinds = 9
		}
		atom := func() string { return gen(0) }
		switch r.IntN(kinds) {
		case 0:
			return `="` + w + " " + words[r.IntN(len(words))] + `"`
		case 1:
			return `+"` + w + `"`
		case 2:
			return "mediat* "
		case 3:
			return `site:x.org`
		case 4:
			return `feed:"A, B: C"`
		case 5:
			return `"` + w + ` g?lf ` + w + `"`
		case 6, 7, 8:
			return `"` + w + `"`
		case 9, 10:
			return gen(depth-1) + " " + gen(depth-1)
		case 11:
			return "(" + gen(depth-1) + " OR " + gen(depth-1) + ")"
		case 12:
			return "-(" + gen(depth-1) + ")"
		case 13:
			return []string{"title:(", "body:(", "author:(", "category:(", "url:("}[r.IntN(5)] + gen(depth-1) + ")"
		case 14:
			return atom() + []string{" NEAR ", " NEAR/7 ", " ONEAR/3 ", " PRE/0 ", " NEAR/S ", " ONEAR/P ", " AROUND(9) "}[r.IntN(7)] + "(" + atom() + " OR " + atom() + ")"
		case 15:
			return atom() + " W/4 " + atom() + " NEAR/4 title:" + atom()
		case 16:
			return `="` + w + " x-y " + words[r.IntN(len(words))] + `"~3`
		case 17:
			return "ATLEAST/3 (" + atom() + " OR " + atom() + ")"
		case 18:
			return "1 OF (" + gen(depth-1) + ", " + gen(depth-1) + ")"
		case 19:
			return "2 OF (" + gen(depth-1) + ", " + gen(depth-1) + ", a)"
		}
		return []string{`/Gu\/lf[a,)]+/ `, `/x “y”|zz/i `}[r.IntN(2)]
	}
	tried := 0
	for range 2000 {
		if e, err := rule.ParseScoped(gen(4)); err == nil {
			roundTrip(t, e)
			tried++
		}
	}
	if tried < 500 {
		t.Errorf("only %d of the expressions parse", tried)
	}
}

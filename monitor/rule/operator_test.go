package rule_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/rule"
	"github.com/copytaster/copytaster/monitor/text"
)

// Every operator that measures or counts, with articles that match and near
// misses.
func TestOperators(t *testing.T) {
	for _, tt := range []struct {
		expr        string
		match, miss []string
	}{
		// "…"~n
		{`"gulf crisis"~2`,
			[]string{"en|Gulf crisis", "en|crisis of the Gulf", "en|Gulf states in crisis", "en||The Gulf’s two big CRISIS"},
			[]string{"en|Gulf states are in crisis", "en|Gulf|crisis", "en|Gulf of the", "en|A crisis is what the Gulf has"}},
		{`"посредничество кризис"~1`,
			[]string{"ru|Посредничество в кризисе", "ru|Кризис: посредничества", "ru|кризису нужно посредничество"},
			[]string{"ru|Посредничество в долгом кризисе", "ru|Кризис", "ru|Посредничество|кризис"}},
		{`"قطر وساطة"~1`,
			[]string{"ar|وساطة قطر", "ar|قطر تعرض الوساطة", "ar|وساطة لقطر"},
			[]string{"ar|وساطة في الأزمة مع قطر", "ar|قطر|وساطة", "ar|الوساطة العمانية"}},
		{`="the Gulf"~0`,
			[]string{"en|in the GULF", "en|Gulf the", "en|The Gulf's"},
			[]string{"en|the gulfs", "en|the big Gulf", "en|The|Gulf"}},
		{`"gulf gulf"~3`,
			[]string{"en|gulf gulf", "en|Gulf to gulf", "en|from gulf, by the by, gulf"},
			[]string{"en|gulf", "en|gulf a b c d gulf", "en|gulf|gulf"}},
		{`"wi-fi talks"~1`,
			[]string{"en|wi-fi talks", "en|talks on wi-fi", "en|Talk: wi fi"},
			[]string{"en|fi talks wi", "en|wi talks fi", "en|wi-fi in many talks"}},
		{`"海湾 调解"~2`,
			[]string{"zh|海湾调解", "zh|调解海湾", "zh|海湾的新调解"},
			[]string{"zh|海湾国家的调解", "zh|海调湾解", "zh|海湾|调解"}},

		// NEAR
		{"gulf NEAR/1 mediation",
			[]string{"en|Gulf mediation", "en|mediate the Gulf", "en|Gulfs: mediators"},
			[]string{"en|mediation in the Gulf", "en|Gulf|mediation", "en|Gulf meditation"}},
		{"gulf NEAR crisis",
			[]string{"en|gulf a b c d crisis", "en|crisis a b c d gulf", "en|Crisis, gulf"},
			[]string{"en|gulf a b c d e crisis", "en|crisis a b c d e gulf", "en|a b c|gulf|crisis"}},
		{"кризис NEAR/2 переговоры",
			[]string{"ru|Переговоры в кризисе", "ru|кризис: новые трудные переговоры", "ru|О кризисах переговоры"},
			[]string{"ru|Переговоры о судьбе стран кризиса", "ru|Кризис", "ru|Переговоры|о кризисе"}},
		{"الخليج NEAR/2 مفاوضات",
			[]string{"ar|مفاوضات الخليج", "ar|المفاوضات في دول الخليج", "ar|الخليج والمفاوضات"},
			[]string{"ar|المفاوضات بين الوزراء في دول الخليج", "ar|مفاوضات", "ar|الخليج|مفاوضات"}},
		{"golfe NEAR/1 médiation",
			[]string{"fr|médiation du Golfe", "fr|Le Golfe : médiations", "fr|golfe, une mediation"},
			[]string{"fr|médiation dans le Golfe", "fr|golfe méditation", "fr|gulf : médiation"}},
		{`(qatar OR "saudi arabia") NEAR/3 (talk* OR offer)`,
			[]string{"en|Saudi Arabia offers", "en|Talking in Qatar", "en|an offer that saudi arabia", "en|Qatar, talks"},
			[]string{"en|Saudi offers", "en|Qatar|talks", "en|talk a b c d qatar"}},
		{"a NEAR/2 b NEAR/2 c",
			[]string{"en|a b c", "en|c x b y a", "en|b a x x c"},
			[]string{"en|a x b y y c", "en|a b a b", "en|c x x x b a"}},
		{"oman NEAR/2 oman",
			[]string{"en|oman oman", "en|Oman and Oman", "en|Oman's big bad Oman"},
			[]string{"en|Oman", "en|oman a b c oman", "en|Oman|Oman"}},
		{"om* NEAR/2 oman",
			[]string{"en|oman omens", "en|omit big Oman", "en|Oman, Oman"},
			[]string{"en|Oman", "en|the Oman talks", "en|Oman a b c omen"}},
		{"title:gulf NEAR/2 crisis",
			[]string{"en|gulf crisis", "en|crisis in Gulf", "en|Gulf x y crisis"},
			[]string{"en|gulf|crisis", "en||gulf crisis", "en|gulf|gulf crisis"}},
		{"body:(gulf NEAR/2 crisis)",
			[]string{"en||gulf crisis", "en|||crisis in Gulf", "en|a|b|Gulf x y crisis"},
			[]string{"en|gulf crisis", "en||gulf|crisis", "en||gulf x y z crisis"}},
		{"x -gulf NEAR/1 crisis",
			[]string{"en|x gulf", "en|x crisis", "en|gulf x x crisis"},
			[]string{"en|x gulf crisis", "en|crisis x gulf", "en|gulf crisis"}},
		{"gulf AROUND(2) crisis",
			[]string{"en|gulf crisis", "en|crisis a b gulf", "en|Gulf in crisis"},
			[]string{"en|gulf a b c crisis", "en|gulf", "en|crisis|gulf"}},
		{"gulf W/2 crisis",
			[]string{"en|gulf crisis", "en|crisis a b gulf", "en|Gulf in crisis"},
			[]string{"en|gulf a b c crisis", "en|gulf", "en|crisis|gulf"}},

		// ONEAR
		{"gulf ONEAR/2 crisis",
			[]string{"en|gulf crisis", "en|gulf in a crisis", "en|crisis gulf crisis"},
			[]string{"en|crisis gulf", "en|gulf a b c crisis", "en|gulf|crisis"}},
		{"переговоры PRE/2 кризис",
			[]string{"ru|переговоры о кризисе", "ru|О переговорах среди кризиса", "ru|Переговоры: кризис"},
			[]string{"ru|кризис: переговоры", "ru|переговоры о нефти после кризиса", "ru|переговоры|кризис"}},
		{"قطر ONEAR/3 وساطة",
			[]string{"ar|قطر تعرض الوساطة", "ar|قطر: وساطة", "ar|بقطر مفاوضات ثم وساطة"},
			[]string{"ar|وساطة قطر", "ar|قطر|وساطة", "ar|وساطة في قطر"}},
		{"a ONEAR/2 (b OR c) ONEAR/2 d",
			[]string{"en|a b d", "en|a x c y d", "en|d a c d"},
			[]string{"en|b a d", "en|a x c y z d", "en|a d c"}},
		{"gulf ONEAR gulf",
			[]string{"en|gulf gulf", "en|gulf to the gulf", "en|gulf, gulf, gulf"},
			[]string{"en|gulf", "en|gulf a b c d e gulf", "en|gulf|gulf"}},

		// NEAR/S and NEAR/P
		{"gulf NEAR/S crisis",
			[]string{"en||The crisis has, for all that was said of it, changed the Gulf.", "en|Gulf crisis. Over", "en||Mr. Smith of the U.S. Gulf forces saw the crisis."},
			[]string{"en||The Gulf waits. The crisis goes on.", "en|Gulf|crisis", "en||Gulf!\nA crisis"}},
		{"кризис NEAR/S переговоры",
			[]string{"ru||О кризисе, как сообщил г. Иванов, идут переговоры.", "ru|Переговоры о кризисе", "ru||Об этом. Кризис идёт: переговоры тоже."},
			[]string{"ru||Кризис идёт. Переговоры тоже.", "ru|Кризис|переговоры", "ru||Кризис?! Переговоры."}},
		{"الخليج NEAR/S وساطة",
			[]string{"ar||قال الوزير إن الوساطة في الخليج مستمرة.", "ar|وساطة، الخليج", "ar||انتهى. الوساطة لدول الخليج."},
			[]string{"ar||أين الخليج؟ الوساطة مستمرة.", "ar|الخليج|وساطة", "ar||الخليج.\nوساطة"}},
		{"海湾 NEAR/S 调解",
			[]string{"zh||部长说，海湾需要调解。", "zh|调解海湾", "zh||是。海湾、调解"},
			[]string{"zh||海湾很远。调解很难。", "zh|海湾|调解", "zh||海湾！调解"}},
		{"gulf ONEAR/S crisis",
			[]string{"en||The Gulf is in crisis.", "en|Gulf: crisis", "en||Crisis. Gulf crisis"},
			[]string{"en||The crisis in the Gulf.", "en||Gulf. Crisis", "en|Gulf|Crisis"}},
		{"gulf NEAR/P crisis",
			[]string{"en||The Gulf waits. The crisis goes on.", "en|||Gulf.\nCrisis", "en|||One.\n\nThe crisis. More. Gulf."},
			[]string{"en|||The Gulf.\n\nThe crisis.", "en|Gulf|crisis", "en|||Gulf\n \t\nCrisis"}},
		{"مفاوضات NEAR/P قطر",
			[]string{"ar|||المفاوضات مستمرة. قطر تنتظر.", "ar|مفاوضات في قطر", "ar|||نعم.\n\nقطر. المفاوضات"},
			[]string{"ar|||المفاوضات.\n\nقطر.", "ar|قطر|مفاوضات", "ar||قطر|مفاوضات"}},

		// ATLEAST
		{"ATLEAST/3 gulf",
			[]string{"en|Gulf|gulf|no gulf, gulf", "en|||gulfs, gulf and Gulf’s", "en|gulf gulf gulf gulf"},
			[]string{"en|Gulf gulf", "en||gulf and Golf and gulf", "en|Gulf|The ministers of the Gulf met in Doha on Monday.|The ministers of the Gulf met in Doha on Monday."}},
		{"ATLEAST/2 кризис",
			[]string{"ru|Кризис|кризису", "ru|||в кризисе и о кризисах", "ru|кризисы, кризисов"},
			[]string{"ru|Кризис", "ru|Кризисный кризис", "ru||Кризис|Кризис"}},
		{"ATLEAST/2 قطر",
			[]string{"ar|قطر وقطر", "ar|لقطر|بقطر", "ar|||قطر في قطر"},
			[]string{"ar|قطر", "ar|قطار قطر", "ar||قطر|قطر"}},
		{"ATLEAST/2 (gulf OR \"gulf crisis\")",
			[]string{"en|gulf gulf", "en|gulf crisis in the gulf", "en|Gulf|Gulf crisis"},
			[]string{"en|gulf crisis", "en|crisis gulf", "en|gulf crisis crisis"}},
		{"ATLEAST/2 (gulf NEAR/1 crisis)",
			[]string{"en|gulf crisis|crisis in gulf", "en|gulf crisis, gulf crisis", "en|crisis gulf crisis gulf"},
			[]string{"en|gulf crisis", "en|gulf crisis gulf", "en|gulf|crisis|gulf crisis"}},
		{"title:ATLEAST/2 gulf",
			[]string{"en|gulf gulf", "en|Gulf to gulf", "en|gulf, gulf, gulf"},
			[]string{"en|gulf|gulf", "en||gulf gulf", "en|gulf"}},
		{`ATLEAST/2 /[Gg]ulf\b/`,
			[]string{"en|Gulf gulf", "en|gulf|Gulf", "en|||gulf, Engulf"},
			[]string{"en|Gulf GULF", "en|gulf gulfs", "en||a gulf|a gulf"}},

		// n OF
		{"2 OF (qatar, oman, kuwait)",
			[]string{"en|Qatar and Oman", "en|Kuwait|Qatar", "en|oman kuwait qatar"},
			[]string{"en|Qatar, Qatar", "en|Roman quarter in Kuwait", "en|Oman"}},
		{`2 OF (катар*, "саудовская аравия", оман OR йемен)`,
			[]string{"ru|Катару и Оману", "ru|Саудовской Аравии, Омана", "ru|Катар|саудовская аравия"},
			[]string{"ru|Оман и Йемен", "ru|Саудовская нефть, Катар", "ru|Катар, катарский"}},
		{"2 OF (قطر، عمان، الكويت)",
			[]string{"ar|قطر والكويت", "ar|عمان|الكويت", "ar|لقطر وعمان"},
			[]string{"ar|قطر", "ar|الكويت كويت", "ar|قطار الكويت"}},
		{"2 OF (gulf crisis, -oman, title:x)",
			[]string{"en|gulf crisis", "en|x", "en|x gulf crisis oman"},
			[]string{"en|gulf", "en|x oman", "en|gulf crisis oman"}},
		{"a -2 OF (b, c, d)",
			[]string{"en|a", "en|a b", "en|a d d"},
			[]string{"en|a b c", "en|a c d", "en|b"}},

		// regular expressions
		{"/mediat(e|or)s?/",
			[]string{"en|to mediate", "en|mediators", "en||intermediates"},
			[]string{"en|mediation", "en|Mediate", "en|medi|ate"}},
		{"title:/^gulf\\b/i",
			[]string{"en|GULF", "en|Gulf-crisis", "en|gulf. Over|x"},
			[]string{"en|The gulf", "en|Gulfs", "en|x|Gulf"}},
		{"/[А-Я]{3,} +№\\d/",
			[]string{"ru|ООН №5", "ru|текст ГОСТ  №12", "ru||МВФ №1"},
			[]string{"ru|ООН № 5", "ru|оон №5", "ru|ОН №5"}},
		{"/قطر(ي|ية)/",
			[]string{"ar|قطري", "ar|القطرية", "ar|بالقطريين"},
			[]string{"ar|قطر", "ar|قطار", "ar|قط|رية"}},
		{`/“\w+”/`,
			[]string{"en|so “called” talks", "en|“x”", "en||“ab”"},
			[]string{`en|"called"`, "en|“two words”", "en|“”"}},
	} {
		if len(tt.match) < 3 || len(tt.miss) < 3 {
			t.Errorf("%s: too few articles", tt.expr)
		}
		e := parse(t, tt.expr)
		for _, s := range tt.match {
			a := article(s)
			spans, ok := eval(e, a)
			if !ok || len(spans) == 0 && !strings.Contains(tt.expr, "-") {
				t.Errorf("%s on %q: %v, evidence %v", tt.expr, s, ok, spans)
			}
			checkSpans(t, a, spans)
		}
		for _, s := range tt.miss {
			if spans, ok := eval(e, article(s)); ok {
				t.Errorf("%s matches %q: %+v", tt.expr, s, spans)
			}
		}
	}
}

func TestListFields(t *testing.T) {
	by := func(authors ...string) *feeds.Article { return &feeds.Article{Title: "x", Authors: authors} }
	in := func(categories ...string) *feeds.Article {
		return &feeds.Article{Language: "ar", Title: "وزير", Categories: categories}
	}
	at := func(url string) *feeds.Article { return &feeds.Article{Title: "x", URL: url} }
	for _, tt := range []struct {
		expr        string
		match, miss []*feeds.Article
	}{
		{"author:smith",
			[]*feeds.Article{by("Anna Smith"), by("x", "SMITH, John"), by("anna.smith Smith")},
			[]*feeds.Article{by("Smithson"), by(), {Title: "Smith", Summary: "smith"}}},
		{`author:"anna smith"`,
			[]*feeds.Article{by("Anna Smith"), by("Dr Anna Smith, Doha"), by("x", "anna smith")},
			[]*feeds.Article{by("Anna", "Smith"), by("Smith Anna"), by("Anna B. Smith")}},
		{"author:(иванов OR петров) -author:сидоров",
			[]*feeds.Article{by("Иван Иванов"), by("ПЕТРОВ"), by("Петров", "Иванов")},
			[]*feeds.Article{by("Сидоров", "Петров"), by("Иваненко"), by("x")}},
		{"author:(anna NEAR/1 smith)",
			[]*feeds.Article{by("Smith, Anna"), by("Anna B. Smith"), by("x", "Anna Smith")},
			[]*feeds.Article{by("Anna", "Smith"), by("Anna B. C. Smith"), by("Anna")}},
		{`author:/^A[^ ]+ S/`,
			[]*feeds.Article{by("Anna Smith"), by("x y", "Ali Said"), by("Ann-Marie Stone")},
			[]*feeds.Article{by("Mary Ann Smith"), by("Anna", "Smith"), by("anna smith")}},
		{"ATLEAST/2 author:smith",
			[]*feeds.Article{by("Smith", "Smith"), by("A Smith", "b", "C Smith"), by("Smith & Smith")},
			[]*feeds.Article{by("Smith"), by("Smith", "x"), {Title: "Smith smith"}}},
		{"category:politics",
			[]*feeds.Article{in("Politics"), in("sport", "World politics"), in("POLITICS")},
			[]*feeds.Article{in("policy"), in(), {Title: "politics"}}},
		{"category:(سياسة OR اقتصاد)",
			[]*feeds.Article{in("السياسة"), in("رياضة", "اقتصاد"), in("الاقتصاد والمال")},
			[]*feeds.Article{in("سياحة"), in("رياضة"), {Title: "سياسة"}}},
		{"url:gulf",
			[]*feeds.Article{at("https://x.org/gulf/1"), at("https://gulf.example/"), at("https://x.org/a_Gulf-crisis.html?q=1")},
			[]*feeds.Article{at("https://x.org/engulf"), at(""), {Title: "gulf"}}},
		{"url:x.org/gulf_crisis",
			[]*feeds.Article{at("https://x.org/gulf-crisis"), at("https://www.X.org/gulf/crisis/"), at("http://x.org/gulf.crisis")},
			[]*feeds.Article{at("https://x.org/crisis-gulf"), at("https://x.org/a/gulf-crisis"), at("https://xorg/gulf-crisis")}},
		{`url:/\/20\d\d\/(gulf|oman)/`,
			[]*feeds.Article{at("https://x.org/2026/gulf"), at("https://x.org/a/2019/oman-x"), at("/2000/gulfs")},
			[]*feeds.Article{at("https://x.org/26/gulf"), at("https://x.org/2026/the-gulf"), at("https://x.org/2026/GULF")}},
	} {
		e := parse(t, tt.expr)
		for i, a := range tt.match {
			spans, ok := eval(e, a)
			if !ok || len(spans) == 0 {
				t.Errorf("%s, article %d: %v, evidence %v", tt.expr, i, ok, spans)
			}
			checkSpans(t, a, spans)
		}
		for i, a := range tt.miss {
			if spans, ok := eval(e, a); ok {
				t.Errorf("%s matches near miss %d: %v", tt.expr, i, spans)
			}
		}
	}
}

func TestOperatorEvidence(t *testing.T) {
	for _, tt := range []struct{ expr, article, want string }{
		{"gulf NEAR/3 crisis", "en|x gulf y gulf in crisis z crisis", "title 9-13 gulf, title 17-23 crisis"},
		{"gulf NEAR/3 crisis", "en|gulf crisis gulf|a crisis. Gulf", "title 0-4 gulf, title 5-11 crisis, summary 2-8 crisis, summary 10-14 Gulf"},
		{`"gulf crisis"~1 x`, "en|crisis gulf x", "title 0-6 crisis, title 7-11 gulf, title 12-13 x"},
		{`(oman OR "the gulf") NEAR/1 talks`, "en|The Gulf talks: Oman", "title 0-8 The Gulf, title 9-14 talks"},
		{"a ONEAR/1 b", "en|b a x b a b", "title 2-3 a, title 6-7 b, title 8-9 a, title 10-11 b"},
		{"gulf NEAR/S oman", "en|Oman. The gulf, Oman", "title 10-14 gulf, title 16-20 Oman"},
		{"ATLEAST/2 gulf", "en|gulf|gulf, oman, gulf", "title 0-4 gulf, summary 0-4 gulf, summary 12-16 gulf"},
		{"2 OF (gulf, oman, x)", "en|oman, gulf", "title 0-4 oman, title 6-10 gulf"},
		{"2 OF (gulf, oman, -x)", "en|oman", "title 0-4 oman"},
		{"--(gulf NEAR/1 oman) x", "en|gulf x oman", "title 0-4 gulf, title 5-6 x, title 7-11 oman"},
		{"/[é🚀]x+/", "en|🚀é ex 🚀xxéx", "title 6-9 🚀xx, title 9-11 éx"},
		{"/gulf/i OR gulf", "en|Gulfs", "title 0-4 Gulf, title 0-5 Gulfs"},
		{"/ulf/ gulf", "en|\xff Gulf", "title 2-6 Gulf, title 3-6 ulf"},
	} {
		a := article(tt.article)
		spans, ok := eval(parse(t, tt.expr), a)
		if got := spansString(spans); !ok || got != tt.want {
			t.Errorf("%s on %q: %v\n got %s\nwant %s", tt.expr, tt.article, ok, got, tt.want)
		}
		checkSpans(t, a, spans)
	}
	a := &feeds.Article{Title: "Smith", Authors: []string{"Ann é", "Smith, Bob"}, Categories: []string{"x"}, URL: "https://x.org/gulf"}
	spans, _ := eval(parse(t, "author:smith author:/Bob/ category:x url:gulf smith url:x.org"), a)
	want := "title 0-5 Smith, authors 6-11 Smith, authors 13-16 Bob, categories 0-1 x, url 8-13 x.org, url 14-18 gulf"
	if got := spansString(spans); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

func spansString(spans []text.Span) string {
	var list []string
	for _, s := range spans {
		list = append(list, fmt.Sprintf("%s %d-%d %s", s.Field, s.Start, s.End, s.Text))
	}
	return strings.Join(list, ", ")
}

// NEAR holds exactly when some choice of one place for each part, none
// overlapping, has few enough words between.
func TestNearAgainstItsDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	vocabulary := []string{"a", "b", "c", "d", "ab", "x"}
	parts := []string{"a", "b", "c", "a*", `"a b"`, `"b b a"`, `(a OR "a b" OR d)`, "(b OR c)", "ab"}
	// patterns tells the lengths at which a part stands at the start of words.
	stands := func(part string, words []string) (lengths []int) {
		starts := func(seq ...string) bool {
			for i, w := range seq {
				if i >= len(words) || words[i] != w {
					return false
				}
			}
			return true
		}
		for _, seq := range map[string][][]string{
			"a": {{"a"}}, "b": {{"b"}}, "c": {{"c"}}, "ab": {{"ab"}}, "aa*": {{"ab"}}, `"a b"`: {{"a", "b"}}, `"b b a"`: {{"b", "b", "a"}},
			`(a OR "a b" OR d)`: {{"a"}, {"a", "b"}, {"d"}}, "(b OR c)": {{"b"}, {"c"}},
		}[part] {
			if starts(seq...) {
				lengths = append(lengths, len(seq))
			}
		}
		return lengths
	}
	parts[3] = "(a OR ab)"
	standsOr := func(part string, words []string) []int {
		if part == "(a OR ab)" {
			return append(stands("a", words), stands("ab", words)...)
		}
		return stands(part, words)
	}
	held := 0
	for range 6_000 {
		chosen := make([]string, 2+r.IntN(3))
		for i := range chosen {
			chosen[i] = parts[r.IntN(len(parts))]
		}
		words := make([]string, 1+r.IntN(10))
		for i := range words {
			words[i] = vocabulary[r.IntN(len(vocabulary))]
		}
		n, ordered := r.IntN(4), r.IntN(2) == 0
		// brute force: all choices
		var try func(part int, taken []bool, least, most, covered, behind int) bool
		try = func(part int, taken []bool, least, most, covered, behind int) bool {
			if part == len(chosen) {
				return most-least-covered <= n
			}
			for at := range words {
				if ordered && at < behind {
					continue
				}
			next:
				for _, length := range standsOr(chosen[part], words[at:]) {
					for i := at; i < at+length; i++ {
						if taken[i] {
							continue next
						}
					}
					now := append([]bool(nil), taken...)
					for i := at; i < at+length; i++ {
						now[i] = true
					}
					if try(part+1, now, min(least, at), max(most, at+length), covered+length, at+length) {
						return true
					}
				}
			}
			return false
		}
		want := try(0, make([]bool, len(words)), len(words), 0, 0, 0)
		op := fmt.Sprintf(" NEAR/%d ", n)
		if ordered {
			op = fmt.Sprintf(" ONEAR/%d ", n)
		}
		expr := strings.Join(chosen, op)
		spans, got := eval(parse(t, expr), &feeds.Article{Title: strings.Join(words, " "), Language: "zz"})
		if got != want {
			t.Fatalf("%s on %q: %v, want %v", expr, words, got, want)
		}
		if got {
			held++
			if len(spans) < len(chosen) {
				t.Fatalf("%s on %q: evidence %v", expr, words, spans)
			}
		}
	}
	if held < 600 {
		t.Errorf("only %d hold: the test says little", held)
	}
}

func TestExplain(t *testing.T) {
	explain := func(expr, s string) string {
		a := article(s)
		var d text.Document
		analyzer.Analyze(&d, text.Source{Title: a.Title, Summary: a.Summary, Content: a.ContentText, Language: a.Language})
		e := parse(t, expr)
		x := e.Explain(&d, a)
		if _, ok := e.Eval(&d, a); ok != x.True {
			t.Errorf("%s on %q: Eval %v, Explain %v", expr, s, ok, x.True)
		}
		var b strings.Builder
		var show func(x rule.Explanation)
		show = func(x rule.Explanation) {
			fmt.Fprintf(&b, "%s=%v", x.Clause, x.True)
			if len(x.Spans) > 0 {
				fmt.Fprintf(&b, "<%s>", spansString(x.Spans))
			}
			if len(x.Parts) > 0 {
				b.WriteString("[")
				for i, p := range x.Parts {
					if i > 0 {
						b.WriteString("; ")
					}
					show(p)
				}
				b.WriteString("]")
			}
		}
		show(x)
		return b.String()
	}
	for _, tt := range []struct{ expr, article, want string }{
		{"gulf crisis mediation", "en|Gulf crisis", "gulf crisis mediation=false[gulf=true<title 0-4 Gulf>; crisis=true<title 5-11 crisis>; mediation=false]"},
		{"gulf -oman", "en|Gulf, Oman", "gulf -oman=false[gulf=true<title 0-4 Gulf>; -oman=false[oman=true<title 6-10 Oman>]]"},
		{"gulf NEAR/0 crisis", "en|Gulf in crisis", "gulf NEAR/0 crisis=false[gulf=true<title 0-4 Gulf>; crisis=true<title 8-14 crisis>]"},
		{"title:(a OR b)", "en||a", "title:(a OR b)=false[a=false; b=false]"},
		{"title:a lang:en", "en|a", "title:a lang:en=true[title:a=true<title 0-1 a>; lang:en=true]"},
		{"ATLEAST/2 a", "en|a", "ATLEAST/2 a=false<title 0-1 a>"},
		{"2 OF (a, b, c)", "en|a", "2 OF (a, b, c)=false[a=true<title 0-1 a>; b=false; c=false]"},
		{"/gulf/", "en|gulf", "/gulf/=true<title 0-4 gulf>"},
	} {
		if got := explain(tt.expr, tt.article); got != tt.want {
			t.Errorf("%s on %q:\n got %s\nwant %s", tt.expr, tt.article, got, tt.want)
		}
	}
	long := explain(strings.Repeat("(a OR ", 500)+"b"+strings.Repeat(" c)", 500), "en|a")
	if len(long) > 2_000_000 {
		t.Errorf("an explanation of %d bytes", len(long))
	}
}

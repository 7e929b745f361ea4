package match_test

import (
	"reflect"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/match"
	"github.com/copytaster/copytaster/monitor/rule"
	"github.com/copytaster/copytaster/monitor/text"
)

// watch returns the rule of an expression that may be negative alone.
func watch(t testing.TB, expr string) match.Rule {
	t.Helper()
	e, err := rule.ParseScoped(expr)
	if err != nil {
		t.Fatalf("%s: %v", expr, err)
	}
	return match.Rule{Name: expr, Match: expr, Expr: e}
}

func names(matches []match.Match) string {
	var list []string
	for _, m := range matches {
		list = append(list, m.Rule.Name)
	}
	return strings.Join(list, ", ")
}

func TestTheReferenceCase(t *testing.T) {
	ix := match.New([]match.Rule{watch(t, "Gulf crisis mediation")})
	a := &feeds.Article{
		Title:       "Oman's top diplomat visits Doha 🇶🇦",
		Summary:     "The foreign minister met his counterpart.",
		ContentText: "Before leaving he repeated his country's willingness to mediate in the Gulf crisis.\nNo date was named.",
		Language:    "en",
	}
	got := ix.Match(a)
	if len(got) != 1 || got[0].Rule != &ix.Rules()[0] {
		t.Fatalf("matches %v", got)
	}
	want := []text.Span{
		{Field: text.Content, Start: 56, End: 63, Text: "mediate"},
		{Field: text.Content, Start: 71, End: 75, Text: "Gulf"},
		{Field: text.Content, Start: 76, End: 82, Text: "crisis"},
	}
	if !reflect.DeepEqual(got[0].Spans, want) {
		t.Errorf("evidence %+v", got[0].Spans)
	}
	excerpt := text.Excerpt{
		Text:  "Before leaving he repeated his country's willingness to mediate in the Gulf crisis. No date was named.",
		Marks: [][2]int{{56, 63}, {71, 75}, {76, 82}},
	}
	if e := match.Excerpt(a, got[0].Spans); !reflect.DeepEqual(e, excerpt) {
		t.Errorf("excerpt %+v", e)
	}
	a.ContentText = "Before leaving he praised meditation by the Gulf in times of crisis."
	if got := ix.Match(a); len(got) != 0 {
		t.Errorf("meditation matches: %+v", got)
	}
}

func TestMatchesComeInRuleOrder(t *testing.T) {
	ix := match.New([]match.Rule{
		watch(t, "lang:en"), watch(t, "zebra"), watch(t, "oman"), watch(t, "*man gulf"), watch(t, "gulf"), watch(t, "oman"), watch(t, "gulf -oman"),
	})
	a := &feeds.Article{Title: "Gulf: Oman", Language: "en"}
	for range 3 {
		if got := names(ix.Match(a)); got != "lang:en, oman, *man gulf, gulf, oman" {
			t.Errorf("matched %s", got)
		}
	}
	if got := match.New(nil).Match(a); got != nil {
		t.Errorf("no rules match %v", got)
	}
}

func TestScopes(t *testing.T) {
	scoped := func(name string, in ...match.Scope) match.Rule {
		r := watch(t, "oman")
		r.Name, r.In = name, in
		return r
	}
	negative := watch(t, "-football")
	negative.In = []match.Scope{{Tag: "Gulf"}}
	ix := match.New([]match.Rule{
		scoped("all"), scoped("tag", match.Scope{Tag: "gulf"}), scoped("name", match.Scope{Feed: "bbc MIDDLE east"}),
		scoped("url", match.Scope{Feed: "https://x.org/f"}), scoped("either", match.Scope{Tag: "asia"}, match.Scope{Feed: "AFP"}),
		scoped("nothing", match.Scope{}), negative,
	})
	for _, tt := range []struct {
		feed *feeds.Source
		want string
	}{
		{nil, "all"},
		{&feeds.Source{Name: "BBC Middle East", Tags: []string{"gulf"}}, "all, tag, name, -football"},
		{&feeds.Source{Name: "gulf", URL: "https://x.org/f"}, "all, url"},
		{&feeds.Source{Title: "AFP"}, "all, either"},
		{&feeds.Source{Name: "AFP 2", Tags: []string{"asia", "gulf"}}, "all, tag, either, -football"},
	} {
		if got := names(ix.Match(&feeds.Article{Title: "Oman", Feed: tt.feed})); got != tt.want {
			t.Errorf("%+v: %s, want %s", tt.feed, got, tt.want)
		}
	}
}

func TestRuleLanguage(t *testing.T) {
	in := func(language string) match.Rule {
		r := watch(t, "mediation")
		r.Name, r.Language = language, language
		return r
	}
	ix := match.New([]match.Rule{in(""), in("en"), in("fr"), in("fr-CA")})
	for _, tt := range []struct {
		a    feeds.Article
		want string
	}{
		{feeds.Article{Title: "Mediation", Language: "en-GB"}, ", en"},
		{feeds.Article{Title: "Médiations", Language: "fr"}, ", fr"},
		{feeds.Article{Title: "Médiations", Language: "fr-ca"}, ", fr, fr-CA"},
		{feeds.Article{Title: "Mediators"}, ", en, fr, fr-CA"}, // the language is not known
		{feeds.Article{Title: "Mediation", Language: "pl"}, ""},
	} {
		if got := names(ix.Match(&tt.a)); got != tt.want {
			t.Errorf("%+v: %q, want %q", tt.a, got, tt.want)
		}
	}
}

func TestExcerpt(t *testing.T) {
	filler := strings.Repeat("lorem ipsum dolor sit amet ", 40) // 1,080 code points
	for name, tt := range map[string]struct {
		a        feeds.Article
		expr     string
		has      string
		pre, suf bool // cut at the start, at the end
		marked   string
	}{
		"middle of a long text": {feeds.Article{ContentText: filler + "ready to mediate in the Gulf crisis " + filler}, "gulf crisis mediation",
			"ready to mediate in the Gulf crisis lorem", true, true, "mediate,Gulf,crisis"},
		"densest place": {feeds.Article{ContentText: "The gulf. " + filler + "gulf gulf gulf " + filler + "the Gulf crisis " + filler}, "gulf crisis",
			"the Gulf crisis", true, true, "Gulf,crisis"},
		"body before title": {feeds.Article{Title: "Gulf crisis", Summary: filler + "\n\n a gulf "}, "gulf crisis", "amet a gulf", true, false, "gulf"},
		"title alone":       {feeds.Article{Title: "In the Gulf", Summary: "no more"}, "gulf", "In the Gulf", false, false, "Gulf"},
		"no evidence":       {feeds.Article{Title: "Title", Summary: filler}, "-x", "lorem ipsum", false, true, ""},
		"only a title":      {feeds.Article{Title: "Title"}, "-x", "Title", false, false, ""},
		"nothing at all":    {feeds.Article{}, "-x", "", false, false, ""},
		"start":             {feeds.Article{Summary: "Gulf " + filler}, "gulf", "Gulf lorem", false, true, "Gulf"},
		"start, one later":  {feeds.Article{Summary: "x Gulf " + filler}, "gulf", "x Gulf lorem", false, true, "Gulf"},
		"accents, odd":      {feeds.Article{Summary: "x" + strings.Repeat("e\u0301", 400) + " Gulf " + strings.Repeat("e\u0301", 400)}, "gulf", " Gulf ", true, true, "Gulf"},
		"controls":          {feeds.Article{Summary: "a\x1b[31m\tgulf\r\n\u202ecri\x00sis\x07"}, `gulf "cri sis"`, "a[31m gulf crisis", false, false, "gulf,crisis"},
		"no spaces":         {feeds.Article{Summary: strings.Repeat("海", 400) + "湾岸" + strings.Repeat("海", 400)}, "湾岸", "海湾岸海", true, true, "湾岸"},
		"accents":           {feeds.Article{Summary: strings.Repeat("e\u0301", 400) + " Gulf " + strings.Repeat("e\u0301", 400)}, "gulf", " Gulf ", true, true, "Gulf"},
		"one long phrase":   {feeds.Article{Summary: strings.Repeat("la la ", 100) + "x"}, `"` + strings.Repeat("la ", 200) + `x"`, "la la", false, true, "*"},
		"overlapping":       {feeds.Article{Summary: "in the Gulf now"}, `gulf "the gulf" gulf*`, "in the Gulf now", false, false, "the Gulf"},
	} {
		got := match.New([]match.Rule{watch(t, tt.expr)}).Match(&tt.a)
		if len(got) != 1 {
			t.Errorf("%s: %d matches", name, len(got))
			continue
		}
		e := match.Excerpt(&tt.a, got[0].Spans)
		if !strings.Contains(e.Text, tt.has) || strings.HasPrefix(e.Text, "…") != tt.pre || strings.HasSuffix(e.Text, "…") != tt.suf {
			t.Errorf("%s: %q", name, e.Text)
		}
		checkExcerpt(t, e)
		var marked []string
		for _, m := range e.Marks {
			marked = append(marked, string([]rune(e.Text)[m[0]:m[1]]))
		}
		if s := strings.Join(marked, ","); s != tt.marked && tt.marked != "*" {
			t.Errorf("%s: marked %q in %q", name, s, e.Text)
		}
		n := utf8.RuneCountInString(e.Text)
		if (tt.pre || tt.suf) && n < 150 {
			t.Errorf("%s: only %d code points", name, n)
		}
		inner := strings.Trim(e.Text, "…")
		if strings.HasPrefix(name, "accents") && (strings.HasPrefix(inner, "\u0301") || strings.HasSuffix(inner, "e")) {
			t.Errorf("%s: %q is cut between a letter and its accent", name, inner)
		}
		if (tt.pre || tt.suf) && name != "no spaces" && !strings.HasPrefix(name, "accents") && name != "one long phrase" {
			for _, w := range strings.Fields(inner) {
				if !strings.Contains(" "+strings.Join(strings.Fields(tt.a.Title+" "+tt.a.Summary+" "+tt.a.ContentText), " ")+" ", " "+w+" ") {
					t.Errorf("%s: %q is no whole word", name, w)
				}
			}
		}
	}
}

func checkExcerpt(t *testing.T, e text.Excerpt) {
	t.Helper()
	n := utf8.RuneCountInString(e.Text)
	if n > 260 || !utf8.ValidString(e.Text) || strings.ContainsFunc(e.Text, unicode.IsControl) {
		t.Fatalf("excerpt of %d code points: %q", n, e.Text)
	}
	last := 0
	for i, m := range e.Marks {
		if m[0] < last || m[0] >= m[1] || m[1] > n || i > 0 && m[0] == 0 {
			t.Fatalf("marks %v in %q", e.Marks, e.Text)
		}
		last = m[1]
	}
}

func FuzzExcerpt(f *testing.F) {
	f.Add("gulf", "Gulf", "a\xffb \u202e gulf\x00 gulf", strings.Repeat("x gulf", 99))
	f.Add(`"a b" c`, "", strings.Repeat("e\u0301", 300)+" a b c", "c")
	f.Fuzz(func(t *testing.T, expr, title, summary, content string) {
		e, err := rule.ParseScoped(expr)
		if err != nil {
			return
		}
		ix := match.New([]match.Rule{{Name: "r", Match: expr, Expr: e}})
		a := &feeds.Article{Title: title, Summary: summary, ContentText: content}
		for _, m := range ix.Match(a) {
			checkExcerpt(t, match.Excerpt(a, m.Spans))
		}
	})
}

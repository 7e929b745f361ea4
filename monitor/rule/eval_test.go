package rule_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/rule"
	"github.com/copytaster/copytaster/monitor/text"
)

func parse(t testing.TB, src string) *rule.Expr {
	t.Helper()
	e, err := rule.Parse(src)
	if err != nil {
		t.Fatalf("Parse(%q): %v", src, err)
	}
	return e
}

var analyzer = text.NewAnalyzer()

func eval(e *rule.Expr, a *feeds.Article) ([]text.Span, bool) {
	var d text.Document
	analyzer.Analyze(&d, text.Source{
		Title: a.Title, Summary: a.Summary, Content: a.ContentText, Language: a.Language,
	})
	return e.Eval(&d, a)
}

// article reads "language| title| summary| content"; what follows a part may
// be left out.
func article(s string) *feeds.Article {
	parts := append(strings.Split(s, "|"), "", "", "")
	return &feeds.Article{Language: parts[0], Title: parts[1], Summary: parts[2], ContentText: parts[3]}
}

// Every operator with articles that match and near misses.
func TestLanguage(t *testing.T) {
	for _, tt := range []struct {
		expr        string
		match, miss []string
	}{
		{"Gulf crisis mediation",
			[]string{
				"en|Oman offers help||The minister spoke of his willingness to mediate in the Gulf crisis.",
				"en|GULF CRISIS: MEDIATORS ARRIVE",
				"en|Mediating a crisis|In the Gulf’s capitals",
				"|Crisis in the gulf, mediator named",
			},
			[]string{
				"en|Gulf crisis deepens||No talks are planned.",
				"en|Mediation in the Baltic crisis",
				"en|Meditation retreats in a Gulf crisis",
				"en|Gulf mediation resumes",
			}},
		{"médiation crise",
			[]string{"fr|Les médiations dans la crise", "fr|MEDIATION : CRISES", "fr|Crise|L’offre de médiation"},
			[]string{"fr|Le médiateur et la crise", "fr|La méditation en temps de crise", "fr|La médiation reprend"}},
		{"Vermittlung Krise",
			[]string{"de|Vermittlungen in der Krise", "de|Krisen|Neue Vermittlung", "de|KRISE: VERMITTLUNG GESCHEITERT"},
			[]string{"de|Vermietung in der Krise", "de|Kreise fordern Vermittlung", "de|Ermittlungen in der Krise"}},
		{"mediación propuesta",
			[]string{"es|Propuestas de mediación", "es|La propuesta|Dos mediaciones", "es|MEDIACION Y PROPUESTA"},
			[]string{"es|La medicación propuesta", "es|Mediaciones sin éxito", "es|Propuestas sin meditación"}},
		{"посредничество кризис",
			[]string{"ru|О посредничестве в кризисе", "ru|Кризиса не будет|посредничества ждут", "ru|ПОСРЕДНИЧЕСТВО И КРИЗИСЫ"},
			[]string{"ru|Посредственность и кризис", "ru|Посредничество в споре", "ru|Кризис без посредников"}},
		{"وساطة الخليج",
			[]string{"ar|الوساطة القطرية في الخليج", "ar|دول خليج|عرض بالوساطة", "ar|وِسَاطَة في أزمة الخليج"},
			[]string{"ar|الوساطة القطرية", "ar|أزمة الخليج", "ar|وسائط في الخليج"}},
		{"qatar OR oman",
			[]string{"en|Qatar's envoy", "en|Visit to Oman", "en|Oman and Qatar"},
			[]string{"en|Kuwait", "en|A Roman road", "en|Catarrh"}},
		{"qatar|oman kuwait",
			[]string{"en|Qatar", "en|Kuwait and Oman", "en|Qatari, Qatar, Kuwait"},
			[]string{"en|Oman", "en|Kuwait", "en|Bahrain"}},
		{"gulf -football",
			[]string{"en|The Gulf", "en|Gulf states", "en|Gulf, not a foot and a ball"},
			[]string{"en|Gulf football", "en|Football||in the Gulf", "en|Footballs for the Gulf"}},
		{"gulf NOT (football OR golf)",
			[]string{"en|The Gulf", "en|Gulf foot race", "en|Gulf rugby"},
			[]string{"en|Gulf golf", "en|Football in the Gulf", "en|Rugby"}},
		{"(qatar OR oman) AND (talks | offer)",
			[]string{"en|Oman offers", "en|Talk in Qatar", "en|Offer by Oman and Qatar"},
			[]string{"en|Oman and Qatar", "en|Talks on offer", "en|Kuwait talks"}},
		{`"gulf crisis"`,
			[]string{"en|Gulf crisis", "en|In the GULF’S CRISIS", "en||The Gulf-crisis talks"},
			[]string{"en|Crisis in the Gulf", "en|Gulf state crisis", "en|Gulf|crisis", "en|The Gulf||Crisis"}},
		{`"foreign minister" oman`,
			[]string{"en|Oman: foreign ministers meet", "en|Foreign minister of Oman", "en|Oman|A foreign minister’s view"},
			[]string{"en|Foreign trade minister of Oman", "en|Ministers of foreign Oman", "en|Foreign minister of Qatar"}},
		{`"négociations de paix"`,
			[]string{"fr|La négociation de paix", "fr|NEGOCIATIONS DE PAIX", "fr||Des négociations de paix."},
			[]string{"fr|Négociations sur la paix", "fr|Paix et négociations", "fr|Négociations de|paix"}},
		{"wi-fi",
			[]string{"en|Wi-Fi", "en|wi fi", "en|free wi-fi!"},
			[]string{"en|wifi", "en|fi wi", "en|wi|fi"}},
		{"=mediation",
			[]string{"en|Mediation", "en|MÉDIATION", "en|mediation's end"},
			[]string{"en|Mediate", "en|Mediations", "en|Mediator"}},
		{`="the Gulf"`,
			[]string{"en|In the gulf", "en|THE GULF", "en|the Gulf's shores"},
			[]string{"en|The gulfs", "en|A Gulf", "en|Gulf the"}},
		{"+Gulf",
			[]string{"en|Gulf", "en|the Gulf's", "en|A “Gulf” thing"},
			[]string{"en|a gulf", "en|GULF", "en|Gulfs"}},
		{`+"Médiation Gulf"`,
			[]string{"fr|Médiation Gulf", "fr|La Me\u0301diation Gulf", "fr|l’Médiation-Gulf"},
			[]string{"fr|Mediation Gulf", "fr|médiation Gulf", "fr|Médiation gulf"}},
		{"mediat*",
			[]string{"en|mediation", "fr|Médiateur", "en|mediat"},
			[]string{"en|medicate", "en|intermediate", "en|media"}},
		{"*gulf",
			[]string{"en|gulf", "en|Engulf", "en|the Gulf’s"},
			[]string{"en|engulfed", "en|golf", "en|gulfs"}},
		{"wom?n",
			[]string{"en|women", "en|Woman", "en|womÉn"},
			[]string{"en|womn", "en|womaan", "en|womens"}},
		{`"gulf mediat*"`,
			[]string{"en|Gulf mediation", "en|gulf mediators", "en|the Gulf: mediate"},
			[]string{"en|mediation Gulf", "en|Gulf states mediation", "en|Gulf|mediation"}},
		{`"who is wom?n?"`,
			[]string{"en|Who is woman", "en|Who is women?", "en|but who is woman, then"},
			[]string{"en|Who is womn", "en|who women is", "en|Who is"}},
		{"title:gulf",
			[]string{"en|Gulf", "en|The Gulf's", "en|gulfs"},
			[]string{"en||Gulf", "en|||Gulf", "en|Golf|Gulf"}},
		{"title:(gulf OR qatar) body:talks",
			[]string{"en|Gulf|talks", "en|Qatar||We talk", "en|Qatar talks|talks"},
			[]string{"en|Talks|gulf", "en|Gulf talks", "en|Oman|Qatar talks"}},
		{`intitle:"gulf crisis" -title:oman`,
			[]string{"en|Gulf crisis", "en|Gulf crisis|Oman", "en|A Gulf crisis?"},
			[]string{"en|Gulf crisis in Oman", "en|Gulf|Gulf crisis", "en|crisis Gulf"}},
		{"body:(gulf -oman)",
			[]string{"en||gulf", "en|Oman|gulf", "en|||The Gulf"},
			[]string{"en|gulf", "en||gulf|oman", "en|||gulf oman"}},
		{"lang:ar OR lang:fr",
			[]string{"ar|الخليج", "fr|Le golfe", "|قال الوزير إن المفاوضات"},
			[]string{"en|Gulf", "|Gulf", "ru|Голф"}},
		{"卡塔尔",
			[]string{"zh|卡塔尔调解", "zh|在卡塔尔", "|卡塔尔"},
			[]string{"zh|卡尔塔", "zh|塔尔", "zh|卡塔|尔"}},
		{`"OR" "not"`,
			[]string{"en|or not", "en|Not this or that", "en|NOT OR"},
			[]string{"en|or", "en|not", "en|nor"}},
	} {
		if len(tt.match) < 3 || len(tt.miss) < 3 {
			t.Errorf("%s: too few articles", tt.expr)
		}
		e := parse(t, tt.expr)
		for _, s := range tt.match {
			if _, ok := eval(e, article(s)); !ok {
				t.Errorf("%s does not match %q", tt.expr, s)
			}
		}
		for _, s := range tt.miss {
			if spans, ok := eval(e, article(s)); ok {
				t.Errorf("%s matches %q: %+v", tt.expr, s, spans)
			}
		}
	}
}

func TestFacts(t *testing.T) {
	at := func(url string) *feeds.Article { return &feeds.Article{URL: url} }
	from := func(s feeds.Source) *feeds.Article { return &feeds.Article{Feed: &s} }
	bbc := feeds.Source{Name: "BBC Middle East", Title: "BBC News – Middle East", URL: "https://feeds.example.org/me.rss", Tags: []string{"gulf", "Naher Osten"}}
	for _, tt := range []struct {
		expr        string
		match, miss []*feeds.Article
	}{
		{"site:reuters.com",
			[]*feeds.Article{at("https://reuters.com"), at("http://www.Reuters.com:443/world?x=1"), at("https://u@a.b.reuters.com./")},
			[]*feeds.Article{at("https://notreuters.com/"), at("https://reuters.com.evil.example/"), at("https://x.org/?u=https://reuters.com"), at("reuters.com"), at("")}},
		{"site:*.example.org",
			[]*feeds.Article{at("https://example.org/a"), at("https://a.example.org#b"), at("HTTPS://EXAMPLE.ORG")},
			[]*feeds.Article{at("https://example.com/"), at("https://org/"), at("https://[::1]/example.org")}},
		{"site:müller.example",
			[]*feeds.Article{at("https://müller.example/"), at("https://xn--mller-kva.example/"), at("https://news.MÜLLER.example/")},
			[]*feeds.Article{at("https://muller.example/"), at("https://example/"), at("https://müller.example.com/")}},
		{`feed:"BBC Middle East"`,
			[]*feeds.Article{from(bbc), from(feeds.Source{Title: "bbc  middle east"}), from(feeds.Source{Name: `"BBC" Middle East`})},
			[]*feeds.Article{from(feeds.Source{Name: "BBC"}), {}, {Title: "BBC Middle East"}}},
		{"feed:https://feeds.example.org/me.rss",
			[]*feeds.Article{from(bbc), from(feeds.Source{URL: "https://feeds.example.org/me.rss"}), from(feeds.Source{Name: "https://feeds.example.org/me.rss"})},
			[]*feeds.Article{from(feeds.Source{URL: "https://feeds.example.org/me.rss2"}), at("https://feeds.example.org/me.rss"), {}}},
		{"tag:gulf -tag:sport",
			[]*feeds.Article{from(bbc), from(feeds.Source{Tags: []string{"Gulf"}}), from(feeds.Source{Tags: []string{"x", "gúlf"}})},
			[]*feeds.Article{from(feeds.Source{Tags: []string{"gulf", "sport"}}), from(feeds.Source{Tags: []string{"gulfs"}}), {}}},
		{`tag:"naher osten"`,
			[]*feeds.Article{from(bbc), from(feeds.Source{Tags: []string{"NAHER OSTEN"}}), from(feeds.Source{Tags: []string{"a", "Naher Osten"}})},
			[]*feeds.Article{from(feeds.Source{Tags: []string{"naher", "osten"}}), from(feeds.Source{Name: "Naher Osten"}), {}}},
		{"lang:pt",
			[]*feeds.Article{{Language: "pt"}, {Language: "pt-BR"}, {Language: "PT_pt", Title: "Não"}},
			[]*feeds.Article{{Language: "es"}, {}, {Language: "pt", Title: "Переговоры"}}},
		{"lang:pt-BR",
			[]*feeds.Article{{Language: "pt-br"}, {Language: "pt-BR", Title: "Um"}, {Language: "pt_BR"}},
			[]*feeds.Article{{Language: "pt"}, {Language: "pt-PT"}, {Language: "br"}}},
	} {
		e := parse(t, tt.expr)
		for i, a := range tt.match {
			if spans, ok := eval(e, a); !ok || spans != nil {
				t.Errorf("%s, article %d: %v, evidence %v", tt.expr, i, ok, spans)
			}
		}
		for i, a := range tt.miss {
			if _, ok := eval(e, a); ok {
				t.Errorf("%s matches near miss %d", tt.expr, i)
			}
		}
	}
}

func TestEvidence(t *testing.T) {
	for _, tt := range []struct{ expr, article, want string }{
		{"gulf crisis mediation", "en|Oman|ready to mediate in the Gulf crisis",
			"summary 9-16 mediate, summary 24-28 Gulf, summary 29-35 crisis"},
		{"gulf", "en|🚀👩‍👩‍👧 café cafe\u0301 الخليج Gulf’s", "title 25-29 Gulf"},
		{`"gulf crisis"`, "en|Gulf's  crisis|gulf crisis|x gulf-crisis",
			"title 0-14 Gulf's  crisis, summary 0-11 gulf crisis, content_text 2-13 gulf-crisis"},
		{"(gulf crisis) OR oman", "en|Gulf and Oman", "title 9-13 Oman"},
		{"gulf OR oman", "en|Oman in the Gulf, Oman", "title 0-4 Oman, title 12-16 Gulf, title 18-22 Oman"},
		{"gulf -oman", "en|gulf", "title 0-4 gulf"},
		{"-(-gulf OR oman)", "en|gulf", "title 0-4 gulf"},
		{"gulf gulf*", "en|gulf", "title 0-4 gulf"},
		{`gulf "the gulf"`, "en|the gulf", "title 0-8 the gulf, title 4-8 gulf"},
		{"title:gulf body:oman", "en|gulf oman|gulf oman", "title 0-4 gulf, summary 5-9 oman"},
		{"lang:en", "en|gulf", ""},
		{"lang:en gulf", "en|gulf", "title 0-4 gulf"},
		{"accord", "fr|Vers l’accord", "title 7-13 accord"},
		{"gulf", "en|\xff\xfe gulf", "title 3-7 gulf"},
	} {
		a := article(tt.article)
		spans, ok := eval(parse(t, tt.expr), a)
		if !ok {
			t.Errorf("%s does not match %q", tt.expr, tt.article)
		}
		var got []string
		for _, s := range spans {
			got = append(got, fmt.Sprintf("%s %d-%d %s", s.Field, s.Start, s.End, s.Text))
		}
		if g := strings.Join(got, ", "); g != tt.want {
			t.Errorf("%s on %q:\n got %s\nwant %s", tt.expr, tt.article, g, tt.want)
		}
	}
}

func TestEvidenceIsBounded(t *testing.T) {
	a := &feeds.Article{Title: strings.Repeat("oman ", 150), ContentText: strings.Repeat("gulf oman ", 5000)}
	for expr, first := range map[string]string{"gulf oman": "oman", "oman* gulf": "oman", "body:gulf": "gulf"} {
		spans, ok := eval(parse(t, expr), a)
		if !ok || len(spans) != rule.MaxEvidence || spans[0].Text != first {
			t.Errorf("%s: %v, %d spans", expr, ok, len(spans))
		}
		if !slices.IsSortedFunc(spans, func(a, b text.Span) int { return int(a.Field)*1e9 + a.Start - int(b.Field)*1e9 - b.Start }) {
			t.Errorf("%s: evidence out of order", expr)
		}
	}
}

// checkSpans fails unless every span is what stands at its offsets.
func checkSpans(t *testing.T, a *feeds.Article, spans []text.Span) {
	t.Helper()
	fields := map[text.Field]string{
		text.Title: a.Title, text.Summary: a.Summary, text.Content: a.ContentText,
		text.Authors: strings.Join(a.Authors, "\n"), text.Categories: strings.Join(a.Categories, "\n"), text.URL: a.URL,
	}
	for _, s := range spans {
		starts := []int{}
		for i := range fields[s.Field] {
			starts = append(starts, i)
		}
		starts = append(starts, len(fields[s.Field]))
		if s.Start < 0 || s.Start >= s.End || s.End > utf8.RuneCountInString(fields[s.Field]) ||
			fields[s.Field][starts[s.Start]:starts[s.End]] != s.Text {
			t.Fatalf("span %+v is not in %q", s, fields[s.Field])
		}
	}
}

func FuzzMatch(f *testing.F) {
	f.Add("gulf crisis", "Gulf 🚀", "\xff crisis", "الخليج", "en")
	f.Add("\"a b\" OR -c*d x", "a", "b a b", "a.b", "")
	f.Add("title:(gulf -=oman) +Gulf", "Gulf", "", "oman", "tr")
	f.Add("a NEAR/2 (b OR \"c d\") -/x+y/i", "b", "c d a", "xxy", "en")
	f.Add("2 OF (ATLEAST/2 gulf, author:a, url:x.org) \"gulf a\"~3 OR a ONEAR/S b", "a", "gulf x.org gulf", "a. b a b\n\nc", "ru")
	f.Add("卡塔尔 wom?n l'accord", "women 卡塔尔", "accord", "", "ja")
	f.Fuzz(func(t *testing.T, expr, title, summary, content, language string) {
		start := time.Now()
		defer func() {
			if d := time.Since(start); d > 5*time.Second {
				t.Errorf("%q on %q, %q, %q took %v", expr, title, summary, content, d)
			}
		}()
		e, err := rule.ParseScoped(expr)
		if err != nil {
			return
		}
		a := &feeds.Article{
			Title: title, Summary: summary, ContentText: content, Language: language,
			Authors: []string{title, summary}, Categories: []string{content}, URL: summary,
		}
		spans, ok := eval(e, a)
		if x := explain(e, a); x.True != ok {
			t.Fatalf("%q: Eval %v, Explain %v", expr, ok, x.True)
		}
		if !ok && spans != nil || len(spans) > rule.MaxEvidence {
			t.Fatalf("%v with %d spans", ok, len(spans))
		}
		checkSpans(t, a, spans)
		// An article that is the expression's own words holds them all.
		if words := text.Words(title); len(words) > 0 && len(words) < 50 {
			p, err := rule.Parse(`"` + strings.Join(words, " ") + `"`)
			if err != nil || strings.Contains(title, "*") || strings.ContainsAny(title, `"?`) {
				return
			}
			if spans, ok := eval(p, a); !ok || len(spans) == 0 {
				t.Fatalf("the phrase %q is not in its own title", p)
			}
		}
	})
}

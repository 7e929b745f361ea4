package text_test

import (
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/copytaster/copytaster/monitor/text"
)

func TestLanguage(t *testing.T) {
	english := "The ministers of the Gulf states are to meet in Doha, and it was said that talks will be held on Monday."
	samples := map[string]string{
		"en": english,
		"fr": "Le ministre a déclaré que les négociations dans le Golfe sont une priorité pour son pays.",
		"de": "Der Minister sagte, die Verhandlungen seien für sein Land wichtig und werden nicht abgebrochen.",
		"es": "El ministro dijo que las negociaciones en el Golfo son una prioridad para su país.",
		"pt": "O ministro disse que as negociações não são uma prioridade para o seu país.",
		"it": "Il ministro ha detto che i negoziati nel Golfo sono una priorità per il suo paese.",
		"nl": "De minister zei dat het overleg in de Golf voor zijn land van groot belang is.",
		"da": "Ministeren siger, at forhandlingerne ikke bliver afbrudt, og at de skal fortsætte efter ferien.",
		"no": "Statsråden sier at forhandlingene ikke blir avbrutt, og at de skal fortsette etter ferien.",
		"sv": "Ministern säger att förhandlingarna inte är avbrutna och att de ska fortsätta efter semestern.",
		"fi": "Ministeri sanoi, että neuvottelut ovat tärkeitä ja ne jatkuvat myös kesän jälkeen.",
		"hu": "A miniszter szerint a tárgyalások nem szakadtak meg, és a nyár után is folytatódnak.",
		"ro": "Ministrul a declarat că negocierile din Golf sunt o prioritate pentru țara sa și vor continua.",
		"tr": "Bakan, görüşmelerin ülkesi için önemli olduğunu ve bu yaz da devam edeceğini söyledi.",
		"ru": "Министр сообщил, что переговоры были прерваны, но стороны готовы их продолжить.",
		"uk": "Міністр повідомив, що переговори їхніх країн перервано, але сторони готові їх продовжити.",
		"ar": "قال الوزير إن المفاوضات في الخليج أولوية لبلاده وستستمر بعد الصيف",
		"fa": "وزیر گفت که مذاکرات برای کشور او اولویت دارد و پس از تابستان ادامه می" + "\u200c" + "یابد",
		"zh": "部长说，海湾谈判是该国的优先事项。",
		"ja": "大臣は湾岸の交渉が優先事項だと述べた。",
		"ko": "장관은 걸프 협상이 우선 과제라고 말했다.",
		"th": "รัฐมนตรีกล่าวว่าการเจรจาเป็นเรื่องสำคัญ",
		"el": "Ο υπουργός δήλωσε ότι οι διαπραγματεύσεις συνεχίζονται.",
		"he": "השר אמר כי המשא ומתן יימשך גם אחרי הקיץ.",
	}
	an := text.NewAnalyzer()
	var d text.Document
	for want, s := range samples {
		an.Analyze(&d, text.Source{Summary: s})
		if got := d.Language(); got != want {
			t.Errorf("undeclared %s: told as %q", want, got)
		}
		// A feed that declares English for a text in another script is wrong.
		declared := "en-US"
		an.Analyze(&d, text.Source{Summary: s, Language: declared})
		if d.Stemmer() == text.English {
			want = "en-us"
		}
		if got := d.Language(); got != want {
			t.Errorf("%s declared as %s: told as %q", want, declared, got)
		}
	}
	for _, tt := range []struct{ declared, text, language string }{
		{"fr", "Doha", "fr"},
		{"FR_ca", "Le Golfe", "fr-ca"},
		{"nb-NO", "Oslo", "no-no"},
		{"pl", "Rozmowy w Katarze", "pl"},
		{"", "Doha", ""},
		{"english", "Doha", ""},
		{"und", english, "en"},
		{"ar", english, "en"},
		{"x-klingon", "tlhIngan", ""},
		{"ru", "Глава Oracle и SAP: SQL, PHP", "ru"},
		{"de", "", "de"},
	} {
		an.Analyze(&d, text.Source{Title: tt.text, Language: tt.declared})
		if got := d.Language(); got != tt.language {
			t.Errorf("%q declared as %q: told as %q, want %q", tt.text, tt.declared, got, tt.language)
		}
	}
}

// Short English headlines name no language; they must still stem.
func TestUndeterminedLanguageStemsAsItsScript(t *testing.T) {
	an := text.NewAnalyzer()
	var d text.Document
	for title, word := range map[string]string{"Qatar mediating": "mediation", "посредничества": "посредничество"} {
		an.Analyze(&d, text.Source{Title: title})
		term := text.NewTerm(word)
		c := d.Find(&term)
		if _, ok := c.Next(); !ok || d.Language() != "" {
			t.Errorf("%q in %q (language %q): found %v", word, title, d.Language(), ok)
		}
	}
}

func TestLanguageIs(t *testing.T) {
	for _, tt := range []struct {
		tag, want string
		is        bool
	}{
		{"pt-br", "pt", true}, {"pt-br", "pt-br", true}, {"pt", "pt-br", false}, {"pt", "p", false}, {"", "pt", false}, {"pt", "", false},
	} {
		if got := text.LanguageIs(tt.tag, tt.want); got != tt.is {
			t.Errorf("LanguageIs(%q, %q) = %v", tt.tag, tt.want, got)
		}
	}
}

func TestFieldsAreApart(t *testing.T) {
	var d text.Document
	text.NewAnalyzer().Analyze(&d, text.Source{Title: "Gulf talks", Summary: "crisis", Content: "crisis talks"})
	tokens := d.Tokens()
	if len(tokens) != 5 {
		t.Fatalf("%d tokens", len(tokens))
	}
	for i := 1; i < len(tokens); i++ {
		gap := tokens[i].Pos - tokens[i-1].Pos
		if same := tokens[i].Field == tokens[i-1].Field; same && gap != 1 || !same && gap <= text.FieldGap {
			t.Errorf("between %d and %d: %d positions", i-1, i, gap)
		}
	}
}

func TestVeryLongArticlesAreReadInPart(t *testing.T) {
	an := text.NewAnalyzer()
	var d text.Document
	an.Analyze(&d, text.Source{Title: "x", Content: strings.Repeat("a ", text.MaxWords)})
	if n := len(d.Tokens()); n != text.MaxWords {
		t.Errorf("%d words of a text of %d", n, text.MaxWords+1)
	}
	// One monstrous word, and a letter under a mountain of accents.
	an.Analyze(&d, text.Source{Title: strings.Repeat("antidis", 100_000), Content: "e" + strings.Repeat("\u0301", 100_000)})
	if n := len(d.Tokens()); n != 2 {
		t.Errorf("%d words, want 2", n)
	}
	if got := d.Tokens()[1].Folded(); got != "e" {
		t.Errorf("folded %d bytes, want one e", len(got))
	}
}

func TestAnalyzerIsSharedAmongGoroutines(t *testing.T) {
	an := text.NewAnalyzer()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			var d text.Document
			for range 50 {
				for lang, groups := range forms {
					an.Analyze(&d, text.Source{Title: strings.Join(groups[0], " "), Language: lang})
					for i, tok := range d.Tokens() {
						if term := text.NewTerm(text.Words(groups[0][i])[0]); tok.Stem() != term.Stem(d.Stemmer()) {
							t.Errorf("%s: %s stemmed as %s", lang, groups[0][i], tok.Stem())
						}
					}
				}
			}
		})
	}
	wg.Wait()
}

func FuzzAnalyze(f *testing.F) {
	for i, s := range hostile {
		f.Add(s, hostile[len(hostile)-1-i], "title \U0001f680 "+s, []string{"", "en", "ar", "tr", "ro", "ja"}[i%6])
	}
	f.Add("\u309b\u30bf", "", "", "ja") // a sound mark with nothing before it
	an := text.NewAnalyzer()
	f.Fuzz(func(t *testing.T, title, summary, content, language string) {
		var d text.Document
		an.Analyze(&d, text.Source{Title: title, Summary: summary, Content: content, Language: language})
		last := text.Token{Field: text.Title, Pos: -1}
		for i, tok := range d.Tokens() {
			if tok.Field < last.Field || tok.Field == last.Field && tok.Start < last.End || tok.Pos <= last.Pos || tok.Start >= tok.End {
				t.Fatalf("token %d %+v after %+v", i, tok, last)
			}
			field := d.Text(tok.Field)
			if int(tok.End) > utf8.RuneCountInString(field) {
				t.Fatalf("token %d ends at %d of %q", i, tok.End, field)
			}
			span := d.Span(i, i)
			if want := slice(field, span.Start, span.End); span.Text != want {
				t.Fatalf("token %d is %q, at its offsets stands %q", i, span.Text, want)
			}
			term := text.NewTerm(span.Text)
			if term.Folded() != tok.Folded() || term.Stem(d.Stemmer()) != tok.Stem() {
				t.Fatalf("%q in the article: %q, %q; as a term: %q, %q", span.Text, tok.Folded(), tok.Stem(), term.Folded(), term.Stem(d.Stemmer()))
			}
			last = tok
		}
	})
}

// slice returns code points [start, end) of s, invalid bytes as they are.
func slice(s string, start, end int) string {
	n, from := 0, len(s)
	for i := range s {
		if n == start {
			from = i
		}
		if n == end {
			return s[from:i]
		}
		n++
	}
	return s[from:]
}

const story = `Oman's foreign minister said on Tuesday that his country was willing to mediate in the Gulf crisis and that ` +
	`talks between the parties could resume within weeks. Speaking after a meeting with his counterparts in Muscat, he said all sides ` +
	`had shown restraint and that an agreement on shipping remained possible. Diplomats cautioned that earlier rounds had failed over ` +
	`sanctions and the release of detained crews, and that insurers had already raised their rates. Oil prices fell two percent. ` +
	`The secretary-general welcomed the offer and called for "quiet, patient diplomacy".`

func BenchmarkAnalyze(b *testing.B) {
	for name, s := range map[string]text.Source{
		"declared": {Title: "Oman offers help", Summary: story, Language: "en"},
		"detected": {Title: "Oman offers help", Summary: story},
		"russian":  {Summary: strings.Repeat("Министр сообщил, что переговоры были прерваны, но стороны готовы их продолжить. ", 8), Language: "ru"},
	} {
		b.Run(name, func(b *testing.B) {
			an := text.NewAnalyzer()
			var d text.Document
			b.ReportAllocs()
			b.SetBytes(int64(len(s.Title) + len(s.Summary)))
			for b.Loop() {
				an.Analyze(&d, s)
			}
		})
	}
}

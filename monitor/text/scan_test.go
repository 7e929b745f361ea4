package text_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/monitor/text"
)

// A scanned article has the words, the language and the forms of an analysed
// one, and words share a key only when they share their forms.
func checkScan(t *testing.T, an *text.Analyzer, sc *text.Scanner, src text.Source) {
	t.Helper()
	var d text.Document
	var s text.Scan
	an.Analyze(&d, src)
	sc.Scan(&s, src)
	if s.Language != d.Language() || s.Stemmer != d.Stemmer() {
		t.Fatalf("%+v: language %q, %d, analysed %q, %d", src, s.Language, s.Stemmer, d.Language(), d.Stemmer())
	}
	tokens := d.Tokens()
	if len(tokens) != len(s.Words) {
		t.Fatalf("%+v: %d words, analysed %d", src, len(s.Words), len(tokens))
	}
	type forms struct{ folded, stem, alternates string }
	known := make(map[text.Key]forms)
	for f := text.Title; f <= text.Content; f++ {
		for i := s.Ends[f-1]; i < s.Ends[f]; i++ {
			w, tok := &s.Words[i], &tokens[i]
			raw := s.Text(f)[w.From:w.To]
			if span := d.Span(i, i); tok.Field != f || span.Text != raw {
				t.Fatalf("%+v: word %d is %q, analysed %q", src, i, raw, span.Text)
			}
			if k := sc.KeyOf(raw, s.Stemmer); k != w.Key {
				t.Fatalf("%q has key %x, in an article %x", raw, k, w.Key)
			}
			folded, stem, alternates := sc.Forms(raw, s.Stemmer)
			got := forms{folded, stem, strings.Join(alternates, " ")}
			if want := (forms{tok.Folded(), tok.Stem(), strings.Join(tok.Alternates(), " ")}); got != want {
				t.Fatalf("%q: %q, analysed %q", raw, got, want)
			}
			if k, ok := known[w.Key]; ok && k != got {
				t.Fatalf("%q shares a key with other forms: %v", raw, k)
			}
			known[w.Key] = got
		}
	}
}

func TestScanAgreesWithAnalyze(t *testing.T) {
	an, sc := text.NewAnalyzer(), text.NewScanner()
	r := rand.New(rand.NewPCG(3, 3))
	pieces := strings.Fields(`the of Gulf gulf GULF crisis don't Don't Qatar's l'accord U.S. 3.5 1,000 a_b __ _x x_ ISTANBUL Istanbul istanbul
		internationalization sixteenletterswx fifteen-letters médiation Ёлка кризис залив الخليج 卡塔尔 ไทย é e\u0301 1st x: y; 'z' "q" . ,, a:b 5:3 a.5 ’ Qatar’s \xff a\xff 🚀 I İ`)
	for i := range 4000 {
		var b [3]strings.Builder
		for range r.IntN(30) {
			w := &b[r.IntN(3)]
			w.WriteString(pieces[r.IntN(len(pieces))])
			w.WriteString([]string{" ", " ", " ", "", ".", "'", ". ", "\n", "_", "\t,"}[r.IntN(10)])
		}
		checkScan(t, an, sc, text.Source{Title: b[0].String(), Summary: b[1].String(), Content: b[2].String(),
			Language: []string{"", "en", "en-GB", "tr", "ru", "fr", "x", "und", "pl", "TR"}[i%10]})
	}
}

func TestScanStopsAtMaxWords(t *testing.T) {
	long := strings.Repeat("a ", text.MaxWords-1)
	checkScan(t, text.NewAnalyzer(), text.NewScanner(), text.Source{Title: long, Summary: "b é c", Content: "d"})
}

func FuzzScan(f *testing.F) {
	f.Add("Gulf's crisis", "l’été 3.5 a_b", "en")
	f.Add("ISTANBUL'da", "x\xff\u0301 '", "tr")
	an, sc := text.NewAnalyzer(), text.NewScanner()
	f.Fuzz(func(t *testing.T, a, b, language string) {
		checkScan(t, an, sc, text.Source{Title: a, Content: b, Language: language})
	})
}

func BenchmarkScan(b *testing.B) {
	src := text.Source{Title: "Oman's top diplomat visits Doha", Language: "en",
		Summary: strings.Repeat("Before leaving he repeated his country's willingness to mediate in the Gulf crisis. ", 8)}
	sc := text.NewScanner()
	var s text.Scan
	b.SetBytes(int64(len(src.Title) + len(src.Summary)))
	b.ReportAllocs()
	for b.Loop() {
		sc.Scan(&s, src)
	}
}

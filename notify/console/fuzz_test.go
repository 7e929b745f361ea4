package console_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/text"
	"github.com/copytaster/copytaster/notify"
	"github.com/copytaster/copytaster/notify/console"
)

// FuzzConsole checks that, whatever a feed says, the terminal gets printable
// characters and the console's own colours, in lines that fit.
func FuzzConsole(f *testing.F) {
	for _, a := range alerts() {
		if a.Article != nil && a.Article.Feed != nil {
			f.Add(a.Article.Title, a.Article.URL, a.Article.Feed.Name, a.Excerpt.Text, 3, 9, uint8(80))
		}
	}
	f.Add("」」」」」」」」」」」」」」」」」」」」」」」」", "", "🇦🇧🇨", "a\u0301\u0301 \u0301\u200d👩\u200d🚀", -1, 1<<40, uint8(20))
	f.Add("0", "https://example.org/\u0020\u0610"+strings.Repeat("x", 99), "", "", 0, 0, uint8(80))
	f.Add("한국어 문장은 띄어쓰기에서 줄을 바꾼다", "\u2066", "\u0600١٢٣", "क्षि ไม่มีช่องว่าง", 0, 2, uint8(23))
	widths := &runewidth.Condition{StrictEmojiNeutral: true}
	f.Fuzz(func(t *testing.T, title, url, feed, excerpt string, start, end int, width uint8) {
		a := &notify.Alert{
			Type: notify.ArticleMatched, Rule: notify.Rule{Name: feed},
			Article: &feeds.Article{Title: title, URL: url, Feed: &feeds.Source{Name: feed}},
			Matches: []text.Span{{Field: text.Title, Start: start, End: end}},
			Excerpt: text.Excerpt{Text: excerpt, Marks: [][2]int{{start, end}, {end, start}}},
		}
		var plainText string
		for _, color := range []bool{false, true} {
			var b strings.Builder
			c := console.New(&b, console.Options{Width: int(width), Color: color})
			if err := c.Notify(t.Context(), notify.Delivery{Alert: a}); err != nil {
				t.Fatal(err)
			}
			out, ok := strings.CutSuffix(b.String(), "\n\n")
			if !ok || strings.HasPrefix(out, "\n") || strings.Contains(out, "\n\n") {
				t.Errorf("not one paragraph: %q", b.String())
			}
			if color {
				out = strings.NewReplacer("\x1b[0m", "", "\x1b[0;1m", "", "\x1b[0;2m", "", "\x1b[0;1;31m", "").Replace(out)
			} else {
				plainText = out
			}
			if !utf8.ValidString(out) {
				t.Errorf("not UTF-8: %q", out)
			}
			for _, r := range out {
				if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029') {
					t.Fatalf("%U in %q", r, out)
				}
			}
			limit := width
			if limit == 0 {
				limit = 80
			}
			tooLong := 0
			for l := range strings.SplitSeq(out, "\n") {
				if w := widths.StringWidth(l); w > max(int(limit), 20) {
					tooLong++
					if strings.Contains(l, " ") || tooLong > 1 { // the link alone may be
						t.Errorf("%d columns of %d: %q", w, limit, l)
					}
				}
			}
		}
		if strings.Count(plainText, "\x1b") > 0 {
			t.Errorf("colour was not asked for: %q", plainText)
		}
	})
}

func BenchmarkConsole(b *testing.B) {
	c := console.New(discard{}, console.Options{})
	all := alerts()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if err := c.Notify(b.Context(), notify.Delivery{Alert: all[i%len(all)]}); err != nil {
			b.Fatal(err)
		}
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

package console_test

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/text"
	"github.com/copytaster/copytaster/notify"
	"github.com/copytaster/copytaster/notify/console"
	"github.com/copytaster/copytaster/notify/notifytest"
)

var update = flag.Bool("update", false, "write the golden files anew")

var oslo = time.FixedZone("", 3600)

// alert returns an alert about an article; words of the title and the excerpt
// are marked.
func alert(a feeds.Article, excerpt string, words ...string) *notify.Alert {
	a.Published = time.Date(2026, 3, 14, 9, 16, 53, 0, time.UTC)
	al := &notify.Alert{
		Type: notify.ArticleMatched, Time: a.Published, Article: &a,
		Rule:    notify.Rule{Name: "gulf-crisis-mediation", Match: "Gulf crisis mediation"},
		Excerpt: text.Excerpt{Text: excerpt},
	}
	for _, w := range words {
		for _, m := range find(a.Title, w) {
			al.Matches = append(al.Matches, text.Span{Field: text.Title, Start: m[0], End: m[1], Text: w})
		}
		al.Excerpt.Marks = append(al.Excerpt.Marks, find(excerpt, w)...)
	}
	return al
}

// find returns where word stands in s, in code points.
func find(s, word string) [][2]int {
	var marks [][2]int
	for at := 0; ; {
		i := strings.Index(s[at:], word)
		if i < 0 {
			return marks
		}
		start := utf8.RuneCountInString(s[:at+i])
		marks = append(marks, [2]int{start, start + utf8.RuneCountInString(word)})
		at += i + len(word)
	}
}

func alerts() []*notify.Alert {
	return []*notify.Alert{
		alert(feeds.Article{
			Title: "Norway is ready to mediate in the Gulf crisis, foreign minister says after a night of talks in Muscat",
			URL:   "https://news.example.org/world/2026/03/14/norway-offers-to-mediate-between-the-parties-in-the-gulf?source=rss",
			Feed:  &feeds.Source{Name: "Example World"},
		}, "… after a night of talks the minister said that Norway was ready to mediate in the Gulf crisis if both parties wished so, and that the first meeting could be held within a week …",
			"mediate", "Gulf", "crisis"),
		alert(feeds.Article{
			Title: "النرويج مستعدة للتوسط في أزمة الخليج بعد محادثات مسقط",
			URL:   "https://akhbar.example.org/عالم/1",
			Feed:  &feeds.Source{Name: "أخبار المثال"},
		}, "… وقال الوزير إن بلاده مستعدة للتوسط في أزمة الخليج إذا رغب الطرفان في ذلك، وإن اللقاء الأول قد يُعقد خلال أسبوع في العاصمة مسقط …",
			"للتوسط", "أزمة", "الخليج"),
		alert(feeds.Article{
			Title: "ノルウェー外相「湾岸危機で仲介の用意」――マスカットでの夜通しの協議のあと、双方が望めば一週間以内に最初の会合も",
			URL:   "https://shimbun.example.org/kokusai/1",
			Feed:  &feeds.Source{Name: "例新聞・国際"},
		}, "…外相は記者団に対し、当事者の双方が望むならば、湾岸危機の仲介を引き受ける用意があると述べ、最初の会合は一週間以内に開けるとの見通しを示した。ｶﾞと 👩‍🚀 も…",
			"湾岸", "危機", "仲介"),
		alert(feeds.Article{
			Title: "\x1b]0;owned\x07\x1b[2J\x1b[31mGulf\x1b[0m \u202Ecrisis\u202C\r\nmedi\u200Bation\u009b5m: naïve cafe\u0301\tand \xff",
			URL:   "https://evil.example.org/\x1b]8;;http://x\x07?q=a b\n\u2066c",
			Feed:  &feeds.Source{Name: "Evil\x1b[8m\u2028News\u0000"},
		}, "\x1b[5m… the \u2067Gulf\u2069 crisis \u0085\u000b\x7f over \U000E0041 "+strings.Repeat("w", 100)+" and mediation",
			"Gulf", "mediation", "\u202Ecrisis"),
		{Type: notify.Test, Time: time.Date(2026, 3, 14, 9, 0, 0, 0, time.UTC), Rule: notify.Rule{Name: "test"}},
		alert(feeds.Article{}, ""),
	}
}

func TestGolden(t *testing.T) {
	tests := map[string]console.Options{
		"plain":  {Zone: oslo},
		"color":  {Zone: oslo, Color: true},
		"narrow": {Zone: time.UTC, Width: 30},
	}
	for name, o := range tests {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			c := console.New(&b, o)
			for _, a := range alerts() {
				if err := c.Notify(t.Context(), notify.Delivery{Alert: a}); err != nil {
					t.Fatal(err)
				}
			}
			file := filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), b.String()); diff != "" {
				t.Errorf("differs from %s (-want +got):\n%s", file, diff)
			}
		})
	}
}

func TestTitleIsNotRepeated(t *testing.T) {
	var b strings.Builder
	a := alert(feeds.Article{Title: "Gulf crisis", URL: "https://x.example/"}, "Gulf crisis", "Gulf")
	a.Matches = nil
	if err := console.New(&b, console.Options{Zone: oslo}).Notify(t.Context(), notify.Delivery{Alert: a}); err != nil {
		t.Fatal(err)
	}
	const want = "«Gulf» crisis\nhttps://x.example/\n2026-03-14 10:16 +01:00 · rule gulf-crisis-mediation\n\n"
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}

func TestLongTextsAreCut(t *testing.T) {
	var b strings.Builder
	long := strings.Repeat("woord ", 20_000)
	a := alert(feeds.Article{Title: long, URL: "https://x.example/" + strings.Repeat("a", 100_000),
		Feed: &feeds.Source{Name: long}}, long+"!", "woord")
	a.Rule.Name = strings.Repeat("r", 1000)
	if err := console.New(&b, console.Options{}).Notify(t.Context(), notify.Delivery{Alert: a}); err != nil {
		t.Fatal(err)
	}
	if b.Len() > 8000 {
		t.Errorf("%d bytes were printed", b.Len())
	}
	if n := strings.Count(b.String(), "…"); n != 5 {
		t.Errorf("%d of 5 cuts are shown:\n%s", n, b.String())
	}
}

// oneWrite fails on a second Write for an alert.
type oneWrite struct {
	mu     sync.Mutex
	writes []string
}

func (w *oneWrite) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.writes = append(w.writes, string(p))
	return len(p), nil
}

func TestConcurrentAlertsStayWhole(t *testing.T) {
	w := new(oneWrite)
	c := console.New(w, console.Options{Zone: oslo})
	d := notifytest.Delivery("d")
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if err := c.Notify(t.Context(), d); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(w.writes) != 50 {
		t.Errorf("%d writes for 50 alerts", len(w.writes))
	}
	for _, s := range w.writes {
		if s != w.writes[0] || !strings.HasSuffix(s, "\n\n") {
			t.Fatalf("an alert was printed as %q", s)
		}
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestErrors(t *testing.T) {
	c := console.New(brokenPipe{}, console.Options{})
	if err := c.Notify(t.Context(), notifytest.Delivery("d")); err == nil || notify.IsPermanent(err) {
		t.Errorf("a failing write: %v, want an error to retry", err)
	}
	if err := c.Notify(t.Context(), notify.Delivery{}); !notify.IsPermanent(err) {
		t.Errorf("no alert: %v, want a permanent error", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Notify(ctx, notifytest.Delivery("d")); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
}

package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/cmd/copytaster/config"
)

// What is too large or too deep is refused before it costs anything.
func TestHostileSizes(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, write := range map[string]func(f *os.File) error{
		"a hundred megabytes": func(f *os.File) error { return f.Truncate(100 << 20) },
		"nested lists": func(f *os.File) error {
			_, err := f.WriteString("feeds: " + strings.Repeat("[", 2<<20))
			return err
		},
		"nested blocks": func(f *os.File) error {
			_, err := f.WriteString("feeds:\n" + strings.Repeat("- ", 1<<20))
			return err
		},
		"one long rule": func(f *os.File) error {
			_, err := f.WriteString("feeds: [x]\nwatch: [" + strings.Repeat("a", 2<<20) + "]\n")
			return err
		},
	} {
		f, err := os.Create("config.yaml")
		if err != nil {
			t.Fatal(err)
		}
		if err := write(f); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		_, err = config.Load("config.yaml", environment)
		if _, ok := err.(config.Problems); !ok {
			t.Errorf("%s: got %v", name, err)
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%s: took %v", name, took)
		}
	}
}

// A file in which everything is wrong is told of within reason.
func TestManyProblems(t *testing.T) {
	_, err := loadText(t, "-- config.yaml --\nfeeds:\n"+strings.Repeat("- nonsense\n", 20_000))
	problems, ok := err.(config.Problems)
	if !ok || len(problems) != 10_001 || !strings.Contains(problems[10_000].Msg, "not shown") {
		t.Errorf("got %d problems", len(problems))
	}
	if ok && problems[9_999].Line != 10_001 {
		t.Errorf("the last problem is %v", problems[9_999])
	}
}

// manyFeeds writes a configuration with n feeds as people have them: bare ones,
// or with names, tags and schedules.
func manyFeeds(tb testing.TB, n int, settings bool) string {
	var b strings.Builder
	b.WriteString("watch: [gulf crisis]\nfeeds:\n")
	for i := range n {
		if settings {
			fmt.Fprintf(&b, "  - url: https://example%d.org/feeds/section-%d/rss.xml\n    name: Example Feed %d\n    tags: [news, gulf]\n    schedule: \"@every 30m\"\n", i, i, i)
		} else {
			fmt.Fprintf(&b, "  - https://example%d.org/feeds/section-%d/rss.xml\n", i, i)
		}
	}
	path := filepath.Join(tb.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		tb.Fatal(err)
	}
	return path
}

// BenchmarkLoad100k reports, beside the time, the memory that the loaded
// configuration keeps and the largest heap on the way.
func BenchmarkLoad100k(b *testing.B) {
	for _, kind := range []string{"bare", "settings"} {
		b.Run(kind, func(b *testing.B) {
			path := manyFeeds(b, 100_000, kind == "settings")
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			b.ReportAllocs()
			var c *config.Config
			for b.Loop() {
				var err error
				if c, err = config.Load(path, environment); err != nil {
					b.Fatal(err)
				}
			}
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(after.HeapSys)/(1<<20), "MB-heap")
			runtime.GC()
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MB-kept")
			if len(c.Feeds) != 100_000 {
				b.Fatal(len(c.Feeds))
			}
		})
	}
}

// FuzzLoad checks that no file makes Load panic or run away, and that every
// problem has a message and a place in the file.
func FuzzLoad(f *testing.F) {
	f.Add([]byte(full))
	f.Add([]byte("feeds: [file:x, &a {url: https://a.example, tags: [b]}, *a]\nwatch: [\"a\\u0020)\", 'b''', |\n  c)\n]\n"))
	f.Add([]byte("feeds:\n  - {opml: list.opml}\nwatch:\n  - match: >2-\n      a\n       b)\n\n      c\n"))
	f.Add([]byte("poll: {schedule: TZ=x, max_body: 1B, min_interval: 1.5w, allow_private: [\"::/0\"]}\n"))
	f.Add([]byte("auth: {token: ${CANARY}}\nlisten: \":0\"\nretention: forever\n"))
	f.Add([]byte("\xff\xfe\x00"))
	path := filepath.Join(f.TempDir(), "config.yaml")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := config.Load(path, environment)
		if err == nil {
			if len(c.Feeds) == 0 || len(c.Receivers) == 0 || c.Store == "" {
				t.Fatalf("a valid configuration lacks something: %+v", c)
			}
			for _, w := range c.Watch {
				if w.Name == "" || w.Expr == nil || len(w.Notify) == 0 {
					t.Fatalf("a valid rule lacks something: %+v", w)
				}
			}
			return
		}
		problems, ok := err.(config.Problems)
		if !ok {
			t.Fatal(err)
		}
		for _, p := range problems {
			if p.Msg == "" || p.File == path && (p.Line < 1 || p.Column < 1) && !strings.Contains(p.Msg, "not shown") {
				t.Fatalf("problem without message or place: %+v", p)
			}
		}
	})
}

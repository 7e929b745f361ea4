package match_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/match"
	"github.com/copytaster/copytaster/monitor/rule"
)

// corpus makes up articles and rules whose words are as unevenly frequent as
// those of a language (Zipf).
type corpus struct {
	r     *rand.Rand
	zipf  *rand.Zipf
	words []string
}

func newCorpus() *corpus {
	r := rand.New(rand.NewPCG(20240611, 7))
	c := &corpus{r: r, zipf: rand.NewZipf(r, 1.1, 8, 19_999)}
	syllables := strings.Fields("ba con de fer ga hin is jo kal lem mer no par qua ris sto tur ul ver wes xan yor zem")
	endings := []string{"", "s", "ing", "ation", "ed", "er"}
	for i := range 20_000 {
		w := ""
		for n := i + 23; n > 0; n /= len(syllables) {
			w += syllables[n%len(syllables)]
		}
		c.words = append(c.words, w+endings[i%len(endings)])
	}
	return c
}

func (c *corpus) word() string { return c.words[c.zipf.Uint64()] }

// text returns about n bytes of sentences.
func (c *corpus) text(n int) string {
	var b strings.Builder
	for b.Len() < n {
		w := c.word()
		if c.r.IntN(12) == 0 {
			w = strings.ToUpper(w[:1]) + w[1:]
		}
		b.WriteString(w)
		b.WriteString([]string{" ", " ", " ", " ", " ", " ", " ", ", ", " the ", ". "}[c.r.IntN(10)])
	}
	return b.String()
}

// rule returns an expression of the mix in which people write them: half three
// words, a fifth a phrase, a fifth alternatives with an exception, and words
// near each other.
func (c *corpus) rule() string {
	word := func() string {
		if c.r.IntN(3) == 0 {
			return c.words[100+c.r.IntN(len(c.words)-100)]
		}
		return c.words[100+c.zipf.Uint64()%19_900]
	}
	switch n := c.r.IntN(10); {
	case n < 5:
		return word() + " " + word() + " " + word()
	case n < 7:
		return `"` + word() + " " + word() + `"`
	case n < 9:
		return "(" + word() + " OR " + word() + ") " + word() + " NOT " + word() + "x"
	}
	return word() + " NEAR/4 " + word()
}

// benchmark is what is measured: real articles and rules from ../shared/bench
// beside the repository, where that is present, else made up ones.
type benchmark struct {
	sizes    []int
	lines    []string // name, tab, expression
	articles []*feeds.Article
	parsed   []match.Rule
}

var loadBenchmark = sync.OnceValue(func() *benchmark {
	dir := filepath.Join("..", "..", "..", "shared", "bench")
	bm := &benchmark{sizes: []int{1_000, 10_000, 100_000}}
	if rules, err := open(filepath.Join(dir, "rules-1m.tsv.gz")); err == nil {
		bm.sizes = append(bm.sizes, 1_000_000)
		for rules.Scan() {
			bm.lines = append(bm.lines, rules.Text())
		}
	}
	if articles, err := open(filepath.Join(dir, "articles-4k.jsonl.gz")); err == nil {
		for articles.Scan() {
			a := new(feeds.Article)
			if json.Unmarshal(articles.Bytes(), a) == nil {
				bm.articles = append(bm.articles, a)
			}
		}
	}
	if len(bm.lines) > 0 && len(bm.articles) > 0 {
		return bm
	}
	c := newCorpus()
	bm.sizes, bm.lines, bm.articles = bm.sizes[:3], nil, nil
	for i := range 100_000 {
		bm.lines = append(bm.lines, fmt.Sprintf("r%d\t%s", i, c.rule()))
	}
	for range 2_000 {
		bm.articles = append(bm.articles, &feeds.Article{Title: c.text(50), Summary: c.text(550), Language: "en"})
	}
	return bm
})

func open(name string) (*bufio.Scanner, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 1<<20)
	return lines, nil
}

// parse reads rules with all processors.
func parse(b testing.TB, lines []string) []match.Rule {
	rules := make([]match.Rule, len(lines))
	workers := runtime.GOMAXPROCS(0)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := len(lines) * w / workers; i < len(lines)*(w+1)/workers; i++ {
				name, src, _ := strings.Cut(lines[i], "\t")
				e, err := rule.Parse(src)
				if err != nil {
					b.Errorf("%s: %v", src, err)
					return
				}
				rules[i] = match.Rule{Name: name, Match: src, Expr: e}
			}
		})
	}
	wg.Wait()
	return rules
}

// rules returns the first n rules.
func (bm *benchmark) rules(b *testing.B, n int) []match.Rule {
	if len(bm.parsed) < n {
		bm.parsed = parse(b, bm.lines[:n])
	}
	return bm.parsed[:n:n]
}

// latencies report the mean and the 99th percentile in microseconds.
func latencies(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	sum := time.Duration(0)
	for _, t := range took {
		sum += t
	}
	b.ReportMetric(float64(sum.Nanoseconds())/float64(len(took))/1e3, "µs/article")
	b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds())/1e3, "µs/article-p99")
}

// BenchmarkFind measures articles that an index has not met before (first) and
// has (warm).
func BenchmarkFind(b *testing.B) {
	bm := loadBenchmark()
	dst := make([]int32, 0, 1<<17)
	for _, n := range bm.sizes {
		b.Run(fmt.Sprintf("rules=%d/first", n), func(b *testing.B) {
			rules := bm.rules(b, n)
			var took []time.Duration
			best := time.Duration(1<<63 - 1)
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				b.StopTimer()
				ix := match.New(rules)
				dst = ix.Find(dst[:0], &feeds.Article{})
				runtime.GC()
				b.StartTimer()
				begin := time.Now()
				for _, a := range bm.articles {
					start := time.Now()
					dst = ix.Find(dst[:0], a)
					took = append(took, time.Since(start))
				}
				best = min(best, time.Since(begin))
			}
			latencies(b, took)
			// Other processes disturb some passes, on a busy machine most.
			b.ReportMetric(float64(best.Nanoseconds())/float64(len(bm.articles))/1e3, "µs/article-best-pass")
		})
		b.Run(fmt.Sprintf("rules=%d/warm", n), func(b *testing.B) {
			ix := match.New(bm.rules(b, n))
			for _, a := range bm.articles {
				dst = ix.Find(dst[:0], a)
			}
			took := make([]time.Duration, 0, 1<<20)
			matches, i := 0, 0
			b.ReportAllocs()
			for b.Loop() {
				start := time.Now()
				dst = ix.Find(dst[:0], bm.articles[i%len(bm.articles)])
				if len(took) < cap(took) {
					took = append(took, time.Since(start))
				}
				matches += len(dst)
				i++
			}
			latencies(b, took)
			b.ReportMetric(float64(matches)/float64(i), "matches/article")
		})
	}
}

// BenchmarkLoad measures reading rules and indexing them, and what they take
// of memory: the index alone, and all with the rules and their text.
func BenchmarkLoad(b *testing.B) {
	bm := loadBenchmark()
	for _, n := range bm.sizes {
		b.Run(fmt.Sprintf("rules=%d", n), func(b *testing.B) {
			var parsing, indexing time.Duration
			var before, after runtime.MemStats
			var ix *match.Index
			for range b.N {
				b.StopTimer()
				ix = nil
				runtime.GC()
				runtime.ReadMemStats(&before)
				b.StartTimer()
				start := time.Now()
				rules := parse(b, bm.lines[:n])
				parsing += time.Since(start)
				start = time.Now()
				ix = match.New(rules)
				indexing += time.Since(start)
				b.StopTimer()
				runtime.GC()
				runtime.ReadMemStats(&after)
				b.StartTimer()
			}
			total := float64(n) * float64(b.N)
			b.ReportMetric(total/(parsing+indexing).Seconds(), "rules/s")
			b.ReportMetric(total/parsing.Seconds(), "parsed/s")
			b.ReportMetric(total/indexing.Seconds(), "indexed/s")
			b.ReportMetric(float64(ix.Size())/float64(n), "index-B/rule")
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(n), "all-B/rule")
		})
	}
}

// BenchmarkUpdate measures replacing one rule while articles are matched.
func BenchmarkUpdate(b *testing.B) {
	bm := loadBenchmark()
	for _, n := range bm.sizes {
		b.Run(fmt.Sprintf("rules=%d", n), func(b *testing.B) {
			rules := bm.rules(b, n)
			ix := match.New(rules)
			ix = ix.Update(rules[:1], nil)
			done := make(chan struct{})
			var current atomic.Pointer[match.Index]
			current.Store(ix)
			var wg sync.WaitGroup
			wg.Go(func() {
				var dst []int32
				for i := 0; ; i++ {
					select {
					case <-done:
						return
					default:
					}
					now := current.Load()
					dst = now.Find(dst[:0], bm.articles[i%len(bm.articles)])
				}
			})
			i := 0
			b.ReportAllocs()
			for b.Loop() {
				ix = ix.Update(rules[i%n:i%n+1], nil)
				current.Store(ix)
				i++
			}
			b.ReportMetric(float64(i)/b.Elapsed().Seconds(), "updates/s")
			close(done)
			wg.Wait()
		})
	}
}

// BenchmarkMatch measures matching with evidence.
func BenchmarkMatch(b *testing.B) {
	bm := loadBenchmark()
	ix := match.New(bm.rules(b, 10_000))
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		ix.Match(bm.articles[i%len(bm.articles)])
		i++
	}
}

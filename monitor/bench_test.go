package monitor_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/feeds/fetch"
	"github.com/copytaster/copytaster/monitor"
	"github.com/copytaster/copytaster/monitor/match"
	"github.com/copytaster/copytaster/monitor/rule"
	"github.com/copytaster/copytaster/monitor/store/boltstore"
)

// benchFeeds is how many feeds a round polls.
const benchFeeds = 2000

// benchWorkers is how many polls are under way.
const benchWorkers = 64

// benchRules are a hundred rules over the farm's words, of several kinds.
func benchRules(tb testing.TB) []monitor.Watch {
	var list []monitor.Watch
	for i := range 100 {
		a, b, c := farmObjects[i%len(farmObjects)], farmPlaces[i*5%len(farmPlaces)], farmSubjects[i*7%len(farmSubjects)]
		text := fmt.Sprintf("%s %s %s", a, b, c)
		switch i % 5 {
		case 3:
			text = fmt.Sprintf(`"%s %s"`, farmVerbs[i%len(farmVerbs)], a)
		case 4:
			text = fmt.Sprintf("(%s OR %s) %s -%s", a, b, c, farmVerbs[i%len(farmVerbs)])
		}
		expr, err := rule.Parse(text)
		if err != nil {
			tb.Fatal(err)
		}
		list = append(list, monitor.Watch{
			Rule:   match.Rule{Name: fmt.Sprintf("rule-%d", i), Match: text, Expr: expr},
			Notify: []string{"desk"},
		})
	}
	return list
}

// bench is a monitor that polls a farm.
type bench struct {
	*monitor.Monitor
	store *boltstore.Store
	path  string
	ids   []feeds.FeedID
}

func newBench(b *testing.B, f *farm, n int) *bench {
	b.Helper()
	path := filepath.Join(b.TempDir(), "bench.db")
	st, err := boltstore.Open(path, boltstore.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = st.Close() })
	// All feeds are on one host here, so its connections must be kept.
	transport := fetch.NewTransport([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")})
	transport.MaxIdleConnsPerHost = benchWorkers
	fetcher := fetch.New(fetch.Options{
		Timeout: 30 * time.Second, MaxBody: 16 << 20, UserAgent: "copytaster/bench", Transport: transport,
	})
	b.Cleanup(fetcher.Close)
	bn := &bench{store: st, path: path}
	var list []*feeds.Feed
	for i := range n {
		fd := &feeds.Feed{URL: fmt.Sprintf("%s/%d", f.url, i)}
		list = append(list, fd)
		bn.ids = append(bn.ids, fd.ID())
	}
	bn.Monitor, err = monitor.New(monitor.Options{
		Store: st, Fetcher: fetcher, Feeds: list, Watch: benchRules(b), Schedule: monitor.DefaultSchedule,
		MinInterval: time.Minute, MaxInterval: time.Hour, Workers: benchWorkers, PerHost: benchWorkers, Timeout: 30 * time.Second,
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		b.Fatal(err)
	}
	return bn
}

// round polls every feed once and returns the number of new articles.
func (bn *bench) round(b *testing.B) (articles int) {
	b.Helper()
	err := bn.PollOnce(context.Background(), bn.ids, func(r monitor.Report) {
		if r.Err != nil {
			b.Fatal(r.Err)
		}
		articles += r.New
	})
	if err != nil {
		b.Fatal(err)
	}
	return articles
}

// cpu returns the processor time that this process has used.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// memory reports the resident memory of this process in MB, where the system
// tells.
func reportMemory(b *testing.B) {
	b.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return
	}
	for line := range strings.Lines(string(status)) {
		var kb float64
		if _, err := fmt.Sscanf(line, "VmRSS: %f kB", &kb); err == nil {
			b.ReportMetric(kb/1024, "RSS-MB")
		}
	}
}

func fileSize(b *testing.B, path string) int64 {
	b.Helper()
	fi, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	return fi.Size()
}

// BenchmarkFirstRound polls feeds whose thirty articles are all new.
func BenchmarkFirstRound(b *testing.B) {
	f := startFarm(b)
	b.ReportAllocs()
	var articles int
	var used time.Duration
	for range b.N {
		b.StopTimer()
		bn := newBench(b, f, benchFeeds)
		before := cpu(b)
		b.StartTimer()
		articles += bn.round(b)
		b.StopTimer()
		used += cpu(b) - before
		if articles%(benchFeeds*farmItems) != 0 {
			b.Fatalf("%d articles", articles)
		}
		b.ReportMetric(float64(fileSize(b, bn.path))/(benchFeeds*farmItems), "disk-B/article")
		reportMemory(b)
	}
	b.ReportMetric(float64(articles)/b.Elapsed().Seconds(), "articles/s")
	b.ReportMetric(used.Seconds()*1e3/float64(articles), "cpu-ms/article")
}

// BenchmarkUnchangedRound polls feeds that all answer "304".
func BenchmarkUnchangedRound(b *testing.B) {
	f := startFarm(b)
	bn := newBench(b, f, benchFeeds)
	bn.round(b)
	bn.round(b)
	size := fileSize(b, bn.path)
	b.ReportAllocs()
	before := cpu(b)
	b.ResetTimer()
	for range b.N {
		if n := bn.round(b); n != 0 {
			b.Fatalf("%d articles", n)
		}
	}
	b.StopTimer()
	polls := float64(b.N * benchFeeds)
	b.ReportMetric(polls/b.Elapsed().Seconds(), "polls/s")
	b.ReportMetric((cpu(b)-before).Seconds()*1e3/polls, "cpu-ms/poll")
	if grown := fileSize(b, bn.path) - size; grown != 0 {
		b.Errorf("rounds without news made the store grow by %d bytes", grown)
	}
}

// BenchmarkOneNewRound polls feeds with one new article among thirty.
func BenchmarkOneNewRound(b *testing.B) {
	f := startFarm(b)
	bn := newBench(b, f, benchFeeds)
	bn.round(b)
	b.ReportAllocs()
	before := cpu(b)
	b.ResetTimer()
	for range b.N {
		f.publish(b)
		if n := bn.round(b); n != benchFeeds {
			b.Fatalf("%d articles", n)
		}
	}
	b.StopTimer()
	polls := float64(b.N * benchFeeds)
	b.ReportMetric(polls/b.Elapsed().Seconds(), "polls/s")
	b.ReportMetric((cpu(b)-before).Seconds()*1e3/polls, "cpu-ms/poll")
}

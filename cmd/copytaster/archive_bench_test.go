package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/match"
	"github.com/copytaster/copytaster/monitor/rule"
	"github.com/copytaster/copytaster/monitor/store"
	"github.com/copytaster/copytaster/monitor/store/boltstore"
	"github.com/copytaster/copytaster/monitor/web"
)

var archived = flag.Int("archive", 100_000, "articles in the archive of BenchmarkArchive")

// fill stores n articles of 100 feeds, a minute apart. Each has some sixty
// words; the words' frequencies fall as in language.
func fill(b *testing.B, st *boltstore.Store, n int) {
	b.Helper()
	const perPoll = 200
	r := rand.New(rand.NewPCG(1, 2))
	vocabulary := make([]string, 20_000)
	for i := range vocabulary {
		word := make([]byte, 3+r.IntN(8))
		for j := range word {
			word[j] = "etaoinshrdlucmfwyp"[r.IntN(18)]
		}
		vocabulary[i] = string(word)
	}
	zipf := rand.NewZipf(r, 1.1, 8, uint64(len(vocabulary)-1))
	words := func(n int) string {
		list := make([]string, n)
		for i := range list {
			list[i] = vocabulary[zipf.Uint64()]
		}
		return strings.Join(list, " ")
	}
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var subs []store.Subscription
	for i := range 100 {
		f := &feeds.Feed{URL: fmt.Sprintf("https://wire%d.example/feed", i), Name: fmt.Sprintf("Wire %d", i)}
		subs = append(subs, store.Subscription{ID: f.ID(), Source: feeds.Source{URL: f.URL, Name: f.Name}, Host: f.Host()})
	}
	ctx := context.Background()
	if err := st.Sync(ctx, subs, begin); err != nil {
		b.Fatal(err)
	}
	for done := 0; done < n; {
		now := begin.Add(time.Duration(done) * time.Minute)
		leases, _, err := st.Claim(ctx, store.ClaimOptions{
			Now: now, Limit: 1, PerHost: 1, Lease: time.Hour, Only: []feeds.FeedID{subs[done/perPoll%len(subs)].ID},
		})
		if err != nil || len(leases) != 1 {
			b.Fatalf("%d leases, %v", len(leases), err)
		}
		p := &store.Poll{Lease: leases[0], At: now, State: leases[0].State}
		p.State.Due = now.Add(time.Hour)
		var batch []*feeds.Article
		for range min(perPoll, n-done) {
			a := &feeds.Article{
				GUID: fmt.Sprint(done), URL: fmt.Sprintf("https://wire.example/%d", done), Language: "en",
				Title: words(9), Summary: words(50), Published: now,
			}
			if done%1000 == 0 {
				a.Summary += " willing to mediate in the Gulf crisis"
			}
			batch = append(batch, a)
			done++
		}
		for i, id := range feeds.Identify(batch, nil) {
			p.Entries = append(p.Entries, store.Entry{Article: batch[i], Identity: id, Known: id.Key})
		}
		if _, err := st.Commit(ctx, p); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkArchive measures what goes through the whole archive: the time to
// the first result, the time to the end, and the memory that it takes.
func BenchmarkArchive(b *testing.B) {
	st, err := boltstore.Open(filepath.Join(b.TempDir(), "archive.db"), boltstore.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer st.Close()
	fill(b, st, *archived)
	gulf, err := rule.Parse("Gulf crisis mediation")
	if err != nil {
		b.Fatal(err)
	}
	none, err := rule.Parse("quagga OR (zebra crossing)")
	if err != nil {
		b.Fatal(err)
	}
	measure := func(name string, run func() time.Duration) {
		b.Run(name, func(b *testing.B) {
			stop, peak := make(chan struct{}), make(chan uint64)
			go func() {
				var most uint64
				var mem runtime.MemStats
				tick := time.NewTicker(20 * time.Millisecond)
				defer tick.Stop()
				for {
					select {
					case <-stop:
						peak <- most
						return
					case <-tick.C:
						runtime.ReadMemStats(&mem)
						most = max(most, mem.HeapInuse)
					}
				}
			}()
			var first time.Duration
			for b.Loop() {
				first = run()
			}
			close(stop)
			b.ReportMetric(float64(<-peak)/(1<<20), "peak-heap-MB")
			b.ReportMetric(first.Seconds()*1000, "first-ms")
			b.ReportMetric(float64(*archived)*float64(b.N)/b.Elapsed().Seconds(), "articles/s")
		})
	}
	ctx := context.Background()
	search := func(expr string) func() time.Duration {
		return func() (first time.Duration) {
			begin := time.Now()
			err := web.Search(ctx, st, web.SearchQuery{Expr: expr}, func(web.Found) bool {
				if first == 0 {
					first = time.Since(begin)
				}
				return true
			})
			if err != nil {
				b.Fatal(err)
			}
			return first
		}
	}
	measure("search-rare", search("Gulf crisis mediation"))
	measure("search-none", search("quagga OR (zebra crossing)"))
	measure("backtest", func() time.Duration {
		t, err := web.RunBacktest(ctx, st, web.BacktestQuery{Rule: match.Rule{Name: "gulf", Expr: gulf}, Against: &match.Rule{Name: "none", Expr: none}})
		if err != nil || t.Articles != (*archived+999)/1000 {
			b.Fatalf("%+v, %v", t, err)
		}
		return 0
	})
}

//go:build !windows

package boltstore_test

import (
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/store"
	"github.com/copytaster/copytaster/monitor/store/boltstore"
	"github.com/copytaster/copytaster/monitor/store/storetest"
)

func openBench(b *testing.B, feeds int) *boltstore.Store {
	b.Helper()
	s, err := boltstore.Open(filepath.Join(b.TempDir(), "bench.db"), boltstore.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	if err := s.Sync(b.Context(), storetest.Subscriptions(feeds), epoch); err != nil {
		b.Fatal(err)
	}
	return s
}

// claimAll leases feeds until n are leased.
func claimAll(b *testing.B, s *boltstore.Store, n int, now time.Time) []store.Lease {
	b.Helper()
	leases, _, err := s.Claim(b.Context(), store.ClaimOptions{Now: now, Limit: n, PerHost: 1000, Lease: time.Hour})
	if err != nil || len(leases) != n {
		b.Fatalf("claimed %d of %d feeds: %v", len(leases), n, err)
	}
	return leases
}

// inFlight calls do for 0 to n-1 from the given number of goroutines.
func inFlight(b *testing.B, callers, n int, do func(i int) error) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for i := int(next.Add(1) - 1); i < n; i = int(next.Add(1) - 1) {
				if err := do(i); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// cpuTime returns the processor time that the process has used.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkCommitUnchanged commits polls that found nothing new, of 20,000
// feeds with thirty items each.
func BenchmarkCommitUnchanged(b *testing.B) {
	for _, callers := range []int{1, 16, 64, 256} {
		b.Run(fmt.Sprintf("inflight=%d", callers), func(b *testing.B) {
			const feeds = 20000
			s := openBench(b, feeds)
			now := epoch
			var leases []store.Lease
			b.ReportAllocs()
			b.ResetTimer()
			cpu := cpuTime(b)
			for done := 0; done < b.N; {
				b.StopTimer()
				before := cpuTime(b)
				now = now.Add(time.Hour)
				leases = claimAll(b, s, feeds, now)
				cpu += cpuTime(b) - before
				b.StartTimer()
				n := min(b.N-done, feeds)
				inFlight(b, callers, n, func(i int) error {
					_, err := s.Commit(b.Context(), storetest.Unchanged(leases[i*7919%feeds], now))
					return err
				})
				done += n
				b.StopTimer()
				before = cpuTime(b)
				for i := n; i < feeds; i++ {
					l := leases[i*7919%feeds]
					if err := s.Release(b.Context(), l, l.State.Due); err != nil {
						b.Fatal(err)
					}
				}
				cpu += cpuTime(b) - before
				b.StartTimer()
			}
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
			b.ReportMetric(float64((cpuTime(b)-cpu).Microseconds())/float64(b.N), "cpu-µs/op")
		})
	}
}

// BenchmarkCommitNew commits first polls of feeds with thirty articles each.
func BenchmarkCommitNew(b *testing.B) {
	for _, callers := range []int{1, 16, 64, 256} {
		b.Run(fmt.Sprintf("inflight=%d", callers), func(b *testing.B) {
			s := openBench(b, b.N)
			leases := claimAll(b, s, b.N, epoch)
			polls := make([]*store.Poll, b.N)
			for i := range polls {
				polls[i] = storetest.NewPoll(leases[i], epoch.Add(time.Minute), storetest.Articles(i*30, 30)...)
			}
			b.ReportAllocs()
			b.ResetTimer()
			cpu := cpuTime(b)
			inFlight(b, callers, b.N, func(i int) error {
				_, err := s.Commit(b.Context(), polls[i])
				return err
			})
			b.StopTimer()
			b.ReportMetric(float64(b.N)*30/b.Elapsed().Seconds(), "articles/s")
			b.ReportMetric(float64((cpuTime(b)-cpu).Microseconds())/float64(b.N)/30, "cpu-µs/article")
		})
	}
}

// BenchmarkDisk stores first polls of a thousand feeds and tells how much of
// the disk an article takes, with its keys, aliases, indices and window.
func BenchmarkDisk(b *testing.B) {
	for range b.N {
		const feeds = 1000
		path := filepath.Join(b.TempDir(), "disk.db")
		s, err := boltstore.Open(path, boltstore.Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Sync(b.Context(), storetest.Subscriptions(feeds), epoch); err != nil {
			b.Fatal(err)
		}
		leases := claimAll(b, s, feeds, epoch)
		inFlight(b, 64, feeds, func(i int) error {
			_, err := s.Commit(b.Context(), storetest.NewPoll(leases[i], epoch, storetest.Articles(i*30, 30)...))
			return err
		})
		b.ReportMetric(onDisk(b, path)/feeds/30, "disk-B/article")
		// One new item in each feed, twenty times.
		for round := 1; round <= 20; round++ {
			now := epoch.Add(time.Duration(round) * time.Hour)
			leases := claimAll(b, s, feeds, now)
			inFlight(b, 64, feeds, func(i int) error {
				l := leases[i]
				p := storetest.NewPoll(l, now, storetest.Article(1e6+round*feeds+i))
				p.Window = append(p.Window, l.Window[:29]...)
				_, err := s.Commit(b.Context(), p)
				return err
			})
		}
		b.ReportMetric(onDisk(b, path)/feeds/50, "disk-B/article-later")
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// onDisk returns how many bytes of the disk a file takes.
func onDisk(b *testing.B, path string) float64 {
	var st syscall.Stat_t
	if err := syscall.Stat(path, &st); err != nil {
		b.Fatal(err)
	}
	return float64(st.Blocks) * 512
}

// BenchmarkClaim claims 64 of 100,000 due feeds and gives them back.
func BenchmarkClaim(b *testing.B) {
	s := openBench(b, 100000)
	b.ReportAllocs()
	for b.Loop() {
		for _, l := range claimAll(b, s, 64, epoch) {
			if err := s.Release(b.Context(), l, l.State.Due); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/64, "ns/feed")
}

// archive stores thirty articles for each of 1,000 feeds.
func archive(b *testing.B) *boltstore.Store {
	s := openBench(b, 1000)
	leases := claimAll(b, s, 1000, epoch)
	inFlight(b, 64, 1000, func(i int) error {
		_, err := s.Commit(b.Context(), storetest.NewPoll(leases[i], epoch, storetest.Articles(i*30, 30)...))
		return err
	})
	return s
}

// BenchmarkUnseen looks thirty articles up, half of them known.
func BenchmarkUnseen(b *testing.B) {
	s := archive(b)
	ids := feeds.Identify(storetest.Articles(15, 30), nil)
	feed := storetest.Subscriptions(1)[0].ID
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Unseen(b.Context(), feed, ids); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkArticles reads the newest fifty articles.
func BenchmarkArticles(b *testing.B) {
	s := archive(b)
	all := storetest.Subscriptions(1000)
	var some []feeds.FeedID
	for _, sub := range all[:100] {
		some = append(some, sub.ID)
	}
	for _, q := range []struct {
		name string
		store.Query
	}{{"all", store.Query{}}, {"feeds=1", store.Query{Feeds: some[:1]}}, {"feeds=100", store.Query{Feeds: some}}} {
		b.Run(q.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Articles(b.Context(), q.Query); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkStart opens a store of 100,000 feeds and syncs it.
func BenchmarkStart(b *testing.B) {
	const feeds = 100000
	path := filepath.Join(b.TempDir(), "start.db")
	subs := storetest.Subscriptions(feeds)
	start := func() *boltstore.Store {
		s, err := boltstore.Open(path, boltstore.Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Sync(b.Context(), subs, epoch); err != nil {
			b.Fatal(err)
		}
		return s
	}
	begin := time.Now()
	s := start()
	first := time.Since(begin)
	leases := claimAll(b, s, feeds, epoch)
	inFlight(b, 512, feeds, func(i int) error {
		_, err := s.Commit(b.Context(), storetest.Unchanged(leases[i], epoch))
		return err
	})
	leases = nil
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	var before, after runtime.MemStats
	for b.Loop() {
		runtime.GC()
		runtime.ReadMemStats(&before)
		s := start()
		runtime.GC()
		runtime.ReadMemStats(&after)
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(first.Seconds(), "s-first")
	b.ReportMetric(float64(int64(after.HeapAlloc)-int64(before.HeapAlloc))/feeds, "heap-B/feed")
}

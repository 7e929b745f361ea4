package monitor_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/feeds/fetch"
	"github.com/copytaster/copytaster/monitor"
	"github.com/copytaster/copytaster/monitor/store"
	"github.com/copytaster/copytaster/monitor/store/boltstore"
)

// TestHostsRest polls many feeds of one host: as fast as its gap allows, and
// no faster, both when they fall due and when somebody asks for them.
func TestHostsRest(t *testing.T) {
	const gap = 250 * time.Millisecond
	var list []*feeds.Feed
	for i := range 8 {
		list = append(list, &feeds.Feed{URL: fmt.Sprintf("https://same.example/%d", i)})
	}
	list = append(list, &feeds.Feed{URL: "http://127.0.0.1:9/a"}, &feeds.Feed{URL: "http://127.0.0.1:9/b"})
	check := func(t *testing.T, w *world) {
		t.Helper()
		var starts []time.Time
		for _, f := range list {
			if n := len(w.polls[f.URL]); n != 1 {
				t.Fatalf("%s is polled %d times", f.URL, n)
			}
			starts = append(starts, w.polls[f.URL][0].start)
		}
		if last := len(starts) - 1; starts[last].Sub(starts[last-1]).Abs() >= gap {
			t.Error("our own machine rests, too")
		}
		starts = starts[:8]
		slices.SortFunc(starts, time.Time.Compare)
		for i := 1; i < len(starts); i++ {
			if got := starts[i].Sub(starts[i-1]); got != gap {
				t.Errorf("%v between two polls of a host, want %v", got, gap)
			}
		}
	}
	newWorld := func() *world {
		return &world{kind: make(map[string]int), polls: make(map[string][]simPoll)}
	}
	t.Run("due", func(t *testing.T) {
		path := simPath(t)
		synctest.Test(t, func(t *testing.T) {
			w := newWorld()
			simulate(t, path, w, list, nil, time.Minute)
			check(t, w)
		})
	})
	t.Run("asked for", func(t *testing.T) {
		path := simPath(t)
		synctest.Test(t, func(t *testing.T) {
			w := newWorld()
			st, err := boltstore.Open(path, boltstore.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer st.Close()
			m, err := monitor.New(monitor.Options{
				Store: st, Fetcher: w, Feeds: list, Schedule: "@hourly", MinInterval: simMin, MaxInterval: simMax,
				Workers: 4, PerHost: 2, Timeout: time.Minute, Logger: slog.New(slog.DiscardHandler),
			})
			if err != nil {
				t.Fatal(err)
			}
			var ids []feeds.FeedID
			for _, f := range list {
				ids = append(ids, f.ID())
			}
			if err := m.PollOnce(t.Context(), ids, func(monitor.Report) {}); err != nil {
				t.Fatal(err)
			}
			check(t, w)
		})
	})
}

// latest is a Fetcher of feeds that show nothing but their latest item, a new
// one every hour.
type latest struct{}

func (latest) Fetch(_ context.Context, f *feeds.Feed, _ fetch.Validators) (*fetch.Response, error) {
	body := fmt.Sprintf("<rss version='2.0'><channel><item><title>%s</title></item></channel></rss>", time.Now().Format(time.DateTime))
	return &fetch.Response{Status: 200, Body: []byte(body), URL: f.URL}, nil
}

// TestOldArticlesArePruned keeps articles for a day, by the daemon and by
// polls from elsewhere.
func TestOldArticlesArePruned(t *testing.T) {
	for name, live := range map[string]func(context.Context, *monitor.Monitor) error{
		"run": func(ctx context.Context, m *monitor.Monitor) error { return m.Run(ctx) },
		"poll": func(ctx context.Context, m *monitor.Monitor) error {
			for ctx.Err() == nil {
				ids := []feeds.FeedID{feeds.NewFeedID("https://one.example/")}
				if err := m.PollOnce(ctx, ids, func(monitor.Report) {}); err != nil {
					return err
				}
				time.Sleep(time.Hour)
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := simPath(t)
			synctest.Test(t, func(t *testing.T) {
				st, err := boltstore.Open(path, boltstore.Options{})
				if err != nil {
					t.Fatal(err)
				}
				defer st.Close()
				m, err := monitor.New(monitor.Options{
					Store: st, Fetcher: latest{}, Feeds: []*feeds.Feed{{URL: "https://one.example/"}}, Schedule: "@every 1h",
					MinInterval: simMin, MaxInterval: simMax, Workers: 1, PerHost: 1, Timeout: time.Minute,
					Retention: 24 * time.Hour, Logger: slog.New(slog.DiscardHandler),
				})
				if err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithTimeout(t.Context(), 72*time.Hour+30*time.Minute)
				defer cancel()
				if err := live(ctx, m); err != nil {
					t.Fatal(err)
				}
				list, err := st.Articles(t.Context(), store.Query{Limit: 500})
				if err != nil || len(list) < 23 || len(list) > 27 {
					t.Errorf("%d articles after three days, %v; want those of one", len(list), err)
				}
				if age := time.Since(list[len(list)-1].Seen); age > 26*time.Hour {
					t.Errorf("the oldest article was seen %v ago", age)
				}
			})
		})
	}
}

// TestAliveWhileAllWorkersWait has every worker wait for a publisher for
// longer than the scheduler may be silent.
func TestAliveWhileAllWorkersWait(t *testing.T) {
	path := simPath(t)
	synctest.Test(t, func(t *testing.T) {
		st, err := boltstore.Open(path, boltstore.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer st.Close()
		m, err := monitor.New(monitor.Options{
			Store: st, Fetcher: hanging{}, Feeds: []*feeds.Feed{{URL: "https://one.example/"}}, Schedule: "@every 1h",
			MinInterval: simMin, MaxInterval: simMax, Workers: 1, PerHost: 1, Timeout: time.Hour,
			Logger: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		if m.Alive() == nil {
			t.Error("alive before it runs")
		}
		ctx, cancel := context.WithCancel(t.Context())
		var ended sync.WaitGroup
		ended.Go(func() {
			if err := m.Run(ctx); err != nil {
				t.Error(err)
			}
		})
		time.Sleep(30 * time.Minute)
		if err := m.Alive(); err != nil {
			t.Error(err)
		}
		cancel()
		ended.Wait()
		if m.Alive() == nil {
			t.Error("alive after it ended")
		}
	})
}

// hanging is a Fetcher of publishers that never answer.
type hanging struct{}

func (hanging) Fetch(ctx context.Context, _ *feeds.Feed, _ fetch.Validators) (*fetch.Response, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

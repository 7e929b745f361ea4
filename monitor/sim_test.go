package monitor_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/feeds/fetch"
	"github.com/copytaster/copytaster/monitor"
	"github.com/copytaster/copytaster/monitor/match"
	"github.com/copytaster/copytaster/monitor/rule"
	"github.com/copytaster/copytaster/monitor/store/boltstore"
	"github.com/copytaster/copytaster/notify"
)

// The kinds of feeds of the simulated world.
const (
	hourly   = iota // publishes an item an hour
	quiet           // never says anything new
	down            // never answers
	busy            // says 503 and Retry-After: two hours
	outage          // is down from 06:00 to 12:00, otherwise hourly
	page            // serves a web page instead of a feed
	poison          // makes the program panic
	cronLine        // hourly, polled by a cron line
	kinds
)

const (
	simEvery = 30 * time.Minute
	simMin   = 5 * time.Minute
	simMax   = 4 * time.Hour
	busyFor  = 2 * time.Hour
)

// world is a Fetcher with feeds of all kinds, and the record of who polled
// what when.
type world struct {
	mu    sync.Mutex
	kind  map[string]int
	polls map[string][]simPoll
}

type simPoll struct {
	start, end time.Time
	failed     bool
}

func newWorld(n int) (*world, []*feeds.Feed) {
	w := &world{kind: make(map[string]int), polls: make(map[string][]simPoll)}
	var list []*feeds.Feed
	for i := range n {
		f := &feeds.Feed{URL: fmt.Sprintf("https://host%d.example/feed", i)}
		w.kind[f.URL] = i % kinds
		if i%kinds == cronLine {
			f.Schedule = "CRON_TZ=UTC 15 * * * *"
		}
		list = append(list, f)
	}
	return w, list
}

func (w *world) Fetch(ctx context.Context, f *feeds.Feed, v fetch.Validators) (*fetch.Response, error) {
	start := time.Now()
	// Every answer takes its time; all of it is simulated.
	select {
	case <-time.After(time.Duration(50+len(f.URL)*7) * time.Millisecond):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	now := time.Now()
	kind := w.kind[f.URL]
	resp, err := w.answer(kind, f, v, now)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.polls[f.URL] = append(w.polls[f.URL], simPoll{start, now, err != nil || kind == page || kind == poison})
	if kind == poison {
		panic("poison")
	}
	return resp, err
}

func (w *world) answer(kind int, f *feeds.Feed, v fetch.Validators, now time.Time) (*fetch.Response, error) {
	hour := int(now.Sub(simStart) / time.Hour)
	switch kind {
	case down:
		return nil, &fetch.Error{Kind: "dns", Err: errors.New("no such host")}
	case busy:
		return nil, &fetch.Error{Kind: "status", Status: 503, RetryAfter: busyFor, Err: errors.New("503 Service Unavailable")}
	case page:
		return &fetch.Response{Status: 200, Body: []byte("<!DOCTYPE html><html><head><title>Log in</title></head><body>Log in</body></html>"), ContentType: "text/html", URL: f.URL}, nil
	case quiet:
		hour = 0
	case outage:
		if hour >= 6 && hour < 12 {
			return nil, &fetch.Error{Kind: "timeout", Err: errors.New("no answer in time")}
		}
	}
	etag := fmt.Sprintf(`"%d"`, hour)
	if v.ETag == etag {
		return &fetch.Response{Status: 304, NotModified: true, URL: f.URL, Validators: v}, nil
	}
	var b strings.Builder
	b.WriteString("<rss version='2.0'><channel><title>World</title><link>https://example.org/</link>")
	for n := hour; n >= 0; n-- {
		word := "Weather"
		if kind == cronLine {
			word = "Ceasefire"
		}
		fmt.Fprintf(&b, "<item><title>%s report %d</title><guid isPermaLink='false'>%s-%d</guid></item>", word, n, f.URL, n)
	}
	b.WriteString("</channel></rss>")
	return &fetch.Response{
		Status: 200, Body: []byte(b.String()), ContentType: "application/rss+xml", URL: f.URL,
		Validators: fetch.Validators{ETag: etag, BodyHash: uint64(hour) + 1},
	}, nil
}

// simStart is when every synctest bubble begins.
var simStart = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// attempts is a Notifier that notes when each delivery was attempted and
// fails while failing says so.
type attempts struct {
	failing func(now time.Time) bool
	mu      sync.Mutex
	times   map[string][]time.Time
	alerts  map[string]time.Time
}

func newAttempts(failing func(time.Time) bool) *attempts {
	return &attempts{failing: failing, times: make(map[string][]time.Time), alerts: make(map[string]time.Time)}
}

func (a *attempts) Notify(_ context.Context, d notify.Delivery) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := time.Now()
	a.times[d.ID] = append(a.times[d.ID], now)
	a.alerts[d.ID] = d.Alert.Time
	if a.failing(now) {
		return errors.New("the receiver is down")
	}
	return nil
}

// simPath returns a path for a store. Simulated days commit tens of thousands
// of times; in memory, where the system offers it, they do not wait for disks.
func simPath(t testing.TB) string {
	dir, err := os.MkdirTemp("/dev/shm", "copytaster-test")
	if err != nil {
		dir = t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return filepath.Join(dir, "sim.db")
}

// simulate runs a monitor and a dispatcher in the bubble for a while and
// returns what the monitor logged.
func simulate(t *testing.T, path string, w *world, list []*feeds.Feed, receivers []notify.Receiver, d time.Duration) string {
	t.Helper()
	var log bytes.Buffer
	st, err := boltstore.Open(path, boltstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	expr, err := rule.Parse("ceasefire")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, r := range receivers {
		names = append(names, r.Name)
	}
	dispatcher := notify.NewDispatcher(notify.DispatcherOptions{Outbox: st, Receivers: receivers})
	m, err := monitor.New(monitor.Options{
		Store: st, Fetcher: w, Feeds: list,
		Watch:    []monitor.Watch{{Rule: match.Rule{Name: "ceasefire", Match: "ceasefire", Expr: expr}, Notify: names}},
		Schedule: "@every 30m", MinInterval: simMin, MaxInterval: simMax,
		Workers: 1000, PerHost: 1, Timeout: 30 * time.Second,
		Logger: slog.New(slog.NewTextHandler(&log, nil)), Wake: dispatcher.Wake,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	var ended sync.WaitGroup
	ended.Go(func() {
		if err := m.Run(ctx); err != nil {
			t.Errorf("monitor: %v", err)
		}
	})
	ended.Go(func() {
		if err := dispatcher.Run(ctx); err != nil {
			t.Errorf("dispatcher: %v", err)
		}
	})
	ended.Wait()
	return log.String()
}

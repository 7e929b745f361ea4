package monitor_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
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

// TestDay runs a day in the life of a thousand feeds with failures of every
// kind and checks each of some forty thousand polls and each delivery against
// what the schedules promise.
func TestDay(t *testing.T) {
	path := simPath(t)
	synctest.Test(t, func(t *testing.T) {
		w, list := newWorld(1000)
		desk := newAttempts(func(time.Time) bool { return false })
		night := newAttempts(func(now time.Time) bool {
			h := now.Sub(simStart)
			return h >= 3*time.Hour && h < 9*time.Hour
		})
		simulate(t, path, w, list, []notify.Receiver{{Name: "desk", Notifier: desk}, {Name: "night", Notifier: night}}, 24*time.Hour)

		polls := 0
		for _, f := range list {
			polls += len(w.polls[f.URL])
			checkPolls(t, f, w.kind[f.URL], w.polls[f.URL])
		}
		t.Logf("%d polls", polls)
		// 125 feeds, an alert for every hour after their first poll's.
		const alerts = 125 * 23
		checkAttempts(t, "desk", desk, alerts)
		checkAttempts(t, "night", night, alerts)
	})
}

// checkPolls checks that each poll of a feed began exactly when the poll
// before it said.
func checkPolls(t *testing.T, f *feeds.Feed, kind int, polls []simPoll) {
	t.Helper()
	spec := "@every 30m"
	if f.Schedule != "" {
		spec = f.Schedule
	}
	s, err := monitor.ParseSchedule(spec)
	if err != nil {
		t.Fatal(err)
	}
	if len(polls) == 0 || !polls[0].start.Equal(simStart) {
		t.Errorf("%s: the first poll is not at once", f.URL)
		return
	}
	streak := 0
	for i, p := range polls[:len(polls)-1] {
		next := polls[i+1].start
		scheduled := s.Next(f.ID(), p.end)
		if !p.failed {
			streak = 0
			if !next.Equal(scheduled) {
				t.Errorf("%s: polled at %v, scheduled for %v", f.URL, next, scheduled)
			}
			continue
		}
		streak++
		wait := min(simMin<<(streak-1), simMax)
		least, most := wait-wait/10, wait
		if kind == busy {
			least, most = max(least, busyFor), max(most, busyFor)
		}
		earliest, latest := later(p.end.Add(least), scheduled), later(p.end.Add(most), scheduled)
		if next.Before(earliest) || next.After(latest) {
			t.Errorf("%s: failure %d in a row at %v, polled again at %v, want %v to %v", f.URL, streak, p.end, next, earliest, latest)
		}
	}
	// A day has 48 half hours and 24 hours; jitter can move one over its end.
	n := len(polls)
	switch kind {
	case hourly, quiet:
		if n < 47 || n > 50 {
			t.Errorf("%s: %d polls", f.URL, n)
		}
	case cronLine:
		if n != 25 {
			t.Errorf("%s: %d polls, want the first and one an hour", f.URL, n)
		}
	case down, page, poison:
		if n < 9 || n > 13 {
			t.Errorf("%s: %d polls of a feed that always fails", f.URL, n)
		}
	case busy:
		if n < 7 || n > 12 {
			t.Errorf("%s: %d polls of a feed that asks for two hours each time", f.URL, n)
		}
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// checkAttempts checks the times of every attempt against the retry schedule.
func checkAttempts(t *testing.T, name string, a *attempts, alerts int) {
	t.Helper()
	if len(a.times) != alerts {
		t.Errorf("%s: %d deliveries, want %d", name, len(a.times), alerts)
	}
	for id, times := range a.times {
		if got := times[0].Sub(a.alerts[id]); got < 0 || got > time.Millisecond {
			t.Errorf("%s: delivery %s is first attempted %v after its alert", name, id, got)
		}
		for i, at := range times {
			last := i == len(times)-1
			if failed := a.failing(at); failed == last {
				t.Errorf("%s: delivery %s: attempt %d of %d failed: %v", name, id, i+1, len(times), failed)
			}
			if last {
				break
			}
			wait, ok := notify.Delay(id, i+1)
			if got := times[i+1].Sub(at); !ok || got < wait || got > wait+time.Millisecond {
				t.Errorf("%s: delivery %s waits %v after attempt %d, want %v", name, id, got, i+1, wait)
			}
		}
	}
}

// TestRestartPollsNothingEarly stops a day in the middle and goes on: every
// poll still comes exactly when it was due.
func TestRestartPollsNothingEarly(t *testing.T) {
	path := simPath(t)
	synctest.Test(t, func(t *testing.T) {
		w, list := newWorld(80)
		desk := newAttempts(func(time.Time) bool { return false })
		receivers := []notify.Receiver{{Name: "desk", Notifier: desk}}
		for range 12 {
			simulate(t, path, w, list, receivers, 2*time.Hour+7*time.Minute)
		}
		for _, f := range list {
			polls := w.polls[f.URL]
			for i := range polls[:len(polls)-1] {
				if gap := polls[i+1].start.Sub(polls[i].end); gap < simEvery*4/10 {
					t.Errorf("%s: polls %v apart", f.URL, gap)
				}
			}
			if kind := w.kind[f.URL]; kind == hourly && len(polls) < 48 {
				t.Errorf("%s: %d polls in a day with restarts", f.URL, len(polls))
			}
		}
		checkAttempts(t, "desk", desk, 10*25)
	})
}

// TestClockSetBack starts a store again a day before it was last used, as
// every bubble begins at the same time: waits must not grow by that day.
func TestClockSetBack(t *testing.T) {
	path := simPath(t)
	w, list := newWorld(80)
	failing := newAttempts(func(time.Time) bool { return true })
	synctest.Test(t, func(t *testing.T) {
		simulate(t, path, w, list, []notify.Receiver{{Name: "desk", Notifier: failing}}, 24*time.Hour)
	})
	pending := len(failing.times)
	if pending == 0 {
		t.Fatal("nothing waits for its next attempt")
	}
	synctest.Test(t, func(t *testing.T) {
		again, _ := newWorld(80)
		desk := newAttempts(func(time.Time) bool { return false })
		log := simulate(t, path, again, list, []notify.Receiver{{Name: "desk", Notifier: desk}}, 6*time.Hour)
		if !strings.Contains(log, "the clock is behind what was recorded") {
			t.Errorf("the log says nothing of the clock:\n%.2000s", log)
		}
		for _, f := range list {
			n := len(again.polls[f.URL])
			if kind := again.kind[f.URL]; n == 0 || kind == hourly && n < 11 {
				t.Errorf("%s is polled %d times in the six hours after the clock was set back", f.URL, n)
			}
			for i := 1; i < n; i++ {
				if gap := again.polls[f.URL][i].start.Sub(again.polls[f.URL][i-1].end); gap < simEvery*4/10 {
					t.Errorf("%s: polls %v apart", f.URL, gap)
				}
			}
		}
		if len(desk.times) == 0 {
			t.Error("deliveries wait for the clock to come back")
		}
	})
}

// TestClockGoesForward starts a store a day after it was last used: what is
// overdue is polled once and then on schedule.
func TestClockGoesForward(t *testing.T) {
	path := simPath(t)
	synctest.Test(t, func(t *testing.T) {
		w, list := newWorld(80)
		desk := newAttempts(func(time.Time) bool { return false })
		receivers := []notify.Receiver{{Name: "desk", Notifier: desk}}
		simulate(t, path, w, list, receivers, time.Hour)
		time.Sleep(24 * time.Hour)
		before := make(map[string]int)
		for _, f := range list {
			before[f.URL] = len(w.polls[f.URL])
		}
		simulate(t, path, w, list, receivers, 2*time.Hour)
		for _, f := range list {
			if w.kind[f.URL] != hourly {
				continue
			}
			if n := len(w.polls[f.URL]) - before[f.URL]; n < 4 || n > 6 {
				t.Errorf("%s: %d polls in the two hours after a day's sleep", f.URL, n)
			}
		}
	})
}

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

package monitor_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor"
	"github.com/copytaster/copytaster/notify"
)

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

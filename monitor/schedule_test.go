package monitor_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor"
)

var start = time.Date(2026, 11, 23, 5, 0, 0, 0, time.UTC)

func schedule(t *testing.T, spec string) monitor.Schedule {
	t.Helper()
	s, err := monitor.ParseSchedule(spec)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestParseScheduleRefuses(t *testing.T) {
	for _, spec := range []string{
		"", "hourly", "* * * *", "* * * * * *", "61 * * * *", "@every", "@every 1", "@every 500ms", "@every -1h",
		"@reboot", "0 0 30 2 *", "CRON_TZ=Nowhere/Here 0 * * * *", "TZ=UTC", "CRON_TZ=UTC @every 5m", "TZ=",
	} {
		if _, err := monitor.ParseSchedule(spec); err == nil {
			t.Errorf("%q was taken for a schedule", spec)
		}
	}
}

func TestIntervalKeepsItsPace(t *testing.T) {
	const every = 15 * time.Minute
	s := schedule(t, "@every 15m")
	for i := range 50 {
		id := feeds.NewFeedID(fmt.Sprintf("https://example.org/%d", i))
		at, polls := start, 0
		for at.Before(start.Add(24 * time.Hour)) {
			next := s.Next(id, at)
			if gap := next.Sub(at); polls > 0 && (gap < every*8/10 || gap > every*12/10) {
				t.Fatalf("feed %d waits %v", i, gap)
			}
			at = next
			polls++
		}
		if polls < 95 || polls > 98 {
			t.Errorf("feed %d is polled %d times a day", i, polls)
		}
	}
}

// Asking again later, as after a restart, changes nothing; a late poll does
// not lead to two in quick succession.
func TestIntervalDoesNotDependOnWhenItIsAsked(t *testing.T) {
	const every = time.Hour
	s := schedule(t, "@every 1h")
	id := feeds.NewFeedID("https://example.org/feed")
	next := s.Next(id, start)
	for late := time.Duration(0); late < 2*every; late += 7 * time.Minute {
		polled := next.Add(late)
		after := s.Next(id, polled)
		if gap := after.Sub(polled); gap < every/2 || gap > every*17/10 {
			t.Errorf("%v late: polled again after %v", late, gap)
		}
		for asked := polled; asked.Before(after.Add(-every / 2)); asked = asked.Add(11 * time.Minute) {
			if again := s.Next(id, asked); again.Before(after) {
				t.Errorf("asked at %v, due %v, before %v", asked, again, after)
			}
		}
	}
}

func TestIntervalSpreadsFeeds(t *testing.T) {
	s := schedule(t, "@every 15m")
	var minutes [30]int // of half an hour, an hour after all were polled at once
	for i := range 15000 {
		id := feeds.NewFeedID(fmt.Sprintf("https://example.org/%d", i))
		for at := start; ; {
			at = s.Next(id, at)
			m := int(at.Sub(start)/time.Minute) - 60
			if m >= len(minutes) {
				break
			}
			if m >= 0 {
				minutes[m]++
			}
		}
	}
	for m, n := range minutes {
		if n < 850 || n > 1150 {
			t.Errorf("minute %d has %d polls of 15,000 feeds", m, n)
		}
	}
}

func TestCronLine(t *testing.T) {
	s := schedule(t, "CRON_TZ=Europe/Berlin 30 7 * * MON-FRI")
	id := feeds.NewFeedID("https://example.org/feed")
	friday := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	next := s.Next(id, friday)
	minute := time.Date(2026, 11, 30, 6, 30, 0, 0, time.UTC) // 7:30 in Berlin
	if !next.Truncate(time.Minute).Equal(minute) {
		t.Errorf("next is %v, want within the minute %v", next, minute)
	}
	if again := s.Next(id, next); !again.Equal(next.Add(24 * time.Hour)) {
		t.Errorf("the day after it is %v", again)
	}
	seconds := make(map[int]bool)
	for i := range 500 {
		seconds[s.Next(feeds.NewFeedID(fmt.Sprint(i)), friday).Second()] = true
	}
	if len(seconds) < 50 {
		t.Errorf("500 feeds share %d seconds of the minute", len(seconds))
	}
}

func BenchmarkScheduleNext(b *testing.B) {
	s, err := monitor.ParseSchedule("@every 15m")
	if err != nil {
		b.Fatal(err)
	}
	id := feeds.NewFeedID("https://example.org/feed")
	b.ReportAllocs()
	for b.Loop() {
		s.Next(id, start)
	}
}

package monitor

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"
	"github.com/robfig/cron/v3"

	"github.com/copytaster/copytaster/feeds"
)

// DefaultSchedule is the schedule of feeds for which the configuration sets
// none.
const DefaultSchedule = "@every 15m"

// minEvery and maxEvery bound the interval of "@every".
const (
	minEvery = time.Second
	maxEvery = 366 * 24 * time.Hour
)

// scheduleForms says in errors what a schedule looks like.
const scheduleForms = `a cron line such as "*/10 * * * *" or an interval such as "@every 15m"`

// Schedule says when a feed is polled. The zero value is not usable: see
// ParseSchedule.
type Schedule struct {
	every time.Duration // of an interval schedule, else 0
	cron  cron.Schedule // of a cron line
}

// ParseSchedule reads a schedule: a cron line of five fields, one of cron's
// names such as "@hourly", either with "CRON_TZ=Zone " before it or else in the
// machine's time zone, or "@every DURATION" of a second to a year. The error
// says what is expected.
func ParseSchedule(spec string) (Schedule, error) {
	const mostLetters = 300
	line := spec
	zone := strings.HasPrefix(spec, "TZ=") || strings.HasPrefix(spec, "CRON_TZ=")
	if zone {
		_, rest, ok := strings.Cut(spec, " ")
		if line = strings.TrimSpace(rest); !ok || line == "" {
			return Schedule{}, errors.New(`a time zone needs a cron line after it, as in "CRON_TZ=Asia/Qatar 0 7 * * *"`)
		}
	}
	switch {
	case len(spec) > mostLetters:
		return Schedule{}, fmt.Errorf("is longer than %d letters: write %s", mostLetters, scheduleForms)
	case strings.EqualFold(spec, "adaptive"):
		return Schedule{}, fmt.Errorf(`"adaptive" comes with a later version: write %s`, scheduleForms)
	case zone && strings.HasPrefix(line, "@every"):
		return Schedule{}, errors.New(`"@every" takes no time zone`)
	}
	parsed, err := cron.ParseStandard(spec)
	if err != nil {
		why, _, _ := strings.Cut(err.Error(), ": [") // not the fields once more
		return Schedule{}, fmt.Errorf("%q is not a schedule (%s): write %s", spec, why, scheduleForms)
	}
	if _, ok := parsed.(cron.ConstantDelaySchedule); ok {
		// cron rounds shorter intervals up in silence, so the text decides.
		every, err := time.ParseDuration(strings.TrimPrefix(line, "@every "))
		if err != nil || every < minEvery || every > maxEvery {
			return Schedule{}, fmt.Errorf("%q is out of range: from %v to %dh", spec, minEvery, maxEvery/time.Hour)
		}
		return Schedule{every: every}, nil
	}
	// The answer must not depend on the day: any start covers a leap year in
	// the five years that cron looks ahead.
	if parsed.Next(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return Schedule{}, fmt.Errorf("%q never comes: there is no such day", spec)
	}
	return Schedule{cron: parsed}, nil
}

// Next returns when a feed that was polled at t is polled next, in UTC. It
// depends on nothing but the schedule, the feed and t, so a restart changes no
// feed's times.
//
// Interval schedules follow a fixed grid, set off for each feed by a hash of
// its id, so that feeds spread evenly over the interval; each time on the grid
// is moved by a jitter of up to a tenth of the interval either way, so that
// feeds do not stay in step with anything else. A poll that came late may
// shorten the next wait, to half the interval at the least.
//
// A cron line names a minute; the second within it is the feed's own.
func (s Schedule) Next(feed feeds.FeedID, t time.Time) time.Time {
	if s.every == 0 {
		shift := time.Duration(hash(feed, 0)%60) * time.Second
		return s.cron.Next(t.Add(-shift).Local()).Add(shift).UTC()
	}
	every := int64(s.every / time.Millisecond)
	offset := int64(hash(feed, 0) % uint64(every))
	earliest := t.UnixMilli() + every/2
	for slot := (earliest-offset)/every - 1; ; slot++ {
		jitter := int64(hash(feed, uint64(slot)+1)%uint64(every/5+1)) - every/10
		if at := slot*every + offset + jitter; at >= earliest {
			return time.UnixMilli(at).UTC()
		}
	}
}

// backoff returns how long a feed is left alone after its n-th failed poll in
// a row, at least: shortest, doubled with every further failure up to longest,
// less a jitter of up to a tenth.
func backoff(feed feeds.FeedID, n int, shortest, longest time.Duration) time.Duration {
	wait := longest
	if shift := n - 1; shift < 32 && shortest<<shift < longest && shortest<<shift > 0 {
		wait = shortest << shift
	}
	jitter := hash(feed, uint64(n)) % uint64(wait/10+1)
	return (wait - time.Duration(jitter)).Round(time.Millisecond)
}

func hash(feed feeds.FeedID, n uint64) uint64 {
	var b [len(feed) + 8]byte
	copy(b[:], feed[:])
	binary.BigEndian.PutUint64(b[len(feed):], n)
	return xxhash.Sum64(b[:])
}

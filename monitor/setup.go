package monitor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/match"
	"github.com/copytaster/copytaster/monitor/store"
	"github.com/copytaster/copytaster/notify"
)

// setup is what the configuration makes of a monitor. It never changes: a new
// configuration makes another one, and a poll keeps the one that it began with.
type setup struct {
	Options
	feeds     map[feeds.FeedID]*feeds.Feed
	schedules map[string]Schedule
	index     *match.Index
	watch     map[string]*watched // by rule name
}

// watched is a rule with how receivers are told of it.
type watched struct {
	*Watch
	told notify.Rule
}

func newSetup(o Options) (*setup, error) {
	s := &setup{
		Options:   o,
		feeds:     make(map[feeds.FeedID]*feeds.Feed, len(o.Feeds)),
		schedules: make(map[string]Schedule),
		watch:     make(map[string]*watched, len(o.Watch)),
	}
	if o.Schedule == "" {
		return nil, errors.New("no default schedule")
	}
	for _, f := range o.Feeds {
		if s.feeds[f.ID()] != nil {
			return nil, fmt.Errorf("feed %s is given twice", f.URL)
		}
		s.feeds[f.ID()] = f
		spec := s.spec(f)
		if _, ok := s.schedules[spec]; ok {
			continue
		}
		parsed, err := ParseSchedule(spec)
		if err != nil {
			return nil, fmt.Errorf("feed %s: %w", f.URL, err)
		}
		s.schedules[spec] = parsed
	}
	rules := make([]match.Rule, len(o.Watch))
	for i := range o.Watch {
		w := &o.Watch[i]
		if s.watch[w.Name] != nil {
			return nil, fmt.Errorf("rule %s is given twice", w.Name)
		}
		s.watch[w.Name] = &watched{w, w.Told()}
		rules[i] = w.Rule
	}
	s.index = match.New(rules)
	return s, nil
}

func (s *setup) spec(f *feeds.Feed) string {
	if f.Schedule != "" {
		return f.Schedule
	}
	return s.Schedule
}

func (s *setup) next(f *feeds.Feed, after time.Time) time.Time {
	return s.schedules[s.spec(f)].Next(f.ID(), after)
}

// sync tells the store which feeds there are.
func (s *setup) sync(ctx context.Context, st store.Schedule, now time.Time) error {
	subs := make([]store.Subscription, len(s.Feeds))
	for i, f := range s.Feeds {
		subs[i] = store.Subscription{
			ID:     f.ID(),
			Source: feeds.Source{URL: f.URL, Name: f.Name, Tags: f.Tags},
			Host:   f.Host(),
			Latest: s.next(f, now),
		}
	}
	if err := st.Sync(ctx, subs, now); err != nil {
		return fmt.Errorf("sync feeds: %w", err)
	}
	return nil
}

// Reconfigure makes the monitor go on with other options, while it runs or
// before: feeds and rules that were added, changed or left out, schedules and
// bounds. Store, Workers, Logger, Wake and Registerer stay as they were given
// to New.
//
// Polls under way end with the feed, the rules and the fetcher that they began
// with; when the feed is polled next is decided by the new options. A feed that
// is new is due at once.
//
// After an error, be it of the options or of the store, the old options hold.
func (m *Monitor) Reconfigure(ctx context.Context, o Options) error {
	old := m.setup.Load()
	o.Store, o.Workers, o.Logger, o.Wake, o.Registerer = old.Store, old.Workers, old.Logger, old.Wake, old.Registerer
	s, err := newSetup(o)
	if err != nil {
		return fmt.Errorf("reconfigure monitor: %w", err)
	}
	// No feed is claimed, and no poll decides when the next one is, between
	// what the store is told and what the monitor knows.
	m.swap.Lock()
	defer m.swap.Unlock()
	old = m.setup.Load()
	now := time.Now()
	if err := s.sync(ctx, o.Store, now); err != nil {
		// Some of it may be recorded.
		back := old.sync(context.WithoutCancel(ctx), o.Store, now)
		return fmt.Errorf("reconfigure monitor: %w", errors.Join(err, back))
	}
	m.setup.Store(s)
	select {
	case m.nudge <- struct{}{}:
	default:
	}
	return nil
}

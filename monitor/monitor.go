package monitor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/semaphore"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/feeds/fetch"
	"github.com/copytaster/copytaster/monitor/match"
	"github.com/copytaster/copytaster/monitor/store"
)

// Fetcher gets a feed's document.
type Fetcher interface {
	// Fetch makes one request. A "304 Not Modified" is a result, not an
	// error; every failure is a *fetch.Error whose text shows no secret.
	Fetch(ctx context.Context, feed *feeds.Feed, v fetch.Validators) (*fetch.Response, error)
}

// Watch is a rule with what happens when it matches.
type Watch struct {
	match.Rule
	// Notify are the names of the receivers.
	Notify []string
	// Backlog is how old an article may be, at most, to be alerted on when it
	// came with its feed's first poll. BacklogAll lifts the limit.
	Backlog    time.Duration
	BacklogAll bool
}

// Options configure a Monitor. Every field is required except Wake and
// Registerer.
type Options struct {
	Store   store.Store
	Fetcher Fetcher
	Feeds   []*feeds.Feed
	Watch   []Watch
	// Schedule is for feeds that name none.
	Schedule string
	// MinInterval and MaxInterval bound the wait after failed polls: it
	// starts with the first and doubles up to the second.
	MinInterval, MaxInterval time.Duration
	// Workers is the most polls at a time, PerHost the most to one host.
	Workers, PerHost int
	// Timeout is the longest that a fetch may take; leases outlast it.
	Timeout time.Duration
	// Retention is how long articles are kept, 0 for ever.
	Retention time.Duration
	Logger    *slog.Logger
	// Wake is told which receivers have new deliveries.
	Wake       func(receivers ...string)
	Registerer prometheus.Registerer
}

// Monitor polls feeds, keeps what is new and records who is to hear of it.
type Monitor struct {
	// fixed are the options that stay: Store, Workers, Logger, Wake.
	fixed   Options
	setup   atomic.Pointer[setup]
	metrics *metrics
	reading *semaphore.Weighted // in bytes
	beat    atomic.Int64        // when the scheduler last went round, Unix ms
	// swap is held for writing while the setup is replaced, and for reading by
	// what must see store and setup agree.
	swap  sync.RWMutex
	nudge chan struct{} // tells the scheduler to go round
}

// New returns a Monitor. It fails on a schedule that does not parse and on
// feeds or rules of the same identity.
func New(o Options) (*Monitor, error) {
	s, err := newSetup(o)
	if err != nil {
		return nil, fmt.Errorf("new monitor: %w", err)
	}
	m := &Monitor{
		fixed:   o,
		metrics: newMetrics(o.Registerer, o.Store),
		reading: semaphore.NewWeighted(maxReading),
		nudge:   make(chan struct{}, 1),
	}
	m.fixed.Feeds, m.fixed.Watch, m.fixed.Fetcher = nil, nil, nil
	m.setup.Store(s)
	return m, nil
}

// sync tells the store which feeds there are and mends the waits that a clock
// set back has made too long.
func (m *Monitor) sync(ctx context.Context) error {
	now := time.Now()
	moved, err := m.fixed.Store.Rebase(ctx, now)
	if err != nil {
		return fmt.Errorf("rebase store: %w", err)
	}
	if moved > 0 {
		m.fixed.Logger.Warn("the clock is behind what was recorded; waits were kept and start now", "moved", moved)
	}
	m.swap.RLock()
	defer m.swap.RUnlock()
	return m.setup.Load().sync(ctx, m.fixed.Store, now)
}

// heartbeat is how often the scheduler goes round when nothing is due: how
// soon it notices a changed clock.
const heartbeat = 15 * time.Second

// Alive returns an error when the scheduler has not gone round for a while:
// it hangs or does not run.
func (m *Monitor) Alive() error {
	beat := m.beat.Load()
	if beat == 0 {
		return errors.New("the scheduler is not running")
	}
	if late := time.Since(time.UnixMilli(beat)); late > 4*heartbeat {
		return fmt.Errorf("the scheduler has not moved for %v", late.Round(time.Second))
	}
	return nil
}

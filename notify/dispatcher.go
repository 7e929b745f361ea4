package notify

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"
)

// recheck is how often a receiver's queue is looked at when there is no reason
// to: a clock that was set, or a machine that slept, then costs at most this.
const recheck = time.Minute

// Receiver is who hears, and how the dispatcher is to treat it.
type Receiver struct {
	// Name is what deliveries are addressed to. Names are unique.
	Name     string
	Notifier Notifier
	// Concurrency is the most attempts under way at a time; 0 is 8. With 1,
	// attempts are made one after another, longest due first.
	Concurrency int
	// Timeout bounds one attempt; 0 is 30 s.
	Timeout time.Duration
}

// DispatcherOptions is what a dispatcher works with.
type DispatcherOptions struct {
	Outbox    Outbox
	Receivers []Receiver
	// Logger hears of attempts that failed; nil is nobody.
	Logger *slog.Logger
	// Registerer takes the metrics; nil is nobody. A later dispatcher with the
	// same one goes on counting where the earlier stopped.
	Registerer prometheus.Registerer
	// Drain is how long attempts under way may go on after the end was asked
	// for; 0 is 5 s.
	Drain time.Duration
}

// Dispatcher makes the deliveries that an outbox holds.
//
// Receivers do not know of each other: each has its own queue, its own bound
// on concurrency, and its own retries, so a slow, hanging or dead one delays
// nobody else. A receiver that asked for time (RetryAfter) is left alone with
// all of its deliveries until then, at most 24 h.
//
// Deliveries to receivers that the dispatcher does not have stay pending.
type Dispatcher struct {
	outbox    Outbox
	receivers []Receiver
	log       *slog.Logger
	metrics   metrics
	drain     time.Duration
	wake      map[string]chan struct{} // by receiver
}

// NewDispatcher returns a dispatcher that does nothing until Run or
// DispatchDue is called; one of them at a time.
func NewDispatcher(o DispatcherOptions) *Dispatcher {
	d := &Dispatcher{
		outbox:  o.Outbox,
		log:     o.Logger,
		metrics: newMetrics(o.Registerer, o.Receivers),
		drain:   o.Drain,
		wake:    make(map[string]chan struct{}, len(o.Receivers)),
	}
	if d.log == nil {
		d.log = slog.New(slog.DiscardHandler)
	}
	if d.drain == 0 {
		d.drain = 5 * time.Second
	}
	for _, r := range o.Receivers {
		if r.Concurrency == 0 {
			r.Concurrency = 8
		}
		if r.Timeout == 0 {
			r.Timeout = 30 * time.Second
		}
		d.receivers = append(d.receivers, r)
		d.wake[r.Name] = make(chan struct{}, 1)
	}
	return d
}

// Wake says that these receivers have new deliveries, or, when it names none,
// that any may have. Call it after the commit that recorded them. It never blocks, and what it says is never lost, even
// when Run starts only later. Names that the dispatcher does not have are
// ignored.
func (d *Dispatcher) Wake(receivers ...string) {
	if len(receivers) == 0 {
		for _, r := range d.receivers {
			receivers = append(receivers, r.Name)
		}
	}
	for _, name := range receivers {
		select {
		case d.wake[name] <- struct{}{}:
		default: // it has not yet looked since the last time
		}
	}
}

// Run makes deliveries as they fall due until ctx ends, and then returns nil.
// After the end of ctx no delivery is begun; attempts under way get
// DispatcherOptions.Drain to finish, are then cancelled, and go back to the
// outbox uncounted and due at once.
//
// An error from the outbox, which means that outcomes cannot be recorded, ends
// Run in the same way and is returned. Run waits for everything it started, so
// it also waits for a Notifier that does not honour its context.
func (d *Dispatcher) Run(ctx context.Context) error {
	_, err := d.dispatch(ctx, func(ctx context.Context, l *lane) error { return l.follow(ctx) })
	return err
}

// Summary counts how attempts ended.
type Summary struct {
	// Delivered: accepted.
	Delivered int
	// Retried: failed, to be tried again later.
	Retried int
	// Dead: failed and given up.
	Dead int
}

// DispatchDue makes one attempt at every delivery that is due when it is
// called, and returns when all have ended. Deliveries of a receiver that asks
// for time meanwhile are left for later. When ctx ends it stops as Run does
// and returns the cause.
func (d *Dispatcher) DispatchDue(ctx context.Context) (Summary, error) {
	now := time.Now()
	sum, err := d.dispatch(ctx, func(ctx context.Context, l *lane) error { return l.sweep(ctx, now) })
	if err == nil {
		err = context.Cause(ctx)
	}
	return sum, err
}

// dispatch does work for every receiver at the same time and waits for all of
// it. The first error of the outbox ends the others.
func (d *Dispatcher) dispatch(ctx context.Context, work func(context.Context, *lane) error) (Summary, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	// Attempts and their records outlive ctx; each lane ends its own.
	background := context.WithoutCancel(ctx)
	var group errgroup.Group
	lanes := make([]*lane, len(d.receivers))
	for i, r := range d.receivers {
		l := &lane{
			Receiver:   r,
			dispatcher: d,
			group:      &group,
			stop:       stop,
			slots:      make(chan struct{}, r.Concurrency),
			settled:    make(chan Outcome, inHand*r.Concurrency),
		}
		l.attempts, l.cut = context.WithCancel(background)
		lanes[i] = l
		group.Go(func() error {
			defer l.cut()
			err := work(ctx, l)
			if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
				err = nil // the outbox was stopped while it looked
			}
			if err != nil {
				stop()
			}
			l.finish(ctx)
			return err
		})
	}
	err := group.Wait()
	var sum Summary
	for _, l := range lanes {
		sum.Delivered += l.sum.Delivered
		sum.Retried += l.sum.Retried
		sum.Dead += l.sum.Dead
	}
	return sum, err
}

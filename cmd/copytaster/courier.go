package main

import (
	"context"
	"sync/atomic"

	"github.com/copytaster/copytaster/notify"
)

// courier makes deliveries with a dispatcher that can be replaced while it
// runs.
type courier struct {
	current  atomic.Pointer[notify.Dispatcher]
	replaced chan struct{} // holds a token after a replacement
}

func newCourier(d *notify.Dispatcher) *courier {
	c := &courier{replaced: make(chan struct{}, 1)}
	c.current.Store(d)
	return c
}

// replace makes the courier go on with another dispatcher. Deliveries wait in
// the outbox until the attempts under way have ended, which takes as long as
// notify.DispatcherOptions.Drain at most: two dispatchers never have the same
// delivery in hand.
func (c *courier) replace(d *notify.Dispatcher) {
	c.current.Store(d)
	select {
	case c.replaced <- struct{}{}:
	default: // Run has not yet looked since the last time
	}
}

// wake is notify.Dispatcher.Wake of the dispatcher that is to make the
// deliveries.
func (c *courier) wake(receivers ...string) { c.current.Load().Wake(receivers...) }

// run is notify.Dispatcher.Run with one dispatcher after the other.
func (c *courier) run(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := c.runCurrent(ctx); err != nil {
			return err
		}
	}
	return nil
}

// runCurrent runs the current dispatcher until it is replaced or ctx ends.
func (c *courier) runCurrent(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	d := c.current.Load()
	go func() { ended <- d.Run(ctx) }()
	select {
	case err := <-ended:
		return err
	case <-c.replaced:
		stop()
		return <-ended
	}
}

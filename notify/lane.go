package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// inHand is how many deliveries a lane holds per attempt that it may make at a
// time. While outcomes are on their way to the disk the next attempts are
// already being made, and the store can record many outcomes at once.
const inHand = 4

// maxError bounds what is kept of an error, in bytes.
const maxError = 1000

// lane makes the deliveries of one receiver. Its fields belong to the
// goroutine that runs follow or sweep; the attempts it starts report to it
// through settled.
type lane struct {
	Receiver
	dispatcher *Dispatcher
	// group waits for the attempts, stop ends all lanes.
	group *errgroup.Group
	stop  context.CancelFunc
	// attempts is the context of all attempts, cut ends it.
	attempts context.Context
	cut      context.CancelFunc

	slots   chan struct{} // filled by attempts under way
	settled chan Outcome  // has room for every delivery in hand
	hands   int           // deliveries taken and not yet reported
	next    time.Time     // when to look for due deliveries; zero: nothing known
	sum     Summary

	mu   sync.Mutex
	held time.Time // until when the receiver asked to be left alone
}

// follow makes deliveries as they fall due until ctx ends.
func (l *lane) follow(ctx context.Context) error {
	l.next = time.Now()
	for {
		var due <-chan time.Time
		if l.hands < cap(l.settled) {
			due = time.After(l.wait(time.Now()))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-l.dispatcher.wake[l.Name]:
			l.next = time.Now()
		case o := <-l.settled:
			l.account(o)
		case <-due:
			if now := time.Now(); !now.Before(l.heldUntil()) {
				if _, err := l.take(ctx, now); err != nil {
					return err
				}
			}
		}
	}
}

// wait returns how long the lane has nothing to do. Reading the clock anew
// each time, and at least once a recheck, follows a clock that is set.
func (l *lane) wait(now time.Time) time.Duration {
	wait := recheck
	if !l.next.IsZero() {
		wait = l.next.Sub(now)
	}
	return min(max(wait, l.heldUntil().Sub(now)), recheck)
}

// sweep makes one attempt at every delivery that is due now.
func (l *lane) sweep(ctx context.Context, now time.Time) error {
	for {
		for l.hands == cap(l.settled) {
			select {
			case <-ctx.Done():
				return nil
			case o := <-l.settled:
				l.account(o)
			}
		}
		if ctx.Err() != nil || time.Now().Before(l.heldUntil()) {
			return nil
		}
		// What comes back to be retried is due after now and not taken again.
		if taken, err := l.take(ctx, now); err != nil || taken == 0 {
			return err
		}
	}
}

// finish waits for the attempts under way. Once ctx has ended it gives them
// the drain period and then ends them.
func (l *lane) finish(ctx context.Context) {
	ended := ctx.Done()
	var drained <-chan time.Time
	for l.hands > 0 {
		select {
		case o := <-l.settled:
			l.account(o)
		case <-ended:
			ended = nil
			drained = time.After(l.dispatcher.drain)
		case <-drained:
			l.cut()
		}
	}
}

// take asks the outbox for as many due deliveries as there is room for and
// starts an attempt at each, in order. It returns how many there were.
func (l *lane) take(ctx context.Context, now time.Time) (int, error) {
	due, next, err := l.dispatcher.outbox.Due(ctx, l.Name, now.UTC(), cap(l.settled)-l.hands)
	if err != nil {
		return 0, fmt.Errorf("read due deliveries of receiver %s: %w", l.Name, err)
	}
	l.next = next
	for _, d := range due {
		l.hands++
		if l.enter(ctx) {
			l.group.Go(func() error { return l.attempt(d) })
		} else {
			l.group.Go(func() error { return l.putBack(d) })
		}
	}
	return len(due), nil
}

// account notes that a delivery left the lane's hands.
func (l *lane) account(o Outcome) {
	l.hands--
	switch o.State {
	case Delivered:
		l.sum.Delivered++
	case Dead:
		l.sum.Dead++
	case Pending:
		if l.next.IsZero() || o.Next.Before(l.next) {
			l.next = o.Next
		}
		if !o.Uncounted {
			l.sum.Retried++
		}
	}
}

// enter waits until another attempt may begin. It returns false when none may
// any more.
func (l *lane) enter(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case l.slots <- struct{}{}:
	}
	if ctx.Err() != nil || time.Now().Before(l.heldUntil()) {
		<-l.slots
		return false
	}
	return true
}

func (l *lane) heldUntil() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.held
}

// attempt makes one attempt at a delivery and records how it ended.
func (l *lane) attempt(d Delivery) error {
	start := time.Now()
	err := l.notify(d)
	end := time.Now()
	if wait := asked(err); wait > 0 {
		l.mu.Lock()
		if until := end.Add(wait); until.After(l.held) {
			l.held = until
		}
		l.mu.Unlock()
	}
	<-l.slots

	log := l.dispatcher.log.With("receiver", l.Name, "delivery", d.ID, "attempt", d.Attempts+1)
	metrics := &l.dispatcher.metrics
	o := Outcome{ID: d.ID, State: Delivered, At: end.UTC()}
	switch wait, again := waitAfter(d.ID, d.Attempts+1, err); {
	case err == nil:
		metrics.ended(l.Name, end.Sub(start), outcomeDelivered)
		metrics.delivered(l.Name, &d, end)
		log.Debug("alert delivered")
	case l.attempts.Err() != nil && !IsPermanent(err):
		o.State, o.Next, o.Uncounted = Pending, earlier(d.Next, o.At), true
		log.Info("attempt cut off by shutdown; it does not count")
	case again && !IsPermanent(err):
		o.State, o.Next, o.Error = Pending, o.At.Add(wait), describe(err)
		metrics.ended(l.Name, end.Sub(start), outcomeRetried)
		log.Warn("delivery failed; will try again", failure(err), "next", o.Next)
	default:
		o.State, o.Error = Dead, describe(err)
		metrics.ended(l.Name, end.Sub(start), outcomeDead)
		log.Error("delivery failed and is given up; to try again: copytaster deliveries replay --id "+d.ID, failure(err))
	}
	return l.settle(o)
}

// notify makes the receiver's notifier try once. A panic is an error of this
// delivery.
func (l *lane) notify(d Delivery) (err error) {
	ctx, cancel := context.WithTimeout(l.attempts, l.Timeout)
	defer cancel()
	defer func() {
		if v := recover(); v != nil {
			err = &panicError{v, debug.Stack()}
		}
	}()
	err = l.Notifier.Notify(ctx, d)
	if errors.Is(err, context.DeadlineExceeded) && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		err = fmt.Errorf("cut off after %v: %w", l.Timeout, err)
	}
	return err
}

// putBack returns a delivery that was taken but not attempted, because the
// receiver asked for time or the end is near.
func (l *lane) putBack(d Delivery) error {
	now := time.Now()
	next := earlier(d.Next, now)
	if held := l.heldUntil(); held.After(now) {
		next = held
	}
	return l.settle(Outcome{ID: d.ID, State: Pending, At: now.UTC(), Next: next.UTC(), Uncounted: true})
}

// settle records an outcome, whether or not the dispatcher is being stopped.
func (l *lane) settle(o Outcome) error {
	err := l.dispatcher.outbox.Settle(context.WithoutCancel(l.attempts), o)
	if err != nil {
		err = fmt.Errorf("record outcome of delivery %s: %w", o.ID, err)
		l.stop()
	}
	l.settled <- o
	return err
}

// earlier returns the earlier of two times: now, for a delivery that became
// due in the past, unless the clock was set back since.
func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// panicError is a panic of a Notifier.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("the receiver's code failed: %v", e.value) }

// failure is the log attribute of a failed attempt; for a panic it says where.
func failure(err error) slog.Attr {
	if p, ok := errors.AsType[*panicError](err); ok {
		return slog.Group("", slog.String("error", p.Error()), slog.String("stack", string(p.stack)))
	}
	return slog.String("error", describe(err))
}

// describe returns the text of an error, cut to what is worth keeping.
func describe(err error) string {
	text := strings.ToValidUTF8(err.Error(), "\uFFFD")
	if len(text) > maxError {
		text = strings.ToValidUTF8(text[:maxError], "") + "…"
	}
	return text
}

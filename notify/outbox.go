package notify

import (
	"context"
	"time"
)

// Outbox is the part of a store that the dispatcher works on.
type Outbox interface {
	// Due returns up to limit pending deliveries of the receiver whose time
	// has come, longest due first, with their alerts. A delivery that was
	// returned is in the caller's hands: it is not returned again before it is
	// settled, or before the store is opened anew. next is the time of the
	// receiver's next pending delivery that is neither in hand nor returned,
	// the zero time when there is none; it can lie in the past when limit cut
	// the list.
	Due(ctx context.Context, receiver string, now time.Time, limit int) (due []Delivery, next time.Time, err error)

	// Settle records how an attempt ended and returns when that is on disk.
	// The delivery leaves the caller's hands, unless Settle fails: then the
	// outcome is not recorded, and it can be settled again.
	Settle(ctx context.Context, o Outcome) error
}

// Outcome is how one attempt of a delivery ended.
type Outcome struct {
	ID    string // of the delivery
	State State
	// At is when the attempt ended.
	At time.Time
	// Next is when to try again, for Pending.
	Next time.Time
	// Error is why it failed, without secrets; "" for Delivered.
	Error string
	// Uncounted is set when no attempt was made after all: the delivery goes
	// back as it was, due at Next.
	Uncounted bool
}

package notify

import (
	"context"
	"errors"
	"time"
)

// Notifier tells one receiver.
//
// Implementations make one attempt and return nil only when the receiver
// accepted the alert. They honour ctx, are safe for concurrent use, and return
// errors that show no secret. Every error is retried, except those that
// Permanent marks. They do not retry, log or record: the dispatcher does.
type Notifier interface {
	Notify(ctx context.Context, d Delivery) error
}

type permanentError struct{ err error }

func (e *permanentError) Error() string { return e.err.Error() }
func (e *permanentError) Unwrap() error { return e.err }

// Permanent marks an error that another attempt cannot mend.
func Permanent(err error) error { return &permanentError{err} }

// IsPermanent reports whether an error in err's tree was marked by Permanent.
func IsPermanent(err error) bool {
	var p *permanentError
	return errors.As(err, &p)
}

type retryAfterError struct {
	err   error
	after time.Duration
}

func (e *retryAfterError) Error() string { return e.err.Error() }
func (e *retryAfterError) Unwrap() error { return e.err }

// RetryAfter marks an error of a receiver that asked not to be tried again
// before the given time has passed.
func RetryAfter(err error, after time.Duration) error { return &retryAfterError{err, after} }

// AskedDelay returns the delay that RetryAfter put on err, or 0.
func AskedDelay(err error) time.Duration {
	var r *retryAfterError
	if errors.As(err, &r) {
		return r.after
	}
	return 0
}

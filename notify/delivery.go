package notify

import "time"

// State is where a delivery stands.
type State string

const (
	// Pending: to be attempted, for the first time or again.
	Pending State = "pending"
	// Delivered: the receiver accepted it.
	Delivered State = "delivered"
	// Dead: given up. It can be replayed.
	Dead State = "dead"
)

// Delivery is one alert on its way to one receiver.
type Delivery struct {
	// ID is a ULID; receivers see it as the webhook-id. It stays the same on
	// every retry and replay.
	ID       string `json:"id"`
	Receiver string `json:"receiver"`
	State    State  `json:"state"`
	// Attempts counts the attempts made since the delivery was recorded or
	// last replayed.
	Attempts int       `json:"attempts"`
	Created  time.Time `json:"created"`
	// Next is when a pending delivery is attempted next.
	Next        time.Time `json:"next,omitzero"`
	LastAttempt time.Time `json:"last_attempt,omitzero"`
	// LastError is why the last attempt failed. It shows no secret.
	LastError string    `json:"last_error,omitempty"`
	Delivered time.Time `json:"delivered,omitzero"`
	Alert     *Alert    `json:"alert,omitempty"`
}

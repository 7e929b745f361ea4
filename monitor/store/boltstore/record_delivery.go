package boltstore

import (
	"github.com/oklog/ulid/v2"

	"github.com/copytaster/copytaster/notify"
)

// delivery is a record in the bucket pending or settled.
type delivery struct {
	// place is 1 for the first delivery of its alert, and so on: the alert's
	// id is that much smaller.
	place    uint64
	state    notify.State
	receiver string
	attempts uint64
	// since is when the wait for next began; both mean nothing once settled.
	since, next int64
	created     int64
	lastAttempt int64
	delivered   int64
	lastError   string
}

// The states of a delivery in its record.
const (
	statePending = iota
	stateDelivered
	stateDead
)

func (d *delivery) record(id []byte) []byte {
	w := make(writer, 0, 48+len(d.receiver)+len(d.lastError))
	base := timeOf(id)
	w.byte(recordVersion)
	switch d.state {
	case notify.Delivered:
		w.byte(stateDelivered)
	case notify.Dead:
		w.byte(stateDead)
	default:
		w.byte(statePending)
	}
	w.uint(d.place)
	w.string(d.receiver)
	w.uint(d.attempts)
	w.time(d.since, base)
	w.time(d.next, base)
	w.time(d.created, base)
	w.time(d.lastAttempt, base)
	w.time(d.delivered, base)
	w.string(d.lastError)
	return w
}

func decodeDelivery(id, b []byte) (d delivery, err error) {
	r := reader{b: b}
	base := timeOf(id)
	if r.byte() != recordVersion {
		r.fail()
	}
	switch r.byte() {
	case statePending:
		d.state = notify.Pending
	case stateDelivered:
		d.state = notify.Delivered
	case stateDead:
		d.state = notify.Dead
	default:
		r.fail()
	}
	d.place = r.uint()
	d.receiver = r.string()
	d.attempts = r.uint()
	d.since = r.time(base)
	d.next = r.time(base)
	d.created = r.time(base)
	d.lastAttempt = r.time(base)
	d.delivered = r.time(base)
	d.lastError = r.string()
	return d, r.err()
}

// alertID returns the id of a delivery's alert.
func (d *delivery) alertID(id ulid.ULID) ulid.ULID { return minus(id, d.place) }

// public returns the delivery as others see it, without its alert.
func (d *delivery) public(id ulid.ULID) notify.Delivery {
	pub := notify.Delivery{
		ID:          id.String(),
		Receiver:    d.receiver,
		State:       d.state,
		Attempts:    int(d.attempts),
		Created:     instant(d.created),
		LastAttempt: instant(d.lastAttempt),
		LastError:   d.lastError,
		Delivered:   instant(d.delivered),
	}
	if d.state == notify.Pending {
		pub.Next = instant(d.next)
	}
	return pub
}

// prefixed returns a name with its length in front, so that no name's keys
// stand among another's.
func prefixed(name string) []byte {
	b := make([]byte, 0, 2+len(name)+24)
	b = append(b, byte(len(name)>>8), byte(len(name)))
	return append(b, name...)
}

// dueKey returns a pending delivery's key in the bucket due.
func (d *delivery) dueKey(id []byte) []byte {
	w := writer(prefixed(d.receiver))
	w.uint64(ordered(d.next))
	w.raw(id)
	return w
}

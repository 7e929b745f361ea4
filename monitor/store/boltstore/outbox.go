package boltstore

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"
	"go.etcd.io/bbolt"

	"github.com/copytaster/copytaster/monitor/store"
	"github.com/copytaster/copytaster/notify"
)

// outbox is what of the deliveries is in memory.
type outbox struct {
	mu sync.Mutex
	// hand holds the deliveries that Due returned and nobody settled.
	hand map[ulid.ULID]bool
	// depth counts the pending deliveries by receiver.
	depth map[string]int
}

// load counts what is pending.
func (o *outbox) load(tx *bbolt.Tx) error {
	o.hand, o.depth = make(map[ulid.ULID]bool), make(map[string]int)
	c := dues.in(tx).Cursor()
	for k, _ := c.First(); k != nil; k, _ = c.Next() {
		receiver, _, _, err := splitDue(k)
		if err != nil {
			return err
		}
		o.depth[string(receiver)]++
	}
	return nil
}

// splitDue takes a key of the bucket due apart.
func splitDue(k []byte) (receiver []byte, next int64, id ulid.ULID, err error) {
	if len(k) < 2 || len(k) != 2+int(binary.BigEndian.Uint16(k))+8+len(id) {
		return nil, 0, id, fmt.Errorf("row of due deliveries: %w", errRecord)
	}
	receiver, k = k[2:len(k)-24], k[len(k)-24:]
	return receiver, unordered(binary.BigEndian.Uint64(k)), ulid.ULID(k[8:]), nil
}

// added counts deliveries that became pending.
func (o *outbox) added(n map[string]int) {
	if len(n) == 0 {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for receiver, n := range n {
		if o.depth[receiver] += n; o.depth[receiver] == 0 {
			delete(o.depth, receiver)
		}
	}
}

func (o *outbox) inHand(id ulid.ULID) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.hand[id]
}

func (o *outbox) giveBack(ids ...ulid.ULID) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, id := range ids {
		delete(o.hand, id)
	}
}

// sealed is a delivery as it was copied from the file.
type sealed struct {
	id       ulid.ULID
	delivery delivery
	alert    []byte
}

// copyDelivery copies a delivery's record and its alert's.
func copyDelivery(tx *bbolt.Tx, id ulid.ULID, record []byte) (sealed, error) {
	d, err := decodeDelivery(id[:], record)
	if err != nil {
		return sealed{}, fmt.Errorf("delivery %s: %w", id, err)
	}
	alert := d.alertID(id)
	return sealed{id, d, bytes.Clone(alerts.in(tx).Get(alert[:]))}, nil
}

// open decodes what copyDelivery copied.
func (s *Store) openDelivery(c *sealed) (notify.Delivery, error) {
	pub := c.delivery.public(c.id)
	id := c.delivery.alertID(c.id)
	h, packed, err := splitAlert(id[:], c.alert)
	if err != nil {
		return pub, fmt.Errorf("alert %s: %w", id, err)
	}
	body, err := s.packer.unpack(packed)
	if err != nil {
		return pub, fmt.Errorf("alert %s: %w", id, err)
	}
	if pub.Alert, err = decodeAlert(id, &h, body); err != nil {
		return pub, fmt.Errorf("alert %s: %w", id, err)
	}
	return pub, nil
}

// Due reads the front of the receiver's row of deliveries and no more.
func (s *Store) Due(ctx context.Context, receiver string, now time.Time, limit int) ([]notify.Delivery, time.Time, error) {
	if err := s.enter(ctx); err != nil {
		return nil, time.Time{}, err
	}
	defer s.leave()
	if len(receiver) > maxName {
		return nil, time.Time{}, nil
	}
	found, next, err := s.take(receiver, millis(now), limit)
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("read due deliveries: %w", err)
	}
	due := make([]notify.Delivery, 0, len(found))
	for i := range found {
		d, err := s.openDelivery(&found[i])
		if err != nil {
			for _, f := range found {
				s.outbox.giveBack(f.id)
			}
			return nil, time.Time{}, explain(s.path, err)
		}
		due = append(due, d)
	}
	return due, next, nil
}

// take puts due deliveries into the caller's hands.
func (s *Store) take(receiver string, now int64, limit int) (found []sealed, next time.Time, err error) {
	// Settle takes its delivery out of hand after its transaction. The lock
	// makes sure that a transaction that was opened before does not find the
	// delivery pending and no more in hand.
	s.outbox.mu.Lock()
	defer s.outbox.mu.Unlock()
	if s.outbox.depth[receiver] == 0 {
		return nil, time.Time{}, nil
	}
	err = s.view(func(tx *bbolt.Tx) error {
		prefix := prefixed(receiver)
		c := dues.in(tx).Cursor()
		for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
			_, at, id, err := splitDue(k)
			if err != nil {
				return err
			}
			if s.outbox.hand[id] {
				continue
			}
			if at > now || len(found) >= limit {
				next = instant(max(at, 0))
				return nil
			}
			d, err := copyDelivery(tx, id, pending.in(tx).Get(id[:]))
			if err != nil {
				return err
			}
			found = append(found, d)
		}
		return nil
	})
	if err != nil {
		return nil, time.Time{}, err
	}
	for _, f := range found {
		s.outbox.hand[f.id] = true
	}
	return found, next, nil
}

// Settle keeps the delivery in hand when it fails.
func (s *Store) Settle(ctx context.Context, o notify.Outcome) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	id, err := parseID(o.ID)
	if err != nil {
		return fmt.Errorf("settle delivery: %w: %w", store.ErrNotFound, err)
	}
	switch o.State {
	case notify.Pending, notify.Delivered, notify.Dead:
	default:
		return fmt.Errorf("settle delivery %s: there is no state %q", id, o.State)
	}
	if o.Uncounted {
		o.State = notify.Pending
	}
	if err := s.submit(&outcome{s: s, id: id, Outcome: o}); err != nil {
		return fmt.Errorf("settle delivery %s: %w", id, err)
	}
	return nil
}

// outcome is the write that settles a delivery.
type outcome struct {
	s  *Store
	id ulid.ULID
	notify.Outcome
	done map[string]int
}

func (op *outcome) order() (number, int) { return 0, 256 }

func (op *outcome) apply(b *batch) error {
	op.done = nil
	record := b.bucket(pending).Get(op.id[:])
	if record == nil {
		if b.bucket(settled).Get(op.id[:]) == nil {
			return refusal{store.ErrNotFound}
		}
		return refusal{fmt.Errorf("it is not pending")}
	}
	d, err := decodeDelivery(op.id[:], record)
	if err != nil {
		return err
	}
	if err := b.dropPending(op.id, &d); err != nil {
		return err
	}
	at := millis(op.At)
	d.state = op.State
	if !op.Uncounted {
		d.attempts++
		d.lastAttempt = at
		d.lastError = op.Error
	}
	if op.State == notify.Pending {
		d.since, d.next = at, millis(op.Next)
		b.told(at)
		return b.putPending(op.id, &d)
	}
	d.since, d.next = never, never
	if op.State == notify.Delivered {
		d.delivered = at
	}
	op.done = map[string]int{d.receiver: -1}
	return b.bucket(settled).Put(op.id[:], d.record(op.id[:]))
}

func (op *outcome) settle(landed bool) {
	if landed {
		op.s.outbox.added(op.done)
		op.s.outbox.giveBack(op.id)
	}
}

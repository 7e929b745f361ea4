package boltstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/oklog/ulid/v2"
	"go.etcd.io/bbolt"

	"github.com/copytaster/copytaster/monitor/store"
	"github.com/copytaster/copytaster/notify"
)

const (
	// readStep is how many records one read transaction copies.
	readStep = 256
	// scanStep is how many records one read transaction looks at.
	scanStep = 4096
)

// selection is a DeliveryQuery for going through the file.
type selection struct {
	store.DeliveryQuery
	// before is the id to go on below.
	before       ulid.ULID
	since, until int64
	skew         int64
	done         bool
}

// highest is above every id.
var highest = ulid.ULID(bytes.Repeat([]byte{0xff}, 16))

func (s *Store) newSelection(q store.DeliveryQuery) (sel *selection, err error) {
	sel = &selection{DeliveryQuery: q, before: highest, since: millis(q.Since), until: distant, skew: s.group.current().skew}
	if q.Before != "" {
		if sel.before, err = parseID(q.Before); err != nil {
			return nil, err
		}
	}
	if !q.Until.IsZero() {
		sel.until = millis(q.Until)
		// Nothing that was made before that time has an id beyond this.
		var bound ulid.ULID
		if bound.SetTime(uint64(max(sel.until+sel.skew+1, 0))) == nil && bound.Compare(sel.before) < 0 {
			sel.before = bound
		}
	}
	switch q.State {
	case "", notify.Pending, notify.Delivered, notify.Dead:
	default:
		return nil, fmt.Errorf("there is no state %q: deliveries are pending, delivered or dead", q.State)
	}
	return sel, nil
}

// read copies the next deliveries, at most limit, in one transaction.
func (sel *selection) read(tx *bbolt.Tx, limit int) ([]sealed, error) {
	var found []sealed
	if sel.ID != "" {
		return sel.readOne(tx)
	}
	var lists []bucket
	if sel.State != notify.Pending {
		lists = append(lists, settled)
	}
	if sel.State == "" || sel.State == notify.Pending {
		lists = append(lists, pending)
	}
	m := new(merge)
	for _, list := range lists {
		m.add(list.in(tx), nil, sel.before)
	}
	for range scanStep {
		id, record, ok := m.next()
		if !ok || timeOf(id[:]) < sel.since {
			sel.done = true
			return found, nil
		}
		sel.before = id
		if ok, err := sel.matches(tx, id, record); err != nil {
			return nil, err
		} else if !ok {
			continue
		}
		d, err := copyDelivery(tx, id, record)
		if err != nil {
			return nil, err
		}
		if found = append(found, d); len(found) >= limit {
			return found, nil
		}
	}
	return found, nil
}

func (sel *selection) readOne(tx *bbolt.Tx) ([]sealed, error) {
	sel.done = true
	id, err := ulid.ParseStrict(sel.ID)
	if err != nil || id.Compare(sel.before) >= 0 {
		return nil, nil // nothing has such an id
	}
	record := pending.in(tx).Get(id[:])
	if record == nil {
		record = settled.in(tx).Get(id[:])
	}
	if record == nil {
		return nil, nil
	}
	if ok, err := sel.matches(tx, id, record); err != nil || !ok {
		return nil, err
	}
	d, err := copyDelivery(tx, id, record)
	return []sealed{d}, err
}

// matches reports whether the query selects a delivery.
func (sel *selection) matches(tx *bbolt.Tx, id ulid.ULID, record []byte) (bool, error) {
	d, err := decodeDelivery(id[:], record)
	if err != nil {
		return false, fmt.Errorf("delivery %s: %w", id, err)
	}
	if sel.State != "" && sel.State != d.state ||
		sel.Receiver != "" && sel.Receiver != d.receiver ||
		d.created < sel.since || d.created >= sel.until {
		return false, nil
	}
	if sel.Rule == "" {
		return true, nil
	}
	alert := d.alertID(id)
	h, _, err := splitAlert(alert[:], alerts.in(tx).Get(alert[:]))
	if err != nil {
		return false, fmt.Errorf("alert %s: %w", alert, err)
	}
	return h.rule == sel.Rule, nil
}

// Deliveries reads a few hundred records at a time.
func (s *Store) Deliveries(ctx context.Context, q store.DeliveryQuery) ([]notify.Delivery, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.leave()
	sel, err := s.newSelection(q)
	if err != nil {
		return nil, fmt.Errorf("read deliveries: %w", err)
	}
	limit := q.Limit
	if limit <= 0 {
		limit = defaultLimit
	}
	var all []notify.Delivery
	for !sel.done && len(all) < limit {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		found, err := s.readSelection(sel, min(limit-len(all), readStep))
		if err != nil {
			return nil, fmt.Errorf("read deliveries: %w", err)
		}
		for i := range found {
			d, err := s.openDelivery(&found[i])
			if err != nil {
				return nil, explain(s.path, err)
			}
			all = append(all, d)
		}
	}
	return all, nil
}

func (s *Store) readSelection(sel *selection, limit int) (found []sealed, err error) {
	err = s.view(func(tx *bbolt.Tx) (err error) {
		found, err = sel.read(tx, limit)
		return err
	})
	return found, err
}

// Replay changes a few hundred deliveries in each transaction.
func (s *Store) Replay(ctx context.Context, q store.DeliveryQuery, now time.Time) (int, error) {
	if err := s.enter(ctx); err != nil {
		return 0, err
	}
	defer s.leave()
	sel, err := s.newSelection(q)
	if err != nil {
		return 0, fmt.Errorf("replay deliveries: %w", err)
	}
	replayed := 0
	for !sel.done && (q.Limit <= 0 || replayed < q.Limit) {
		if err := ctx.Err(); err != nil {
			return replayed, err
		}
		limit := readStep
		if q.Limit > 0 {
			limit = min(limit, q.Limit-replayed)
		}
		found, err := s.readSelection(sel, limit)
		if err == nil && len(found) > 0 {
			op := &replay{s: s, now: millis(now)}
			for _, f := range found {
				op.ids = append(op.ids, f.id)
			}
			if err = s.submit(op); err == nil {
				replayed += op.count
			}
		}
		if err != nil {
			return replayed, fmt.Errorf("replay deliveries: %w", err)
		}
	}
	return replayed, nil
}

// replay is the write that makes deliveries pending again.
type replay struct {
	s     *Store
	ids   []ulid.ULID
	now   int64
	count int
	added map[string]int
}

func (op *replay) order() (number, int) { return 0, 256 * len(op.ids) }

func (op *replay) apply(b *batch) error {
	op.count, op.added = 0, make(map[string]int)
	b.told(op.now)
	for _, id := range op.ids {
		if op.s.outbox.inHand(id) {
			continue
		}
		was := pending
		record := b.bucket(pending).Get(id[:])
		if record == nil {
			was = settled
			record = b.bucket(settled).Get(id[:])
		}
		if record == nil {
			continue // pruned meanwhile
		}
		d, err := decodeDelivery(id[:], record)
		if err != nil {
			return fmt.Errorf("delivery %s: %w", id, err)
		}
		if was == pending {
			err = b.dropPending(id, &d)
		} else {
			err = b.bucket(settled).Delete(id[:])
			op.added[d.receiver]++
		}
		d.state, d.attempts, d.delivered = notify.Pending, 0, never
		d.since, d.next = op.now, op.now
		if err := errors.Join(err, b.putPending(id, &d)); err != nil {
			return err
		}
		op.count++
	}
	return nil
}

func (op *replay) settle(landed bool) {
	if landed {
		op.s.outbox.added(op.added)
	}
}

// Depth counts in memory, and reads the file for the oldest delivery only.
func (s *Store) Depth(ctx context.Context) (map[string]int, time.Time, error) {
	if err := s.enter(ctx); err != nil {
		return nil, time.Time{}, err
	}
	defer s.leave()
	s.outbox.mu.Lock()
	depth := make(map[string]int, len(s.outbox.depth))
	for receiver, n := range s.outbox.depth {
		depth[receiver] = n
	}
	s.outbox.mu.Unlock()
	skew := s.group.current().skew
	oldest := int64(distant)
	err := s.view(func(tx *bbolt.Tx) error {
		c := pending.in(tx).Cursor()
		for k, v := c.First(); k != nil && timeOf(k)-skew <= oldest; k, v = c.Next() {
			d, err := decodeDelivery(k, v)
			if err != nil {
				return fmt.Errorf("pending delivery: %w", err)
			}
			if oldest = min(oldest, d.created); skew == 0 {
				break // created in the order of their ids
			}
		}
		return nil
	})
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("read deliveries: %w", err)
	}
	if oldest == distant {
		return depth, time.Time{}, nil
	}
	return depth, instant(oldest), nil
}

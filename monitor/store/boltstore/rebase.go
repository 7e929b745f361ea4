package boltstore

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/oklog/ulid/v2"
	"go.etcd.io/bbolt"

	"github.com/copytaster/copytaster/notify"
)

// Rebase compares two numbers unless the clock was set back. A feed's wait
// began when its last poll ended, or when it was first synced; a delivery's
// when its last attempt ended, or when it was recorded or replayed. A
// Retry-After counts as part of its feed's wait.
func (s *Store) Rebase(ctx context.Context, now time.Time) (moved int, err error) {
	if err := s.enter(ctx); err != nil {
		return 0, err
	}
	defer s.leave()
	s.rebasing.Lock()
	defer s.rebasing.Unlock()
	ms := millis(now)
	s.sched.rebaseLeases(ms)
	if s.group.current().clock <= ms {
		return 0, nil
	}
	// Commits may come in meanwhile that began before the clock was set.
	if err := s.submit(&setClock{now: ms, begin: true}); err != nil {
		return 0, fmt.Errorf("rebase: %w", err)
	}
	for from, more := number(0), true; more && err == nil; {
		var ahead []number
		if ahead, from, more, err = s.feedsAhead(from, ms); err == nil && len(ahead) > 0 {
			op := &rebaseFeeds{s: s, feeds: ahead, now: ms}
			if err = s.submit(op); err == nil {
				moved += op.moved
			}
		}
	}
	for from, more := (ulid.ULID{}), true; more && err == nil; {
		var ahead []ulid.ULID
		if ahead, from, more, err = s.deliveriesAhead(from, ms); err == nil && len(ahead) > 0 {
			op := &rebaseDeliveries{ids: ahead, now: ms}
			if err = s.submit(op); err == nil {
				moved += op.moved
			}
		}
	}
	if err == nil {
		err = s.submit(&setClock{now: ms})
	}
	if err != nil {
		return moved, fmt.Errorf("rebase: %w", err)
	}
	return moved, nil
}

// rebaseLeases sees to it that no lease lasts longer from now than any was
// given for.
func (s *schedule) rebaseLeases(now int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.claimed <= now {
		return
	}
	s.claimed = now
	var late []number
	for _, n := range s.leases {
		if s.feeds[n].key > now+s.longest {
			late = append(late, n)
		}
	}
	for _, n := range late {
		f := &s.feeds[n]
		f.key = now + s.longest
		fix(s.leases, int(f.lease), byExpiry{s})
		s.rank(f.host)
	}
}

// feedsAhead returns feeds from the given number on whose wait began later
// than now, and where to go on.
func (s *Store) feedsAhead(from number, now int64) (ahead []number, next number, more bool, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		c := states.in(tx).Cursor()
		k, v := c.Seek(from.key())
		for range scanStep {
			if k == nil {
				return nil
			}
			n := number(binary.BigEndian.Uint32(k))
			times, err := conditionTimes(v)
			if err != nil {
				return fmt.Errorf("state of feed %d: %w", n, err)
			}
			if times.since > now {
				ahead = append(ahead, n)
			}
			next = n + 1
			k, v = c.Next()
		}
		more = k != nil
		return nil
	})
	return ahead, next, more, err
}

// deliveriesAhead does the same for pending deliveries.
func (s *Store) deliveriesAhead(from ulid.ULID, now int64) (ahead []ulid.ULID, next ulid.ULID, more bool, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		c := pending.in(tx).Cursor()
		k, v := c.Seek(from[:])
		for range scanStep {
			if k == nil {
				return nil
			}
			id := ulid.ULID(k)
			d, err := decodeDelivery(k, v)
			if err != nil {
				return fmt.Errorf("delivery %s: %w", id, err)
			}
			if d.since > now {
				ahead = append(ahead, id)
			}
			next = plus(id, 1)
			k, v = c.Next()
		}
		more = k != nil
		return nil
	})
	return ahead, next, more, err
}

// setClock is the write that begins or ends a Rebase.
type setClock struct {
	now   int64
	begin bool
}

func (op *setClock) order() (number, int) { return 0, 0 }
func (op *setClock) settle(bool)          {}

func (op *setClock) apply(b *batch) error {
	if op.begin {
		b.mark.fresh = op.now
	} else {
		b.mark.clock = b.mark.fresh
	}
	return nil
}

// rebaseFeeds is the write that moves the waits of feeds.
type rebaseFeeds struct {
	s     *Store
	feeds []number
	now   int64
	moved int
	times []condition
}

func (op *rebaseFeeds) order() (number, int) { return 0, 128 * len(op.feeds) }

func (op *rebaseFeeds) apply(b *batch) error {
	op.moved, op.times = 0, op.times[:0]
	for _, n := range op.feeds {
		c, err := decodeCondition(b.bucket(states).Get(n.key()))
		if err != nil {
			return fmt.Errorf("state of feed %d: %w", n, err)
		}
		if c.since > op.now {
			op.moved++
			back := c.since - op.now
			if c.due != never {
				c.due -= back
			}
			if c.retryAfter != never && c.retryAfter > c.since {
				c.retryAfter -= back
			}
			c.since = op.now
			if err := b.bucket(states).Put(n.key(), c.record()); err != nil {
				return err
			}
		}
		op.times = append(op.times, c)
	}
	return nil
}

func (op *rebaseFeeds) settle(landed bool) {
	if !landed {
		return
	}
	s := op.s.sched
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, n := range op.feeds {
		s.setDue(n, op.times[i].due)
		s.setRetry(n, op.times[i].retryAfter)
	}
	s.rankAll()
}

// rebaseDeliveries is the write that moves the waits of deliveries.
type rebaseDeliveries struct {
	ids   []ulid.ULID
	now   int64
	moved int
}

func (op *rebaseDeliveries) order() (number, int) { return 0, 256 * len(op.ids) }
func (op *rebaseDeliveries) settle(bool)          {}

func (op *rebaseDeliveries) apply(b *batch) error {
	op.moved = 0
	for _, id := range op.ids {
		record := b.bucket(pending).Get(id[:])
		if record == nil {
			continue // settled meanwhile
		}
		d, err := decodeDelivery(id[:], record)
		if err != nil {
			return fmt.Errorf("delivery %s: %w", id, err)
		}
		if d.state != notify.Pending || d.since <= op.now {
			continue
		}
		if err := b.dropPending(id, &d); err != nil {
			return err
		}
		d.next -= d.since - op.now
		d.since = op.now
		if err := b.putPending(id, &d); err != nil {
			return err
		}
		op.moved++
	}
	return nil
}

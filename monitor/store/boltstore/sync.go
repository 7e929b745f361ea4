package boltstore

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/store"
)

// syncStep is how many feeds one transaction reads or writes.
const syncStep = 2048

// loadSchedule fills the schedule from the file.
func (s *Store) loadSchedule(tx *bbolt.Tx) error {
	s.sched = newSchedule(uint64(s.group.mark.opened) << 32)
	cp, cs := profiles.in(tx).Cursor(), states.in(tx).Cursor()
	ks, vs := cs.First()
	for kp, vp := cp.First(); kp != nil; kp, vp = cp.Next() {
		n := number(len(s.sched.feeds))
		if !bytes.Equal(kp, n.key()) || !bytes.Equal(ks, kp) {
			return fmt.Errorf("%w: feed %d is missing", errRecord, n)
		}
		id, configured, sub, _, err := splitProfile(vp)
		if err != nil {
			return fmt.Errorf("feed %d: %w", n, err)
		}
		c, err := conditionTimes(vs)
		if err != nil {
			return fmt.Errorf("state of feed %d: %w", n, err)
		}
		s.sched.add(feed{
			id:         id,
			host:       s.sched.hostNamed(hostOf(sub)),
			due:        c.due,
			retry:      c.retryAfter,
			configured: configured,
			failing:    c.failures > 0,
		})
		ks, vs = cs.Next()
	}
	s.sched.rankAll()
	return nil
}

// Sync compares in read transactions and writes only what differs. When it
// fails, the feeds before the failure are synced and the others are not.
func (s *Store) Sync(ctx context.Context, subs []store.Subscription, now time.Time) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	s.syncing.Lock()
	defer s.syncing.Unlock()
	listed := make([]uint64, (s.sched.count()+len(subs))/64+1)
	for chunk := range slices.Chunk(subs, syncStep) {
		if err := ctx.Err(); err != nil {
			return err
		}
		changed, err := s.differing(chunk, millis(now), listed)
		if err == nil && len(changed) > 0 {
			op := &subscribe{s: s, subs: changed, now: millis(now)}
			if err = s.submit(op); err == nil {
				for _, n := range op.numbers {
					listed[n/64] |= 1 << (n % 64)
				}
			}
		}
		if err != nil {
			return fmt.Errorf("sync feeds: %w", err)
		}
	}
	for chunk := range slices.Chunk(s.sched.unlisted(listed), syncStep) {
		if err := s.submit(&unsubscribe{s: s, feeds: chunk}); err != nil {
			return fmt.Errorf("sync feeds: %w", err)
		}
	}
	return nil
}

// unlisted returns the configured feeds whose bit is not set.
func (s *schedule) unlisted(listed []uint64) []number {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ns []number
	for n := range s.feeds {
		if s.feeds[n].configured && listed[n/64]&(1<<(n%64)) == 0 {
			ns = append(ns, number(n))
		}
	}
	return ns
}

// differing returns those of the subscriptions that the file does not have
// like this, and sets the bits of the others.
func (s *Store) differing(subs []store.Subscription, now int64, listed []uint64) ([]*store.Subscription, error) {
	var differ []*store.Subscription
	err := s.view(func(tx *bbolt.Tx) error {
		records := profiles.in(tx)
		for i := range subs {
			sub := &subs[i]
			n, same := s.sched.asListed(sub, now)
			if same {
				_, _, stored, _, err := splitProfile(records.Get(n.key()))
				if err != nil {
					return fmt.Errorf("feed %d: %w", n, err)
				}
				same = bytes.Equal(stored, subscribed(sub))
			}
			if same {
				listed[n/64] |= 1 << (n % 64)
			} else {
				differ = append(differ, sub)
			}
		}
		return nil
	})
	return differ, err
}

// asListed reports whether a feed is configured and its due time may stand.
func (s *schedule) asListed(sub *store.Subscription, now int64) (n number, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, ok = s.numbers[sub.ID]
	if !ok || !s.feeds[n].configured {
		return n, false
	}
	f := &s.feeds[n]
	return n, forward(f.due, f.retry, f.failing, sub.Latest, now) == f.due
}

// forward returns when a feed is due given the latest acceptable time.
func forward(due, retry int64, failing bool, latest time.Time, now int64) int64 {
	if latest.IsZero() || failing || retry > now {
		return due
	}
	return min(due, millis(latest))
}

// subscribe is the write that adds and changes configured feeds.
type subscribe struct {
	s    *Store
	subs []*store.Subscription
	now  int64
	// numbers, dues and added are what apply decided.
	numbers []number
	dues    []int64
	added   int
}

func (op *subscribe) order() (number, int) { return 0, 200 * len(op.subs) }

func (op *subscribe) apply(b *batch) error {
	op.numbers, op.dues, op.added = op.numbers[:0], op.dues[:0], 0
	profiles, states := b.bucket(profiles), b.bucket(states)
	// Sync is the only one who adds feeds, and runs once at a time.
	next := number(op.s.sched.count())
	added := make(map[feeds.FeedID]number)
	for _, sub := range op.subs {
		n, known := op.s.sched.find(sub.ID)
		if !known {
			n, known = added[sub.ID]
		}
		if !known {
			n = next
			next++
			op.added++
			added[sub.ID] = n
			c := condition{since: op.now, due: op.now, polled: never, succeeded: never, retryAfter: never, newest: never}
			if err := states.Put(n.key(), c.record()); err != nil {
				return err
			}
			if err := profiles.Put(n.key(), profileRecord(sub.ID, true, subscribed(sub), documented(&store.State{}))); err != nil {
				return err
			}
			b.told(op.now)
			op.numbers, op.dues = append(op.numbers, n), append(op.dues, op.now)
			continue
		}
		id, _, _, document, err := splitProfile(profiles.Get(n.key()))
		if err != nil {
			return fmt.Errorf("feed %d: %w", n, err)
		}
		if err := profiles.Put(n.key(), profileRecord(id, true, subscribed(sub), document)); err != nil {
			return err
		}
		c, err := decodeCondition(states.Get(n.key()))
		if err != nil {
			return fmt.Errorf("state of feed %d: %w", n, err)
		}
		if due := forward(c.due, c.retryAfter, c.failures > 0, sub.Latest, op.now); due != c.due {
			c.due = due
			if err := states.Put(n.key(), c.record()); err != nil {
				return err
			}
		}
		op.numbers, op.dues = append(op.numbers, n), append(op.dues, c.due)
	}
	return nil
}

func (op *subscribe) settle(landed bool) {
	if !landed {
		return
	}
	s := op.s.sched
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, sub := range op.subs {
		n, h := op.numbers[i], s.hostNamed([]byte(sub.Host))
		if int(n) == len(s.feeds) {
			s.add(feed{id: sub.ID, host: h, due: op.dues[i], retry: never, configured: true})
		} else {
			f := &s.feeds[n]
			s.rehost(n, h)
			s.setDue(n, op.dues[i])
			f.configured = true
			if f.place == parked {
				s.rest(n)
			}
		}
		s.rank(h)
	}
	op.s.revision.Add(1)
}

func (s *schedule) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.feeds)
}

func (s *schedule) find(id feeds.FeedID) (number, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, ok := s.numbers[id]
	return n, ok
}

// unsubscribe is the write for feeds that are not configured any more.
type unsubscribe struct {
	s     *Store
	feeds []number
}

func (op *unsubscribe) order() (number, int) { return 0, 200 * len(op.feeds) }

func (op *unsubscribe) apply(b *batch) error {
	records := b.bucket(profiles)
	for _, n := range op.feeds {
		id, _, sub, document, err := splitProfile(records.Get(n.key()))
		if err != nil {
			return fmt.Errorf("feed %d: %w", n, err)
		}
		if err := records.Put(n.key(), profileRecord(id, false, sub, document)); err != nil {
			return err
		}
	}
	return nil
}

func (op *unsubscribe) settle(landed bool) {
	if !landed {
		return
	}
	s := op.s.sched
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range op.feeds {
		s.feeds[n].configured = false
		if s.feeds[n].place == waiting {
			s.rest(n)
		}
		s.rank(s.feeds[n].host)
	}
}

// Feeds reads a few hundred feeds at a time, in the order in which they were
// met, and yields them between calls: yield may use the store.
func (s *Store) Feeds(ctx context.Context, yield func(store.FeedInfo) bool) error {
	for next, more := number(0), true; more; {
		var infos []store.FeedInfo
		var err error
		if infos, next, more, err = s.feedInfos(ctx, next); err != nil {
			return fmt.Errorf("read feeds: %w", err)
		}
		for _, info := range infos {
			if !yield(info) {
				return nil
			}
		}
	}
	return nil
}

// feedInfos returns feeds from the given number on, and where to go on.
func (s *Store) feedInfos(ctx context.Context, from number) (infos []store.FeedInfo, next number, more bool, err error) {
	if err := s.enter(ctx); err != nil {
		return nil, from, false, err
	}
	defer s.leave()
	err = s.view(func(tx *bbolt.Tx) error {
		c := profiles.in(tx).Cursor()
		k, _ := c.Seek(from.key())
		for ; k != nil && len(infos) < readStep; k, _ = c.Next() {
			n := number(binary.BigEndian.Uint32(k))
			st, p, err := readState(tx, n)
			if err != nil {
				return err
			}
			infos = append(infos, store.FeedInfo{ID: p.id, Source: p.shown(), Configured: p.configured, State: st})
			next = n + 1
		}
		more = k != nil
		return nil
	})
	return infos, next, more, err
}

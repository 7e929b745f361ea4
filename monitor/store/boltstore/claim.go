package boltstore

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/store"
)

// Claim reads nothing but the states and windows of the feeds it leases.
func (s *Store) Claim(ctx context.Context, o store.ClaimOptions) ([]store.Lease, time.Time, error) {
	if err := s.enter(ctx); err != nil {
		return nil, time.Time{}, err
	}
	defer s.leave()
	claimed, next := s.sched.claim(o)
	leases, err := s.leases(claimed)
	if err != nil {
		s.sched.unclaim(claimed)
		return nil, time.Time{}, fmt.Errorf("claim feeds: %w", err)
	}
	return leases, next, nil
}

// claim is a feed that was leased.
type claim struct {
	feed    number
	id      feeds.FeedID
	epoch   uint64
	due     int64
	expires int64
}

func (s *schedule) claim(o store.ClaimOptions) ([]claim, time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, length := millis(o.Now), o.Lease.Milliseconds()
	if now < s.now-1000 {
		// The clock was set back. No host rests for as long as that.
		for _, h := range s.hosts {
			h.rest = never
		}
		s.rankAll()
	}
	s.now = now
	s.claimed, s.longest = max(s.claimed, now), max(s.longest, length)
	if perHost := max(o.PerHost, 1); perHost != s.perHost {
		s.perHost = perHost
		s.rankAll()
	}
	s.expire(now)
	if o.Only != nil {
		claimed, next := s.claimOnly(o, now)
		return claimed, upcoming(next)
	}
	s.wake(now)
	var claimed []claim
	for len(claimed) < o.Limit && len(s.ready) > 0 {
		h := s.ready[0]
		claimed = append(claimed, s.lease(h.waiting[0], now, o))
		if s.isReady(h, now) {
			h.key = s.feeds[h.waiting[0]].due
			fix(s.ready, 0, byHost{})
		} else {
			s.rank(h)
			s.settleReady(now)
		}
	}
	next := int64(distant)
	if len(s.ready) > 0 {
		next = s.ready[0].key
	}
	if len(s.later) > 0 {
		next = min(next, s.later[0].key)
	}
	return claimed, upcoming(next)
}

// upcoming returns the time of something that may never come.
func upcoming(ms int64) time.Time {
	if ms == distant {
		return time.Time{}
	}
	return instant(max(ms, 0)) // what is due for ever is due since 1970
}

// expire ends the leases whose time is over. They can still be used until the
// feed is claimed anew.
func (s *schedule) expire(now int64) {
	for len(s.leases) > 0 && s.feeds[s.leases[0]].key <= now {
		n := s.leases[0]
		s.rest(n)
		s.rank(s.feeds[n].host)
	}
}

// wake makes hosts ready whose time has come.
func (s *schedule) wake(now int64) {
	for len(s.later) > 0 && s.later[0].key <= now {
		h := s.later[0]
		s.unqueue(h)
		h.key, h.queue = s.feeds[h.waiting[0]].due, inReady
		s.ready = push(s.ready, h, byHost{})
	}
	s.settleReady(now)
}

// settleReady makes sure that the first of the ready hosts still is: the clock
// may have been set back since it became so.
func (s *schedule) settleReady(now int64) {
	for len(s.ready) > 0 && !s.isReady(s.ready[0], now) {
		s.rank(s.ready[0])
	}
}

// isReady reports whether the host has a feed to claim, given that no lease has
// expired.
func (s *schedule) isReady(h *host, now int64) bool {
	return len(h.waiting) > 0 && s.feeds[h.waiting[0]].due <= now &&
		h.pause <= now && h.rest <= now && h.out() < s.perHost
}

func (s *schedule) lease(n number, now int64, o store.ClaimOptions) claim {
	f := &s.feeds[n]
	s.epoch++
	expires := now + o.Lease.Milliseconds()
	if o.Gap != nil {
		f.host.rest = now + o.Gap(f.host.name).Milliseconds()
	}
	f.key, f.epoch, f.held = expires, s.epoch, true
	s.move(n, leased)
	return claim{feed: n, id: f.id, epoch: f.epoch, due: f.due, expires: expires}
}

// claimOnly leases the feeds that are named, and says when one of them can be
// claimed next.
func (s *schedule) claimOnly(o store.ClaimOptions, now int64) (claimed []claim, next int64) {
	var ns []number
	for _, id := range o.Only {
		if n, ok := s.numbers[id]; ok && s.feeds[n].configured {
			ns = append(ns, n)
		}
	}
	slices.SortFunc(ns, func(a, b number) int {
		return cmp.Or(cmp.Compare(s.feeds[a].due, s.feeds[b].due), cmp.Compare(a, b))
	})
	ns = slices.Compact(ns)
	for _, n := range ns {
		f := &s.feeds[n]
		h := f.host
		if len(claimed) < o.Limit && f.place == waiting && max(h.pause, h.rest) <= now && h.out() < s.perHost {
			claimed = append(claimed, s.lease(n, now, o))
		}
	}
	next = distant
	for _, n := range ns {
		f := &s.feeds[n]
		at := now
		switch f.place {
		case leased:
			at = f.key
		case committing:
			continue
		}
		next = min(next, max(at, f.host.pause, f.host.rest, s.slot(f.host, s.perHost)))
	}
	for _, n := range ns {
		s.rank(s.feeds[n].host)
	}
	return claimed, next
}

// unclaim takes back leases that nobody was given.
func (s *schedule) unclaim(claimed []claim) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range claimed {
		if f := &s.feeds[c.feed]; f.held && f.epoch == c.epoch && f.place == leased {
			f.held = false
			s.rest(c.feed)
			s.rank(f.host)
		}
	}
}

// leases reads what goes with leases.
func (s *Store) leases(claimed []claim) ([]store.Lease, error) {
	if len(claimed) == 0 {
		return nil, nil
	}
	leases := make([]store.Lease, 0, len(claimed))
	err := s.view(func(tx *bbolt.Tx) error {
		for _, c := range claimed {
			st, _, err := readState(tx, c.feed)
			if err != nil {
				return err
			}
			window, err := decodeWindow(windows.in(tx).Get(c.feed.key()))
			if err != nil {
				return fmt.Errorf("window: %w", err)
			}
			st.Due = instant(c.due)
			leases = append(leases, store.Lease{
				Feed:    c.id,
				Epoch:   c.epoch,
				Expires: instant(c.expires),
				State:   st,
				Window:  window,
			})
		}
		return nil
	})
	return leases, err
}

// readState reads what is known of a feed.
func readState(tx *bbolt.Tx, n number) (store.State, profile, error) {
	p, err := decodeProfile(profiles.in(tx).Get(n.key()))
	if err != nil {
		return store.State{}, p, fmt.Errorf("feed %d: %w", n, err)
	}
	c, err := decodeCondition(states.in(tx).Get(n.key()))
	if err != nil {
		return store.State{}, p, fmt.Errorf("state of feed %d: %w", n, err)
	}
	return state(&c, &p), p, nil
}

// number returns the number of a feed, or ErrNotFound.
func (s *schedule) number(id feeds.FeedID) (number, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, ok := s.numbers[id]
	if !ok {
		return 0, fmt.Errorf("feed %s: %w", id, store.ErrNotFound)
	}
	return n, nil
}

// State reads the state of one feed.
func (s *Store) State(ctx context.Context, id feeds.FeedID) (store.State, error) {
	if err := s.enter(ctx); err != nil {
		return store.State{}, err
	}
	defer s.leave()
	n, err := s.sched.number(id)
	if err != nil {
		return store.State{}, err
	}
	var st store.State
	err = s.view(func(tx *bbolt.Tx) error {
		st, _, err = readState(tx, n)
		return err
	})
	return st, err
}

// Release writes only when the due time differs from the stored one.
func (s *Store) Release(ctx context.Context, l store.Lease, due time.Time) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	n, err := s.sched.number(l.Feed)
	if err != nil {
		return err
	}
	if s.sched.releaseUnchanged(n, l.Epoch, millis(due)) {
		return nil
	}
	return s.submit(&release{s: s, feed: n, epoch: l.Epoch, due: millis(due)})
}

// releaseUnchanged gives a lease back when nothing needs to be written for it.
func (s *schedule) releaseUnchanged(n number, epoch uint64, due int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := &s.feeds[n]
	if !f.held || f.epoch != epoch || f.place == committing {
		return true // it was lost
	}
	if f.due != due {
		return false
	}
	f.held = false
	s.rest(n)
	s.rank(f.host)
	return true
}

// release is the write that gives a lease back.
type release struct {
	s     *Store
	feed  number
	epoch uint64
	due   int64
	turn
}

func (r *release) order() (number, int) { return r.feed, 0 }

func (r *release) apply(b *batch) error {
	if !r.begin(r.s.sched, r.feed, r.epoch) {
		return nil
	}
	c, err := decodeCondition(b.bucket(states).Get(r.feed.key()))
	if err != nil {
		return fmt.Errorf("state of feed %d: %w", r.feed, err)
	}
	c.due = r.due
	return b.bucket(states).Put(r.feed.key(), c.record())
}

func (r *release) settle(landed bool) {
	r.end(r.s.sched, r.feed, landed, func(s *schedule) { s.setDue(r.feed, r.due) })
}

// turn is a lease's way through a transaction that uses it up.
type turn struct {
	begun   bool
	was     place
	expires int64
}

// begin takes the feed out of the schedule while its result is written, so
// that nobody claims it from under the transaction. It reports false when the
// lease was lost.
func (t *turn) begin(s *schedule, n number, epoch uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := &s.feeds[n]
	if !f.held || f.epoch != epoch || f.place == committing {
		return false
	}
	t.begun, t.was = true, f.place
	if f.place == leased {
		t.expires = f.key
	}
	s.move(n, committing)
	s.rank(f.host)
	return true
}

// end puts the feed back: as it was, or changed and without a lease.
func (t *turn) end(s *schedule, n number, landed bool, change func(*schedule)) {
	if !t.begun {
		return
	}
	t.begun = false
	s.mu.Lock()
	defer s.mu.Unlock()
	f := &s.feeds[n]
	if landed {
		f.held = false
		change(s)
		s.rest(n)
	} else if t.was == leased {
		f.key = t.expires
		s.move(n, leased)
	} else {
		s.rest(n)
	}
	s.rank(f.host)
}

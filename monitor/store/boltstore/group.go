package boltstore

import (
	"cmp"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"go.etcd.io/bbolt"
)

// A transaction takes at most this many writes, and starts none beyond about
// this many bytes.
const (
	maxBatch      = 1000
	maxBatchBytes = 16 << 20
)

// write is a change to the file that shares a transaction with others.
type write interface {
	// order returns the feed that the write is about, 0 if none, and about how
	// many bytes it writes. Writes are applied in the order of their feeds, so
	// that what stands together in the file is written together.
	order() (feed number, size int)
	// apply makes the change. When it returns an error, nothing that it wrote
	// stays. A refusal says that it wrote nothing. It can be called again
	// after settle(false).
	apply(b *batch) error
	// settle is told whether the change that apply made is on disk, before
	// the caller of submit is.
	settle(landed bool)
}

// refusal is an error of a write that changed nothing in the transaction.
type refusal struct{ error }

func (r refusal) Unwrap() error { return r.error }

// group is the group commit: the writes that wait for the next transaction,
// and what transactions leave behind.
type group struct {
	mu    sync.Mutex
	queue []*call
	// busy is set while a transaction is under way.
	busy bool

	// mark is what the last transaction left; a copy of the one in the file.
	mark mark
	// last is when it did, the zero time after one that failed.
	last time.Time
	// broken is why nothing can be written any more, if so.
	broken error
	// stuck is set when bbolt's lock for writers could not be given back.
	stuck bool
}

// call is a write with somebody who waits for it.
type call struct {
	write
	feed number
	size int
	err  error
	// turn gets one value: true when it falls to the waiting one to run the
	// next transaction, false when the write is settled.
	turn chan bool
	done bool
}

// submit makes a change in the next transaction and returns when it is on
// disk, or with the reason why it is not.
func (s *Store) submit(w write) error {
	c := &call{write: w, turn: make(chan bool, 1)}
	c.feed, c.size = w.order()
	g := &s.group
	g.mu.Lock()
	g.queue = append(g.queue, c)
	lead := !g.busy
	g.busy = true
	g.mu.Unlock()
	if !lead {
		lead = <-c.turn
	}
	if lead {
		s.lead(c)
	}
	return c.err
}

// lead runs one transaction for everybody who waits, and hands on to the first
// of those who came since. own is the first in the queue.
func (s *Store) lead(own *call) {
	g := &s.group
	g.mu.Lock()
	n, size := 0, 0
	for n < len(g.queue) && n < maxBatch && size < maxBatchBytes {
		size += g.queue[n].size
		n++
	}
	calls := slices.Clone(g.queue[:n])
	g.queue = slices.Delete(g.queue, 0, n)
	g.mu.Unlock()

	s.run(calls)

	g.mu.Lock()
	if len(g.queue) > 0 {
		g.queue[0].turn <- true
	} else {
		g.busy = false
	}
	g.mu.Unlock()
	for _, c := range calls {
		if c != own {
			c.turn <- false
		}
	}
}

// run settles all calls, in one transaction if none of them fails.
func (s *Store) run(calls []*call) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	slices.SortStableFunc(calls, func(a, b *call) int { return cmp.Compare(a.feed, b.feed) })
	for len(calls) > 0 {
		failed, err := s.attempt(calls)
		if failed < 0 {
			for _, c := range calls {
				if c.err == nil {
					c.err = err
				}
			}
			return
		}
		calls[failed].err = err
		calls = slices.Delete(slices.Clone(calls), failed, failed+1)
	}
}

// attempt runs one transaction. When a call fails within it, attempt undoes
// everything and returns the call's place; else it returns -1 and the error of
// the transaction as a whole. Calls that were refused have their error set.
func (s *Store) attempt(calls []*call) (failed int, err error) {
	g := &s.group
	g.mu.Lock()
	mark, broken := g.mark, g.broken
	g.mu.Unlock()
	if broken != nil {
		return -1, broken
	}
	start := time.Now()
	var tx *bbolt.Tx
	if err := guard(s.path, func() (err error) { tx, err = s.db.Begin(true); return err }); err != nil {
		return -1, explain(s.path, err)
	}
	b := &batch{tx: tx, mark: mark, ids: minter{mark.last}}
	applied := 0
	settle := func(landed bool) {
		for _, c := range calls {
			if c.done {
				c.settle(landed)
				c.done = false
			}
		}
	}
	for i, c := range calls {
		c.err = nil
		err := guard(s.path, func() error { return c.apply(b) })
		var refused refusal
		switch {
		case errors.As(err, &refused):
			c.err = refused.error
			c.settle(false)
		case err != nil:
			s.abandon(tx)
			c.settle(false)
			settle(false)
			return i, explain(s.path, err)
		default:
			c.done = true
			applied++
		}
	}
	if applied == 0 {
		s.abandon(tx)
		return -1, nil
	}
	id := tx.ID()
	err = guard(s.path, func() error {
		if err := b.finish(); err != nil {
			return err
		}
		return tx.Commit()
	})
	g.mu.Lock()
	g.last = time.Time{}
	if err == nil {
		g.mark, g.last = b.mark, time.Now()
	}
	g.mu.Unlock()
	if err != nil {
		s.abandon(tx)
		err = explain(s.path, err)
		s.doubt(id, err)
	} else {
		s.metrics.committed(time.Since(start), applied)
	}
	settle(err == nil)
	return -1, err
}

// abandon ends a transaction that did not succeed.
func (s *Store) abandon(tx *bbolt.Tx) {
	if err := guard(s.path, func() error { rollback(tx); return nil }); err != nil {
		s.group.mu.Lock()
		s.group.stuck, s.group.broken = true, err
		s.group.mu.Unlock()
	}
}

// doubt ends all writing when a transaction failed and yet can be seen: its
// last page was written, but perhaps not for good. Nobody but the next Open
// can tell.
func (s *Store) doubt(id int, cause error) {
	seen := 0
	err := guard(s.path, func() error {
		return s.db.View(func(tx *bbolt.Tx) error {
			seen = tx.ID()
			return nil
		})
	})
	if err == nil && seen < id {
		return
	}
	s.group.mu.Lock()
	defer s.group.mu.Unlock()
	s.group.broken = fmt.Errorf("the store must be opened anew, because a write failed halfway: %w", cause)
}

// wrote reports whether the last transaction succeeded, and did so within the
// given time.
func (g *group) wrote(within time.Duration) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return !g.last.IsZero() && time.Since(g.last) < within
}

// current returns what the last transaction left.
func (g *group) current() mark {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.mark
}

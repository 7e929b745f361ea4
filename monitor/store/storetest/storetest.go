// Package storetest holds the tests that every store.Store passes, and what
// they are made of.
//
// Where the contract leaves a question open the tests settle it for all
// stores; such a test says so.
package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/store"
)

// Open opens the store whose data is in the folder dir. It fails the test when
// it cannot. Run closes what it returns before it calls it for the same folder
// again.
type Open func(t *testing.T, dir string) store.Store

// Run runs all tests against the stores that open returns.
func Run(t *testing.T, open Open) {
	for _, topic := range []struct {
		name  string
		tests []test
	}{
		{"schedule", scheduleTests},
		{"leases", leaseTests},
		{"sync", syncTests},
		{"commit", commitTests},
		{"identity", identityTests},
		{"archive", archiveTests},
		{"outbox", outboxTests},
		{"ledger", ledgerTests},
		{"rebase", rebaseTests},
		{"prune", pruneTests},
		{"durability", durabilityTests},
		{"concurrency", concurrencyTests},
	} {
		t.Run(topic.name, func(t *testing.T) {
			for _, tt := range topic.tests {
				t.Run(tt.name, func(t *testing.T) {
					t.Parallel()
					tt.run(newWorld(t, open))
				})
			}
		})
	}
	t.Run("model", func(t *testing.T) {
		t.Parallel()
		testModel(t, open)
	})
}

type test struct {
	name string
	run  func(w *world)
}

// start is when the tests' clocks begin.
var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// world is a store with a clock, and what a test does to it. Its methods fail
// the test when the store returns an error.
type world struct {
	*testing.T
	store.Store
	ctx  context.Context
	open Open
	dir  string
	now  time.Time
}

func newWorld(t *testing.T, open Open) *world {
	w := &world{T: t, ctx: t.Context(), open: open, dir: t.TempDir(), now: start}
	w.Store = open(t, w.dir)
	t.Cleanup(func() {
		if err := w.Store.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return w
}

// reopen closes the store and opens it again.
func (w *world) reopen() {
	w.Helper()
	w.ok(w.Store.Close())
	w.Store = w.open(w.T, w.dir)
}

// after moves the clock on.
func (w *world) after(d time.Duration) { w.now = w.now.Add(d) }

func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// sync tells the store that these feeds are configured, and returns their ids.
func (w *world) sync(subs ...store.Subscription) []feeds.FeedID {
	w.Helper()
	w.ok(w.Sync(w.ctx, subs, w.now))
	ids := make([]feeds.FeedID, len(subs))
	for i := range subs {
		ids[i] = subs[i].ID
	}
	return ids
}

// lease leases one feed, due or not.
func (w *world) lease(id feeds.FeedID) store.Lease {
	w.Helper()
	leases, _, err := w.Claim(w.ctx, store.ClaimOptions{
		Now: w.now, Limit: 1, PerHost: 1000, Lease: time.Minute, Only: []feeds.FeedID{id},
	})
	w.ok(err)
	if len(leases) != 1 {
		w.Fatalf("claimed %d leases of the one feed that was asked for", len(leases))
	}
	return leases[0]
}

func (w *world) commit(p *store.Poll) store.Receipt {
	w.Helper()
	r, err := w.Commit(w.ctx, p)
	w.ok(err)
	return r
}

// poll leases the feed and commits that its document holds these articles, as
// a monitor would: what Unseen says is new or changed is recorded.
func (w *world) poll(id feeds.FeedID, articles ...*feeds.Article) (*store.Poll, store.Receipt) {
	w.Helper()
	p := w.read(id, articles...)
	return p, w.commit(p)
}

// read does as poll without committing.
func (w *world) read(id feeds.FeedID, articles ...*feeds.Article) *store.Poll {
	w.Helper()
	p := NewPoll(w.lease(id), w.now, articles...)
	ids := feeds.Identify(articles, nil)
	seen, err := w.Unseen(w.ctx, id, ids)
	w.ok(err)
	entries := p.Entries[:0]
	for i, e := range p.Entries {
		e.Known, e.Novelty = seen[i].Key, seen[i].Novelty
		p.Window[i].Key = seen[i].Key
		if e.Novelty != store.Known {
			entries = append(entries, e)
		}
	}
	p.Entries = entries
	return p
}

// state reads a feed's state.
func (w *world) state(id feeds.FeedID) store.State {
	w.Helper()
	st, err := w.State(w.ctx, id)
	w.ok(err)
	return st
}

// articles asks the archive.
func (w *world) articles(q store.Query) []*feeds.Article {
	w.Helper()
	list, err := w.Articles(w.ctx, q)
	w.ok(err)
	return list
}

// unseen asks about one identity.
func (w *world) unseen(id feeds.FeedID, identity feeds.Identity) store.Sighting {
	w.Helper()
	seen, err := w.Unseen(w.ctx, id, []feeds.Identity{identity})
	w.ok(err)
	if len(seen) != 1 {
		w.Fatalf("%d sightings of one identity", len(seen))
	}
	return seen[0]
}

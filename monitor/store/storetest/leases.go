package storetest

import (
	"errors"
	"time"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/store"
)

// lost wants the lease to be of no use any more.
func (w *world) lost(l store.Lease) {
	w.Helper()
	before, err := w.State(w.ctx, l.Feed)
	w.ok(err)
	p := NewPoll(l, w.now.Add(time.Second), Article(900))
	AddAlert(p, 0, "rule", "desk")
	if _, err := w.Commit(w.ctx, p); !errors.Is(err, store.ErrLeaseLost) {
		w.Errorf("commit with a lost lease: %v, want ErrLeaseLost", err)
	}
	w.ok(w.Release(w.ctx, l, w.now.Add(99*time.Hour)))
	w.equal(w.state(l.Feed), before)
	w.equal(len(w.articles(store.Query{})), before.Articles)
}

var leaseTests = []test{
	{"a lease holds until it is over", func(w *world) {
		ids := w.sync(Subscription("https://a.example/"))
		first := w.wantClaim(store.ClaimOptions{Lease: time.Minute}, ids, w.now.Add(time.Minute))[0]
		w.equal(first.Expires, w.now.Add(time.Minute))
		w.after(time.Minute - time.Millisecond)
		w.wantClaim(store.ClaimOptions{}, nil, first.Expires)
		w.wantClaim(store.ClaimOptions{Only: ids}, nil, first.Expires)
		w.after(time.Millisecond)
		second := w.wantClaim(store.ClaimOptions{}, ids, w.now.Add(time.Minute))[0]
		if second.Epoch <= first.Epoch {
			w.Errorf("the epoch went from %d to %d", first.Epoch, second.Epoch)
		}
		w.lost(first)
		w.commit(Unchanged(second, w.now))
	}},
	{"an expired lease that nobody took over is still good", func(w *world) {
		ids := w.sync(Subscription("https://a.example/1"), Subscription("https://a.example/2"))
		l := w.lease(ids[0])
		m := w.lease(ids[1])
		w.after(time.Hour)
		w.wantClaim(store.ClaimOptions{Limit: 0 - 1}, nil, w.now)
		w.commit(Unchanged(l, w.now))
		w.ok(w.Release(w.ctx, m, w.now.Add(time.Minute)))
		w.wantClaim(store.ClaimOptions{}, nil, w.now.Add(time.Minute))
	}},
	{"a lease is good for one commit", func(w *world) {
		ids := w.sync(Subscription("https://a.example/"))
		l := w.lease(ids[0])
		w.commit(Unchanged(l, w.now))
		w.lost(l)
	}},
	{"a released feed is due when it is said to be", func(w *world) {
		ids := w.sync(Subscription("https://a.example/"))
		l := w.lease(ids[0])
		due := w.now.Add(5 * time.Minute)
		w.ok(w.Release(w.ctx, l, due))
		w.equal(w.state(ids[0]).Due, due)
		w.wantClaim(store.ClaimOptions{}, nil, due)
		w.lost(l)
		w.reopen()
		w.wantClaim(store.ClaimOptions{}, nil, due)
		w.now = due
		l = w.wantClaim(store.ClaimOptions{}, ids, due.Add(time.Minute))[0]
		w.ok(w.Release(w.ctx, l, due))
		w.wantClaim(store.ClaimOptions{}, ids, due.Add(time.Minute))
	}},
	// Settled here: Close takes back all leases that the store has given, so a
	// restart does not wait for them.
	{"leases end with Close", func(w *world) {
		ids := w.sync(Subscription("https://a.example/"))
		old := w.lease(ids[0])
		w.reopen()
		w.lost(old)
		l := w.wantClaim(store.ClaimOptions{}, ids, w.now.Add(time.Minute))[0]
		if l.Epoch <= old.Epoch {
			w.Errorf("the epoch went from %d to %d over a restart", old.Epoch, l.Epoch)
		}
		w.lost(old)
		w.reopen()
		if m := w.lease(ids[0]); m.Epoch <= l.Epoch {
			w.Errorf("the epoch went from %d to %d over a restart without a write", l.Epoch, m.Epoch)
		}
	}},
	{"epochs grow from claim to claim", func(w *world) {
		ids := w.sync(Subscriptions(3)...)
		last := make(map[feeds.FeedID]uint64)
		for range 5 {
			for _, id := range ids {
				l := w.lease(id)
				if l.Epoch <= last[id] {
					w.Errorf("the epoch went from %d to %d", last[id], l.Epoch)
				}
				last[id] = l.Epoch
				w.ok(w.Release(w.ctx, l, w.now))
			}
		}
	}},
}

package storetest

import (
	"time"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/store"
	"github.com/copytaster/copytaster/notify"
)

// rebase calls Rebase and compares how many it moved.
func (w *world) rebase(want int) {
	w.Helper()
	n, err := w.Rebase(w.ctx, w.now)
	w.ok(err)
	w.equal(n, want)
}

var rebaseTests = []test{
	{"nothing lies ahead", func(w *world) {
		w.rebase(0)
		id := w.alerted(3, "desk")
		due := w.state(id).Due
		w.rebase(0)
		w.after(24 * time.Hour)
		w.rebase(0)
		w.equal(w.state(id).Due, due)
	}},
	{"waits begin anew when the clock was set back", func(w *world) {
		ids := w.sync(Subscriptions(3)...)
		past := Unchanged(w.lease(ids[0]), w.now)
		past.State.Due = w.now.Add(3 * time.Hour)
		w.commit(past)
		w.after(24 * time.Hour)
		ahead := Unchanged(w.lease(ids[1]), w.now)
		ahead.State.Due, ahead.State.RetryAfter = w.now.Add(20*time.Minute), w.now.Add(10*time.Minute)
		w.commit(ahead)
		w.now = start.Add(time.Hour)
		check := func() {
			w.Helper()
			w.equal(w.state(ids[0]).Due, start.Add(3*time.Hour))
			w.equal(w.state(ids[1]).Due, w.now.Add(20*time.Minute))
			w.equal(w.state(ids[1]).RetryAfter, w.now.Add(10*time.Minute))
			w.wantClaim(store.ClaimOptions{Only: ids[:1]}, nil, w.now.Add(10*time.Minute))
		}
		w.rebase(1)
		check()
		w.rebase(0)
		w.reopen()
		w.rebase(0)
		check()
		w.after(20 * time.Minute)
		w.rebase(0)
		w.wantClaim(store.ClaimOptions{}, []feeds.FeedID{ids[2], ids[1]}, w.now.Add(time.Minute))
	}},
	{"a feed that was first met in the future", func(w *world) {
		w.after(24 * time.Hour)
		ids := w.sync(Subscription("https://a.example/"))
		w.now = start
		w.wantClaim(store.ClaimOptions{}, nil, start.Add(24*time.Hour))
		w.rebase(1)
		w.wantClaim(store.ClaimOptions{}, ids, w.now.Add(time.Minute))
	}},
	{"the clock is set back while the store is closed", func(w *world) {
		ids := w.sync(Subscription("https://a.example/"))
		w.after(24 * time.Hour)
		w.commit(Unchanged(w.lease(ids[0]), w.now))
		w.reopen()
		w.now = start
		w.rebase(1)
		w.equal(w.state(ids[0]).Due, start.Add(15*time.Minute))
	}},
	{"deliveries", func(w *world) {
		id := w.alerted(1, "desk")
		w.after(24 * time.Hour)
		p := w.read(id, Articles(10, 2)...)
		AddAlert(p, 0, "rule", "desk")
		AddAlert(p, 1, "rule", "desk")
		w.commit(p)
		due := w.take("desk", 9, []int{0, 10, 11}, time.Time{})
		w.settle(notify.Outcome{ID: due[0].ID, State: notify.Pending, At: w.now, Next: w.now.Add(5 * time.Minute), Error: "x"})
		w.settle(notify.Outcome{ID: due[1].ID, State: notify.Delivered, At: w.now})
		w.settle(notify.Outcome{ID: due[2].ID, State: notify.Pending, At: w.now, Next: w.now.Add(7 * time.Minute), Uncounted: true})
		w.now = start.Add(time.Hour)
		w.take("desk", 9, nil, start.Add(24*time.Hour+5*time.Minute+time.Second))
		w.rebase(3) // the feed as well
		w.take("desk", 9, nil, w.now.Add(5*time.Minute))
		w.reopen()
		w.rebase(0)
		w.after(7 * time.Minute)
		w.take("desk", 9, []int{0, 11}, time.Time{})
	}},
	{"a lease does not last longer for it", func(w *world) {
		ids := w.sync(Subscription("https://a.example/"))
		w.after(24 * time.Hour)
		w.wantClaim(store.ClaimOptions{Lease: 10 * time.Minute}, ids, w.now.Add(10*time.Minute))
		w.now = start
		w.rebase(0)
		w.wantClaim(store.ClaimOptions{}, nil, w.now.Add(10*time.Minute))
		w.after(10 * time.Minute)
		w.wantClaim(store.ClaimOptions{}, ids, w.now.Add(time.Minute))
	}},
}

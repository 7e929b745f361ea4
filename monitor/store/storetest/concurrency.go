package storetest

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/store"
	"github.com/copytaster/copytaster/notify"
)

// together calls do for 0 to n-1 at once, from n goroutines.
func together(n int, do func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { do(i) })
	}
	wg.Wait()
}

// check reports errors from any goroutine.
func (w *world) check(what string, err error) bool {
	if err != nil {
		w.Errorf("%s: %v", what, err)
	}
	return err == nil
}

var concurrencyTests = []test{
	{"everything at once", func(w *world) {
		const pollers, rounds = 8, 12
		subs := Subscriptions(3 * pollers)
		ids := w.sync(subs...)
		var mu sync.Mutex
		delivered := make(map[string]int)
		together(2*pollers, func(i int) {
			for round := range rounds {
				now := start.Add(time.Duration(round) * time.Hour)
				if i >= pollers {
					w.read1(i, round, ids, subs, now)
					continue
				}
				leases, _, err := w.Claim(w.ctx, store.ClaimOptions{Now: now, Limit: 3, PerHost: 100, Lease: time.Minute})
				w.check("claim", err)
				for _, l := range leases {
					// All pollers report the same articles of a feed in a round.
					n := 10000 * int(l.Feed[0])
					p := NewPoll(l, now, Articles(n+round*2, 4)...)
					AddAlert(p, 3, "rule", "desk")
					_, err := w.Commit(w.ctx, p)
					if !errors.Is(err, store.ErrLeaseLost) {
						w.check("commit", err)
					}
				}
				due, _, err := w.Due(w.ctx, "desk", now, 5)
				w.check("due", err)
				for _, d := range due {
					w.check("settle", w.Settle(w.ctx, notify.Outcome{ID: d.ID, State: notify.Delivered, At: now}))
					mu.Lock()
					delivered[d.ID]++
					mu.Unlock()
				}
			}
		})
		w.reopen()
		for id, n := range delivered {
			if n != 1 {
				w.Errorf("delivery %s was handed out %d times", id, n)
			}
		}
		w.equal(len(w.deliveries(store.DeliveryQuery{State: notify.Delivered, Limit: 10000})), len(delivered))
		counts := make(map[string]int)
		for _, a := range w.articles(store.Query{Limit: 100000}) {
			if counts[a.Feed.URL+a.GUID]++; counts[a.Feed.URL+a.GUID] > 1 {
				w.Errorf("%s is stored more than once", a.GUID)
			}
		}
		total := 0
		for _, i := range w.infos() {
			total += i.State.Articles
		}
		w.equal(total, len(counts))
	}},
	{"the same articles from many sides", func(w *world) {
		id := w.sync(Subscription("https://a.example/"))[0]
		const n = 16
		leases := make([]store.Lease, n)
		for i := range leases {
			w.after(time.Hour) // the lease before has expired
			leases[i] = w.lease(id)
		}
		var mu sync.Mutex
		won := 0
		together(n, func(i int) {
			p := NewPoll(leases[i], w.now, Articles(0, 3)...)
			AddAlert(p, 0, "rule", "desk")
			_, err := w.Commit(w.ctx, p)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won++
			} else if !errors.Is(err, store.ErrLeaseLost) {
				w.Errorf("commit: %v", err)
			}
		})
		w.equal(won, 1)
		w.equal(len(w.articles(store.Query{})), 3)
		w.equal(len(w.deliveries(store.DeliveryQuery{})), 1)
	}},
	{"one that fails does not touch the others", func(w *world) {
		ids := w.sync(Subscriptions(40)...)
		leases := make([]store.Lease, len(ids))
		for i, id := range ids {
			leases[i] = w.lease(id)
		}
		together(len(ids), func(i int) {
			p := NewPoll(leases[i], w.now, Article(i))
			if i%4 == 0 {
				p.Lease.Epoch--
				if _, err := w.Commit(w.ctx, p); !errors.Is(err, store.ErrLeaseLost) {
					w.Errorf("a wrong epoch: %v", err)
				}
				err := w.Settle(w.ctx, notify.Outcome{ID: "01ARZ3NDEKTSV4RRFFQ69G5FAV", State: notify.Dead})
				if !errors.Is(err, store.ErrNotFound) {
					w.Errorf("a delivery that is none: %v", err)
				}
				return
			}
			_, err := w.Commit(w.ctx, p)
			w.check("commit", err)
		})
		w.equal(len(w.articles(store.Query{})), 30)
	}},
	{"no feed is claimed twice", func(w *world) {
		ids := w.sync(Subscriptions(200)...)
		var mu sync.Mutex
		claimed := make(map[feeds.FeedID]int)
		together(10, func(int) {
			for {
				leases, _, err := w.Claim(w.ctx, store.ClaimOptions{Now: w.now, Limit: 7, PerHost: 2, Lease: time.Minute})
				if !w.check("claim", err) || len(leases) == 0 {
					return
				}
				mu.Lock()
				for _, l := range leases {
					claimed[l.Feed]++
				}
				mu.Unlock()
			}
		})
		for _, id := range ids {
			if claimed[id] != 1 {
				w.Errorf("feed %s was claimed %d times", id, claimed[id])
			}
		}
	}},
}

// read1 calls one of the other methods.
func (w *world) read1(i, round int, ids []feeds.FeedID, subs []store.Subscription, now time.Time) {
	var err error
	switch (i + round) % 10 {
	case 0:
		_, err = w.Articles(w.ctx, store.Query{Feeds: ids[:i], Limit: 300})
	case 1:
		_, err = w.Deliveries(w.ctx, store.DeliveryQuery{Receiver: "desk"})
	case 2:
		_, _, err = w.Depth(w.ctx)
	case 3:
		_, err = w.Rebase(w.ctx, now)
	case 4:
		_, err = w.Prune(w.ctx, store.Retention{Articles: start.Add(-time.Hour), Keys: start.Add(-time.Hour)})
	case 5:
		err = w.Sync(w.ctx, subs, now)
	case 6:
		err = w.Feeds(w.ctx, func(store.FeedInfo) bool { return true })
	case 7:
		_, err = w.Unseen(w.ctx, ids[i%len(ids)], feeds.Identify(Articles(i, 30), nil))
	case 8:
		err = w.Ping(w.ctx)
	case 9:
		_, err = w.State(w.ctx, ids[i%len(ids)])
	}
	w.check(fmt.Sprintf("call %d", (i+round)%10), err)
}

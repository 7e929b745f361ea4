package storetest

import (
	"context"
	"errors"
	"time"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/store"
	"github.com/copytaster/copytaster/notify"
)

var durabilityTests = []test{
	{"everything is there after a restart", func(w *world) {
		ids := w.sync(Subscriptions(20)...)
		for i, id := range ids {
			p := w.read(id, Articles(10*i, 4)...)
			AddAlert(p, i%4, "rule", "desk")
			p.State.Due = w.now.Add(time.Duration(i) * time.Hour)
			w.commit(p)
			w.after(time.Minute)
		}
		articles := w.articles(store.Query{Limit: 1000})
		deliveries := w.deliveries(store.DeliveryQuery{Limit: 1000})
		infos := w.infos()
		depth, oldest, err := w.Depth(w.ctx)
		w.ok(err)
		for range 3 {
			w.reopen()
			w.equal(w.articles(store.Query{Limit: 1000}), articles)
			w.equal(w.deliveries(store.DeliveryQuery{Limit: 1000}), deliveries)
			w.equal(w.infos(), infos)
			w.wantDepth(depth, oldest)
			// Nothing is due early.
			w.wantClaim(store.ClaimOptions{Now: start.Add(-time.Millisecond)}, nil, start)
			w.wantClaim(store.ClaimOptions{Now: start.Add(2*time.Hour + 2*time.Minute)}, ids[:3], start.Add(2*time.Hour+3*time.Minute))
		}
	}},
	{"a lookup after a restart knows every article", func(w *world) {
		id := w.sync(Subscription("https://a.example/"))[0]
		w.poll(id, Articles(0, 300)...)
		w.reopen()
		seen, err := w.Unseen(w.ctx, id, feeds.Identify(Articles(0, 300), nil))
		w.ok(err)
		for i, s := range seen {
			if s.Novelty != store.Known {
				w.Errorf("article %d: %v", i, s)
			}
		}
	}},
	{"a context that has ended", func(w *world) {
		id := w.sync(Subscription("https://a.example/"))[0]
		l := w.lease(id)
		ctx, cancel := context.WithCancel(w.ctx)
		cancel()
		if _, err := w.Commit(ctx, NewPoll(l, w.now, Article(1))); !errors.Is(err, context.Canceled) {
			w.Errorf("commit: %v", err)
		}
		if _, err := w.Articles(ctx, store.Query{}); !errors.Is(err, context.Canceled) {
			w.Errorf("articles: %v", err)
		}
		if err := w.Sync(ctx, nil, w.now); !errors.Is(err, context.Canceled) {
			w.Errorf("sync: %v", err)
		}
		w.equal(len(w.articles(store.Query{})), 0)
		w.commit(NewPoll(l, w.now, Article(1)))
	}},
	{"ping", func(w *world) {
		w.ok(w.Ping(w.ctx))
		w.ok(w.Ping(w.ctx))
	}},
	{"a closed store says so", func(w *world) {
		id := w.sync(Subscription("https://a.example/"))[0]
		l := w.lease(id)
		w.ok(w.Close())
		w.ok(w.Close())
		errs := map[string]error{}
		_, errs["commit"] = w.Commit(w.ctx, Unchanged(l, w.now))
		_, errs["state"] = w.State(w.ctx, id)
		_, _, errs["claim"] = w.Claim(w.ctx, store.ClaimOptions{Now: w.now, Limit: 1, PerHost: 1, Lease: time.Minute})
		_, errs["articles"] = w.Articles(w.ctx, store.Query{})
		_, _, errs["due"] = w.Due(w.ctx, "desk", w.now, 1)
		errs["settle"] = w.Settle(w.ctx, notify.Outcome{ID: "01ARZ3NDEKTSV4RRFFQ69G5FAV", State: notify.Dead})
		errs["ping"] = w.Ping(w.ctx)
		for call, err := range errs {
			if err == nil {
				w.Errorf("%s works on a closed store", call)
			}
		}
	}},
}

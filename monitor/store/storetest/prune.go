package storetest

import (
	"time"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/store"
	"github.com/copytaster/copytaster/notify"
)

const day = 24 * time.Hour

// prune forgets articles and keys of before the given times ago.
func (w *world) prune(articles, keys time.Duration, want store.Pruned) {
	w.Helper()
	got, err := w.Prune(w.ctx, store.Retention{Articles: w.now.Add(-articles), Keys: w.now.Add(-keys)})
	w.ok(err)
	w.equal(got, want)
}

var pruneTests = []test{
	{"old articles go, their keys stay", func(w *world) {
		id := w.sync(Subscription("https://a.example/"))[0]
		p := w.read(id, Articles(0, 3)...)
		p.Entries[0].Rules = []string{"rule"}
		w.commit(p)
		w.after(day)
		w.poll(id, Articles(10, 2)...)
		w.after(99 * day)
		w.poll(id, Article(20))
		before := w.Revision()
		w.prune(99*day+time.Hour, 400*day, store.Pruned{Articles: 3})
		if w.Revision() <= before {
			w.Error("pruning did not make the revision grow")
		}
		check := func() {
			w.Helper()
			w.equal(len(w.articles(store.Query{})), 3)
			w.equal(len(w.articles(store.Query{Feeds: []feeds.FeedID{id}})), 3)
			w.equal(len(w.articles(store.Query{Rule: "rule"})), 0)
			w.equal(len(w.articles(store.Query{Matched: true})), 0)
			w.equal(w.state(id).Articles, 6)
			i := identity(Article(1))
			w.equal(w.unseen(id, i), store.Sighting{Novelty: store.Known, Key: i.Key})
			// There is nothing left to change.
			w.equal(w.unseen(id, identity(edited(Article(1), "New text."))), store.Sighting{Novelty: store.Known, Key: i.Key})
			// Aliases outlive the article, too.
			x := i
			x.Key = key("x")
			w.equal(w.unseen(id, x), store.Sighting{Novelty: store.Known, Key: i.Key})
		}
		check()
		w.reopen()
		check()
		w.prune(99*day+time.Hour, 400*day, store.Pruned{})
		// A change that was under way when its article went is left out.
		q := NewPoll(w.lease(id), w.now, edited(Article(1), "New text."))
		q.Entries[0].Novelty = store.Changed
		w.equal(w.commit(q), store.Receipt{})
		w.equal(len(w.articles(store.Query{})), 3)
	}},
	{"an article that still stands in its feed stays", func(w *world) {
		id := w.sync(Subscription("https://a.example/"))[0]
		w.poll(id, Articles(0, 3)...)
		w.after(100 * day)
		w.prune(90*day, 90*day, store.Pruned{})
		w.poll(id, Article(1))
		w.prune(90*day, 90*day, store.Pruned{Articles: 2})
		w.wantTitles(Article(1))
		// One that came back stands there again.
		w.poll(id, Article(2))
		w.poll(id, Article(1), Article(2))
		w.prune(90*day, 90*day, store.Pruned{})
		w.wantTitles(Article(1))
		w.poll(id)
		w.prune(90*day, 90*day, store.Pruned{Articles: 1})
		w.wantTitles()
	}},
	{"an article that was never in the window", func(w *world) {
		id := w.sync(Subscription("https://a.example/"))[0]
		p := NewPoll(w.lease(id), w.now, Article(1))
		p.Window = nil
		w.commit(p)
		w.after(100 * day)
		w.prune(90*day, 101*day, store.Pruned{Articles: 1})
		w.prune(90*day, 99*day, store.Pruned{Keys: 1})
	}},
	{"keys go a time after they left", func(w *world) {
		id := w.sync(Subscription("https://a.example/"))[0]
		w.poll(id, Articles(0, 400)...)
		w.after(10 * day)
		w.poll(id, Articles(0, 2)...)
		w.after(90 * day)
		w.poll(id, Article(0))
		w.after(300 * day)
		w.prune(90*day, 391*day, store.Pruned{Articles: 399})
		w.equal(w.unseen(id, identity(Article(5))).Novelty, store.Known)
		w.prune(90*day, 389*day, store.Pruned{Keys: 398})
		w.equal(w.unseen(id, identity(Article(5))).Novelty, store.New)
		x := identity(Article(5))
		x.Key = key("x")
		w.equal(w.unseen(id, x).Novelty, store.New)
		w.equal(w.unseen(id, identity(Article(1))).Novelty, store.Known)
		w.equal(w.unseen(id, identity(Article(0))).Novelty, store.Known)
		w.prune(90*day, 299*day, store.Pruned{Keys: 1})
		w.equal(w.unseen(id, identity(Article(1))).Novelty, store.New)
		w.equal(w.unseen(id, identity(Article(0))).Novelty, store.Known)
		_, r := w.poll(id, Article(0), Article(5))
		w.equal(r, store.Receipt{New: 1})
	}},
	{"the key of an article that is kept is kept", func(w *world) {
		id := w.sync(Subscription("https://a.example/"))[0]
		w.poll(id, Article(1))
		w.poll(id)
		w.after(day)
		got, err := w.Prune(w.ctx, store.Retention{Keys: w.now})
		w.ok(err)
		w.equal(got, store.Pruned{})
		w.equal(w.unseen(id, identity(Article(1))).Novelty, store.Known)
	}},
	{"settled deliveries go, pending ones stay with their alerts", func(w *world) {
		w.alerted(3, "desk", "phone")
		due := w.take("desk", 9, []int{0, 1, 2}, time.Time{})
		for _, d := range due[:2] {
			w.settle(notify.Outcome{ID: d.ID, State: notify.Delivered, At: w.now})
		}
		d := w.take("phone", 1, []int{0}, start.Add(time.Second))[0]
		w.settle(notify.Outcome{ID: d.ID, State: notify.Dead, At: w.now, Error: "x"})
		w.after(100 * day)
		w.prune(101*day, 101*day, store.Pruned{})
		w.prune(90*day, 101*day, store.Pruned{Deliveries: 3, Articles: 2})
		w.prune(90*day, 101*day, store.Pruned{})
		check := func() {
			w.Helper()
			left := w.deliveries(store.DeliveryQuery{})
			w.equal(len(left), 3)
			for _, d := range left {
				w.equal(d.State, notify.Pending)
				w.equal(d.Alert.Rule.Name, "rule")
			}
			w.wantDepth(map[string]int{"desk": 1, "phone": 2}, start.Add(time.Second))
		}
		check()
		w.reopen()
		check()
		w.take("phone", 9, []int{1, 2}, time.Time{})
	}},
	{"more than one step", func(w *world) {
		id := w.sync(Subscription("https://a.example/"))[0]
		p := w.read(id, Articles(0, 300)...)
		for i := range p.Entries {
			AddAlert(p, i, "rule", "desk")
		}
		w.commit(p)
		due, _, err := w.Due(w.ctx, "desk", w.now, 1000)
		w.ok(err)
		together(len(due), func(i int) {
			w.check("settle", w.Settle(w.ctx, notify.Outcome{ID: due[i].ID, State: notify.Delivered, At: w.now}))
		})
		w.poll(id)
		w.after(100 * day)
		w.poll(id, Article(1000))
		w.prune(90*day, 90*day, store.Pruned{Articles: 300, Deliveries: 300, Keys: 300})
		w.wantTitles(Article(1000))
	}},
	{"seen when the clock was set back", func(w *world) {
		id := w.sync(Subscription("https://a.example/"))[0]
		w.after(100 * day)
		w.poll(id, Article(1))
		w.now = start
		p := w.read(id, Article(2))
		AddAlert(p, 0, "rule", "desk")
		w.commit(p)
		d := w.take("desk", 1, []int{2}, time.Time{})[0]
		w.settle(notify.Outcome{ID: d.ID, State: notify.Delivered, At: w.now})
		w.poll(id)
		w.after(99 * day)
		w.prune(90*day, 400*day, store.Pruned{Articles: 1, Deliveries: 1})
		w.wantTitles(Article(1))
	}},
}

// wantTitles compares the titles of all articles.
func (w *world) wantTitles(want ...*feeds.Article) {
	w.Helper()
	got, titles := []string{}, []string{}
	for _, a := range w.articles(store.Query{Limit: 1000}) {
		got = append(got, a.Title)
	}
	for _, a := range want {
		titles = append(titles, a.Title)
	}
	w.equal(got, titles)
}

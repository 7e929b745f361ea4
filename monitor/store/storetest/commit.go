package storetest

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/store"
	"github.com/copytaster/copytaster/notify"
)

// identity returns the identity of one article.
func identity(a *feeds.Article) feeds.Identity { return feeds.Identify([]*feeds.Article{a}, nil)[0] }

// edited returns another version of an article.
func edited(a *feeds.Article, summary string) *feeds.Article {
	b := *a
	b.Summary, b.ContentText, b.ContentHTML = summary, summary, "<p>"+summary+"</p>"
	return &b
}

var commitTests = []test{
	{"an article comes back as it was", func(w *world) {
		id := w.sync(Subscription("https://a.example/"))[0]
		full := Article(1)
		full.Authors = []string{"A", "B"}
		full.Categories = []string{"x", "", "y"}
		full.Enclosures = []feeds.Enclosure{{URL: "https://a/1.mp3", Type: "audio/mpeg", Length: 123456789}, {URL: "https://a/2"}}
		full.Image = "https://a.example/i.png"
		full.Updated = w.now.Add(-time.Hour)
		full.Published = time.Date(2026, 2, 28, 1, 2, 3, 4e6, time.UTC)
		full.ContentHTML = strings.Repeat("<p>long &amp; winding</p>\n", 5000)
		sparse := &feeds.Article{Title: "\x00 'Ünï©ödé' \U0001F600", Published: time.Date(1, 1, 1, 0, 0, 1, 0, time.UTC)}
		bare := &feeds.Article{ContentText: "x", Published: time.Unix(0, 0).UTC()}
		p, r := w.poll(id, full, sparse, bare)
		w.equal(r, store.Receipt{New: 3})
		for i := range p.Entries {
			a := p.Entries[i].Article
			if a.ID == "" || !a.Seen.Equal(w.now) {
				w.Errorf("the article was given id %q, seen %v", a.ID, a.Seen)
			}
		}
		want := []*feeds.Article{bare, sparse, full}
		w.equal(withoutFeed(w.articles(store.Query{})), want)
		w.reopen()
		w.equal(withoutFeed(w.articles(store.Query{})), want)
		w.equal(w.state(id).Articles, 3)
		w.equal(w.state(id).NewestAt, w.now)
	}},
	{"times are cut to the millisecond", func(w *world) {
		id := w.sync(Subscription("https://a.example/"))[0]
		w.now = w.now.Add(123456 * time.Nanosecond).In(time.FixedZone("", 3600))
		a := Article(1)
		a.Published = w.now
		w.poll(id, a)
		cut := start
		w.equal(w.articles(store.Query{})[0].Published, cut)
		w.equal(w.articles(store.Query{})[0].Seen, cut)
		w.equal(w.state(id).Polled, cut)
	}},
	{"new, known, changed", func(w *world) {
		id := w.sync(Subscription("https://a.example/"), Subscription("https://b.example/"))[0]
		a := Article(1)
		i := identity(a)
		w.equal(w.unseen(id, i), store.Sighting{Novelty: store.New, Key: i.Key})
		w.poll(id, a)
		w.equal(w.unseen(id, i), store.Sighting{Novelty: store.Known, Key: i.Key})
		w.equal(w.unseen(feeds.NewFeedID("https://b.example/"), i), store.Sighting{Novelty: store.New, Key: i.Key})
		b := edited(a, "Another text.")
		w.equal(w.unseen(id, identity(b)), store.Sighting{Novelty: store.Changed, Key: i.Key})
		w.after(time.Hour)
		before := w.Revision()
		p, r := w.poll(id, b)
		w.equal(r, store.Receipt{Changed: 1})
		if w.Revision() <= before {
			w.Error("an edit did not make the revision grow")
		}
		got := w.articles(store.Query{})
		w.equal(len(got), 1)
		w.equal(got[0].Summary, "Another text.")
		w.equal(got[0].ID, a.ID)
		w.equal(got[0].Seen, start)
		w.equal(p.Entries[0].Article.ID, a.ID)
		w.equal(p.Entries[0].Article.Seen, start)
		w.equal(w.state(id).Articles, 1)
		w.equal(w.state(id).NewestAt, start)
		w.equal(w.unseen(id, identity(b)).Novelty, store.Known)
		w.equal(w.unseen(id, i).Novelty, store.Changed)
		_, r = w.poll(id, b)
		w.equal(r, store.Receipt{})
	}},
	{"many identities, in order", func(w *world) {
		id := w.sync(Subscription("https://a.example/"))[0]
		all := Articles(0, 40)
		var known []*feeds.Article
		for i := 0; i < 40; i += 3 {
			known = append(known, all[i])
		}
		w.poll(id, known...)
		ids := feeds.Identify(all, nil)
		seen, err := w.Unseen(w.ctx, id, ids)
		w.ok(err)
		for i, s := range seen {
			want := store.Sighting{Novelty: store.New, Key: ids[i].Key}
			if i%3 == 0 {
				want.Novelty = store.Known
			}
			w.equal(s, want)
		}
	}},
	{"what became known since is left out with its alerts", func(w *world) {
		id := w.sync(Subscription("https://a.example/"))[0]
		p := NewPoll(w.lease(id), w.now, Articles(0, 3)...)
		for i := range p.Entries {
			AddAlert(p, i, "rule", "desk")
		}
		w.commit(p)
		q := NewPoll(w.lease(id), w.now.Add(time.Hour), append(Articles(1, 3), Article(3))...)
		for i := range q.Entries {
			AddAlert(q, i, "rule", "phone")
		}
		r := w.commit(q)
		w.equal(r, store.Receipt{New: 1, Alerts: 1, Receivers: []string{"phone"}})
		w.equal(len(w.articles(store.Query{})), 4)
		w.equal(len(w.deliveries(store.DeliveryQuery{})), 4)
		w.equal(w.state(id).Articles, 4)
	}},
	{"a new entry does not become an edit", func(w *world) {
		id := w.sync(Subscription("https://a.example/"))[0]
		w.poll(id, Article(1))
		p := NewPoll(w.lease(id), w.now, edited(Article(1), "Rewritten."))
		AddAlert(p, 0, "rule", "desk")
		w.equal(w.commit(p), store.Receipt{})
		w.equal(w.articles(store.Query{})[0].Summary, Article(1).Summary)
		w.equal(len(w.articles(store.Query{Rule: "rule"})), 0)
	}},
	{"an edit that is none any more is left out", func(w *world) {
		id := w.sync(Subscription("https://a.example/"))[0]
		w.poll(id, Article(1))
		p := w.read(id, edited(Article(1), "Rewritten."))
		w.equal(p.Entries[0].Novelty, store.Changed)
		p.Entries = append(p.Entries, p.Entries[0])
		p.Entries[1].Article = edited(Article(1), "Twice.")
		p.Entries[1].Identity = identity(p.Entries[1].Article)
		w.equal(w.commit(p), store.Receipt{Changed: 1})
		w.equal(w.articles(store.Query{})[0].Summary, "Rewritten.")
		p.Lease = w.lease(id)
		p.Entries = p.Entries[:1]
		w.equal(w.commit(p), store.Receipt{})
	}},
	{"ids grow, also when the clock is set back", func(w *world) {
		id := w.sync(Subscription("https://a.example/"))[0]
		var all []string
		for i, at := range []time.Duration{0, time.Hour, -time.Hour, -time.Hour, 30 * time.Minute, 2 * time.Hour, 0} {
			p := NewPoll(w.lease(id), start.Add(at), Articles(10*i, 3)...)
			AddAlert(p, 1, "rule", "desk", "phone")
			w.commit(p)
			for _, e := range p.Entries {
				all = append(all, e.Article.ID)
				w.equal(e.Article.Seen, start.Add(at))
			}
			all = append(all, p.Entries[1].Alerts[0].ID)
			if i%2 == 1 {
				w.reopen()
			}
		}
		articles := make([]string, 0, len(all))
		for i, id := range all {
			if i%4 != 3 {
				articles = append(articles, id)
			}
		}
		if !slices.IsSorted(articles) || len(slices.Compact(slices.Sorted(slices.Values(all)))) != len(all) {
			w.Errorf("ids in the order in which they were given: %v", all)
		}
		got := w.articles(store.Query{Limit: 100})
		for i, a := range got {
			w.equal(a.ID, articles[len(articles)-1-i])
		}
	}},
	{"alerts and deliveries go with their articles", func(w *world) {
		id := w.sync(Subscription("https://a.example/"))[0]
		p := w.read(id, Article(1), Article(2))
		AddAlert(p, 0, "gulf", "desk", "phone")
		AddAlert(p, 0, "oil", "desk")
		AddAlert(p, 1, "quiet")
		r := w.commit(p)
		slices.Sort(r.Receivers)
		w.equal(r, store.Receipt{New: 2, Alerts: 3, Receivers: []string{"desk", "phone"}})
		due, next, err := w.Due(w.ctx, "desk", w.now, 10)
		w.ok(err)
		w.equal(next, time.Time{})
		w.equal(len(due), 2)
		for i, d := range due {
			al := p.Entries[0].Alerts[i]
			if al.ID == "" || d.ID == "" || d.ID == al.ID {
				w.Errorf("alert %q, delivery %q", al.ID, d.ID)
			}
			article := *al.Article
			article.Feed = &feeds.Source{URL: "https://a.example/", Name: "The Example", Title: "The Example", Site: "https://www.example/"}
			al.Article, al.Receivers, al.Time = &article, nil, w.now
			w.equal(d, notify.Delivery{
				ID: d.ID, Receiver: "desk", State: notify.Pending, Created: w.now, Next: w.now, Alert: &al,
			})
		}
	}},
	{"an alert reads the same after its article was edited", func(w *world) {
		id := w.sync(Subscription("https://a.example/"))[0]
		p := w.read(id, Article(1))
		AddAlert(p, 0, "gulf", "desk")
		w.commit(p)
		before := w.deliveries(store.DeliveryQuery{})
		w.poll(id, edited(Article(1), "Rewritten."))
		w.equal(w.deliveries(store.DeliveryQuery{}), before)
		w.equal(before[0].Alert.Article.Summary, Article(1).Summary)
	}},
	{"a window stands until a document is read", func(w *world) {
		id := w.sync(Subscription("https://a.example/"))[0]
		p, _ := w.poll(id, Articles(0, 3)...)
		w.commit(Unchanged(w.lease(id), w.now))
		w.equal(w.lease(id).Window, p.Window)
		w.after(time.Hour)
		w.poll(id)
		w.equal(len(w.lease(id).Window), 0)
	}},
	{"nothing is kept of a call that is refused", func(w *world) {
		id := w.sync(Subscription("https://a.example/"))[0]
		l := w.lease(id)
		p := NewPoll(l, w.now, Article(1))
		AddAlert(p, 0, "rule", strings.Repeat("x", 70000))
		if _, err := w.Commit(w.ctx, p); err == nil {
			w.Error("a receiver's name of 70,000 bytes was taken")
		}
		p = NewPoll(l, w.now, Article(1))
		p.Entries[0].Article = nil
		if _, err := w.Commit(w.ctx, p); err == nil {
			w.Error("an entry without an article was taken")
		}
		if _, err := w.Commit(w.ctx, NewPoll(store.Lease{Feed: feeds.NewFeedID("?")}, w.now)); !errors.Is(err, store.ErrNotFound) {
			w.Errorf("a feed that was never synced: %v", err)
		}
		w.equal(len(w.articles(store.Query{})), 0)
		w.equal(w.state(id).Polled, time.Time{})
		w.commit(NewPoll(l, w.now, Article(1)))
		w.equal(len(w.articles(store.Query{})), 1)
	}},
}

// withoutFeed takes away what articles say of their feeds.
func withoutFeed(list []*feeds.Article) []*feeds.Article {
	for _, a := range list {
		a.Feed = nil
	}
	return list
}

// deliveries asks the ledger.
func (w *world) deliveries(q store.DeliveryQuery) []notify.Delivery {
	w.Helper()
	list, err := w.Deliveries(w.ctx, q)
	w.ok(err)
	return list
}

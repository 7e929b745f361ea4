package storetest

import (
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/store"
)

// equal compares values; times must be equal and in UTC.
func (w *world) equal(got, want any) {
	w.Helper()
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b time.Time) bool {
		return a.Equal(b) && a.Location() == b.Location()
	})); diff != "" {
		w.Errorf("unexpected (-want +got):\n%s", diff)
	}
}

// infos returns what the store says of all feeds.
func (w *world) infos() map[feeds.FeedID]store.FeedInfo {
	w.Helper()
	all := make(map[feeds.FeedID]store.FeedInfo)
	w.ok(w.Feeds(w.ctx, func(i store.FeedInfo) bool {
		if _, ok := all[i.ID]; ok {
			w.Errorf("feed %s comes twice", i.ID)
		}
		all[i.ID] = i
		return true
	}))
	return all
}

var syncTests = []test{
	{"a feed that is not listed rests and keeps its history", func(w *world) {
		subs := []store.Subscription{Subscription("https://a.example/"), Subscription("https://b.example/")}
		ids := w.sync(subs...)
		w.poll(ids[0], Article(1), Article(2))
		w.after(time.Hour)
		w.sync(subs[1])
		w.wantClaim(store.ClaimOptions{}, ids[1:], w.now.Add(time.Minute))
		w.wantClaim(store.ClaimOptions{Only: ids[:1]}, nil, time.Time{})
		w.equal(w.infos()[ids[0]].Configured, false)
		w.equal(w.infos()[ids[1]].Configured, true)
		w.reopen()
		w.equal(w.infos()[ids[0]].Configured, false)
		w.equal(len(w.articles(store.Query{Feeds: ids[:1]})), 2)
		w.sync(subs...)
		w.equal(w.state(ids[0]).Articles, 2)
		w.equal(w.state(ids[0]).Due, start.Add(15*time.Minute))
		w.equal(w.unseen(ids[0], feeds.Identify([]*feeds.Article{Article(1)}, nil)[0]).Novelty, store.Known)
		w.wantClaim(store.ClaimOptions{}, []feeds.FeedID{ids[1], ids[0]}, w.now.Add(time.Minute))
	}},
	{"a lease that is out when its feed is dropped", func(w *world) {
		subs := []store.Subscription{Subscription("https://a.example/1"), Subscription("https://a.example/2")}
		ids := w.sync(subs...)
		l, m := w.lease(ids[0]), w.lease(ids[1])
		w.sync()
		w.commit(Unchanged(l, w.now))
		w.after(time.Hour)
		w.wantClaim(store.ClaimOptions{}, nil, time.Time{})
		w.commit(Unchanged(m, w.now))
		w.wantClaim(store.ClaimOptions{}, nil, time.Time{})
		w.sync(subs...)
		w.wantClaim(store.ClaimOptions{Now: w.now.Add(time.Hour)}, ids, w.now.Add(time.Hour+time.Minute))
	}},
	{"a due time comes forward to the latest", func(w *world) {
		sub := Subscription("https://a.example/")
		id := w.sync(sub)[0]
		w.due(id, w.now.Add(10*time.Hour))
		w.sync(sub)
		w.equal(w.state(id).Due, w.now.Add(10*time.Hour))
		sub.Latest = w.now.Add(11 * time.Hour)
		w.sync(sub)
		w.equal(w.state(id).Due, w.now.Add(10*time.Hour))
		sub.Latest = w.now.Add(time.Hour)
		w.sync(sub)
		w.equal(w.state(id).Due, sub.Latest)
		w.wantClaim(store.ClaimOptions{}, nil, sub.Latest)
		w.reopen()
		w.wantClaim(store.ClaimOptions{}, nil, sub.Latest)
	}},
	{"a feed that is left alone stays alone", func(w *world) {
		failing, resting := Subscription("https://a.example/"), Subscription("https://b.example/")
		ids := w.sync(failing, resting)
		due := w.now.Add(10 * time.Hour)
		p := Unchanged(w.lease(ids[0]), w.now)
		p.State.Due, p.State.Failures = due, 3
		w.commit(p)
		p = Unchanged(w.lease(ids[1]), w.now)
		p.State.Due, p.State.RetryAfter = due, w.now.Add(2*time.Hour)
		w.commit(p)
		failing.Latest, resting.Latest = w.now.Add(time.Hour), w.now.Add(time.Hour)
		w.sync(failing, resting)
		w.equal(w.state(ids[0]).Due, due)
		w.equal(w.state(ids[1]).Due, due)
		w.reopen()
		w.after(2 * time.Hour) // the rest is past
		failing.Latest, resting.Latest = w.now.Add(time.Hour), w.now.Add(time.Hour)
		w.sync(failing, resting)
		w.equal(w.state(ids[0]).Due, due)
		w.equal(w.state(ids[1]).Due, w.now.Add(time.Hour))
	}},
	{"another host", func(w *world) {
		a, b := Subscription("https://a.example/1"), Subscription("https://a.example/2")
		ids := w.sync(a, b)
		w.wantClaim(store.ClaimOptions{PerHost: 1, Limit: 1}, ids[:1], w.now.Add(time.Minute))
		b.Host = "proxy.example"
		w.sync(a, b)
		w.wantClaim(store.ClaimOptions{PerHost: 1}, ids[1:], w.now.Add(time.Minute))
		b.Host = a.Host
		w.sync(a, b)
		w.after(time.Minute)
		w.wantClaim(store.ClaimOptions{PerHost: 1, Limit: 1}, ids[:1], w.now.Add(time.Minute))
		w.reopen()
		w.wantClaim(store.ClaimOptions{PerHost: 1}, ids[:1], w.now.Add(time.Minute))
	}},
	{"what a feed is called", func(w *world) {
		sub := Subscription("https://a.example:8080/feed?x=1")
		sub.Source.Tags = []string{"gulf", "news"}
		id := w.sync(sub)[0]
		source := func() feeds.Source { return w.infos()[id].Source }
		w.equal(source(), feeds.Source{URL: sub.Source.URL, Name: "a.example:8080", Tags: sub.Source.Tags})
		before := w.Revision()
		w.poll(id, Article(1))
		if w.Revision() <= before {
			w.Error("a new article did not make the revision grow")
		}
		want := feeds.Source{
			URL: sub.Source.URL, Name: "The Example", Title: "The Example", Site: "https://www.example/", Tags: sub.Source.Tags,
		}
		w.equal(source(), want)
		w.equal(*w.articles(store.Query{})[0].Feed, want)
		sub.Source.Name, sub.Source.Tags = "My Example", []string{"x"}
		before = w.Revision()
		w.sync(sub)
		if w.Revision() <= before {
			w.Error("another name did not make the revision grow")
		}
		want.Name, want.Tags = "My Example", []string{"x"}
		w.equal(source(), want)
		w.reopen()
		w.equal(*w.articles(store.Query{})[0].Feed, want)
	}},
	{"feeds, until it is enough", func(w *world) {
		ids := w.sync(Subscriptions(600)...)
		w.sync(Subscriptions(599)...)
		all := w.infos()
		w.equal(len(all), 600)
		w.equal(all[ids[599]].Configured, false)
		w.equal(all[ids[598]].Configured, true)
		n := 0
		w.ok(w.Feeds(w.ctx, func(store.FeedInfo) bool { n++; return n < 300 }))
		w.equal(n, 300)
		// The store can be used while it is read.
		w.ok(w.Feeds(w.ctx, func(i store.FeedInfo) bool {
			_, err := w.State(w.ctx, i.ID)
			w.ok(err)
			w.ok(w.Release(w.ctx, w.lease(ids[3]), w.now.Add(time.Minute)))
			return false
		}))
	}},
}

package storetest

import (
	"time"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/store"
)

// key makes a key that says what it is.
func key(s string) (k feeds.Key) {
	copy(k[:], s)
	return k
}

// identified returns an identity and an article for it.
func identified(k string, revision uint64, aliases ...string) (feeds.Identity, *feeds.Article) {
	id := feeds.Identity{Key: key(k), Revision: revision}
	for _, a := range aliases {
		id.Aliases = append(id.Aliases, key(a))
	}
	return id, &feeds.Article{Title: k}
}

// record commits articles with these identities, as Unseen finds them.
func (w *world) record(feed feeds.FeedID, ids ...feeds.Identity) store.Receipt {
	w.Helper()
	seen, err := w.Unseen(w.ctx, feed, ids)
	w.ok(err)
	p := NewPoll(w.lease(feed), w.now)
	for i, id := range ids {
		p.Window = append(p.Window, store.Item{Fingerprint: id.Revision, Key: seen[i].Key})
		if seen[i].Novelty != store.Known {
			p.Entries = append(p.Entries, store.Entry{
				Article: &feeds.Article{Title: string(id.Key[:1])}, Identity: id, Known: seen[i].Key, Novelty: seen[i].Novelty,
			})
		}
	}
	return w.commit(p)
}

var identityTests = []test{
	{"two aliases that agree, or the only one", func(w *world) {
		id := w.sync(Subscription("https://a.example/"))[0]
		a, _ := identified("a", 1, "link-a", "path-a", "title-a")
		b, _ := identified("b", 1, "link-b")
		w.record(id, a, b)
		for _, tt := range []struct {
			name    string
			aliases []string
			want    store.Sighting
		}{
			{"no alias", nil, store.Sighting{Novelty: store.New, Key: key("x")}},
			{"the only alias", []string{"link-a"}, store.Sighting{Novelty: store.Known, Key: key("a")}},
			{"one of two", []string{"link-a", "other"}, store.Sighting{Novelty: store.New, Key: key("x")}},
			{"two of three", []string{"other", "title-a", "link-a"}, store.Sighting{Novelty: store.Known, Key: key("a")}},
			{"two that disagree", []string{"link-a", "link-b"}, store.Sighting{Novelty: store.New, Key: key("x")}},
			{"two that agree and one that does not", []string{"link-b", "path-a", "title-a"}, store.Sighting{Novelty: store.Known, Key: key("a")}},
		} {
			x, _ := identified("x", 1, tt.aliases...)
			if got := w.unseen(id, x); got != tt.want {
				w.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
			}
			x.Revision = 2
			if tt.want.Novelty == store.Known {
				tt.want.Novelty = store.Changed
			}
			if got := w.unseen(id, x); got != tt.want {
				w.Errorf("%s, with another text: got %v, want %v", tt.name, got, tt.want)
			}
		}
		c, _ := identified("b", 1, "link-a", "path-a")
		w.equal(w.unseen(id, c), store.Sighting{Novelty: store.Known, Key: key("b")})
	}},
	{"aliases do not cross feeds", func(w *world) {
		ids := w.sync(Subscriptions(2)...)
		a, _ := identified("a", 1, "link", "title")
		w.record(ids[0], a)
		a.Key = key("x")
		w.equal(w.unseen(ids[1], a), store.Sighting{Novelty: store.New, Key: key("x")})
	}},
	{"an alias of two articles points at the later", func(w *world) {
		id := w.sync(Subscription("https://a.example/"))[0]
		a, _ := identified("a", 1, "status-page", "title-a")
		b, _ := identified("b", 1, "status-page", "title-b")
		w.record(id, a, b)
		x, _ := identified("x", 1, "status-page", "title-b")
		w.equal(w.unseen(id, x), store.Sighting{Novelty: store.Known, Key: key("b")})
		x, _ = identified("x", 1, "status-page")
		w.equal(w.unseen(id, x), store.Sighting{Novelty: store.Known, Key: key("b")})
	}},
	{"an alias does not take the place of a key", func(w *world) {
		id := w.sync(Subscription("https://a.example/"))[0]
		a, _ := identified("a", 1)
		b, _ := identified("b", 1, "a", "link-b")
		w.record(id, a, b)
		w.equal(w.unseen(id, a), store.Sighting{Novelty: store.Known, Key: key("a")})
	}},
	{"an article that is recognised brings its new signs", func(w *world) {
		id := w.sync(Subscription("https://a.example/"))[0]
		a, _ := identified("a", 1, "link", "title-1", "path-1")
		w.record(id, a)
		first := w.articles(store.Query{})[0]
		w.after(time.Hour)
		b, _ := identified("b", 2, "link", "title-1", "path-2")
		w.equal(w.record(id, b), store.Receipt{Changed: 1})
		got := w.articles(store.Query{})
		w.equal(len(got), 1)
		w.equal(got[0].ID, first.ID)
		w.equal(got[0].Seen, first.Seen)
		w.equal(got[0].Title, "b")
		c, _ := identified("c", 2, "path-2", "title-1")
		w.equal(w.unseen(id, c), store.Sighting{Novelty: store.Known, Key: key("a")})
		// It is known under its new key as well from now on, by itself.
		b.Aliases = nil
		w.equal(w.unseen(id, b), store.Sighting{Novelty: store.Known, Key: key("a")})
		w.reopen()
		w.equal(w.unseen(id, b), store.Sighting{Novelty: store.Known, Key: key("a")})
		a.Revision = 2
		w.equal(w.unseen(id, a), store.Sighting{Novelty: store.Known, Key: key("a")})
	}},
	{"a poll can say the same article twice", func(w *world) {
		id := w.sync(Subscription("https://a.example/"))[0]
		a, article := identified("a", 1, "link", "title")
		b, other := identified("b", 2, "link", "title")
		p := NewPoll(w.lease(id), w.now)
		p.Entries = []store.Entry{
			{Article: article, Identity: a, Known: a.Key},
			{Article: other, Identity: b, Known: b.Key},
			{Article: other, Identity: a, Known: a.Key},
		}
		AddAlert(p, 0, "rule", "desk")
		AddAlert(p, 1, "rule", "desk")
		AddAlert(p, 2, "rule", "desk")
		w.equal(w.commit(p), store.Receipt{New: 1, Alerts: 1, Receivers: []string{"desk"}})
		w.equal(len(w.articles(store.Query{})), 1)
		w.equal(len(w.deliveries(store.DeliveryQuery{})), 1)
	}},
	{"an edit goes to the key that it is known under", func(w *world) {
		id := w.sync(Subscription("https://a.example/"))[0]
		a, _ := identified("a", 1)
		w.record(id, a)
		b, article := identified("b", 2)
		p := NewPoll(w.lease(id), w.now)
		p.Entries = []store.Entry{{Article: article, Identity: b, Known: key("a"), Novelty: store.Changed}}
		w.equal(w.commit(p), store.Receipt{Changed: 1})
		w.equal(len(w.articles(store.Query{})), 1)
	}},
	{"an edit of what was forgotten is new", func(w *world) {
		id := w.sync(Subscription("https://a.example/"))[0]
		b, article := identified("b", 2)
		p := NewPoll(w.lease(id), w.now)
		p.Entries = []store.Entry{{Article: article, Identity: b, Known: key("a"), Novelty: store.Changed}}
		AddAlert(p, 0, "rule", "desk")
		w.equal(w.commit(p), store.Receipt{New: 1, Alerts: 1, Receivers: []string{"desk"}})
	}},
}

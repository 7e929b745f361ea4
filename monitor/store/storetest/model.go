package storetest

import (
	"cmp"
	"slices"
	"time"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/store"
	"github.com/copytaster/copytaster/notify"
)

// model is what a store should hold, in plain maps.
type model struct {
	feeds      map[feeds.FeedID]*modelFeed
	articles   []*modelArticle // in the order of their ids
	deliveries map[string]*modelDelivery
	alerts     map[string]bool
}

type modelFeed struct {
	sub        store.Subscription
	configured bool
	state      store.State
	since      time.Time // when the wait for state.Due began
	window     []store.Item
	epoch      uint64
	held       bool
	expires    time.Time
	known      map[feeds.Key]*modelKey
	aliases    map[feeds.Key]feeds.Key
}

type modelKey struct {
	article  *modelArticle
	revision uint64
	left     time.Time // zero while in the window
}

type modelArticle struct {
	feeds.Article
	feed   feeds.FeedID
	key    feeds.Key
	rules  []string
	pruned bool
}

type modelDelivery struct {
	notify.Delivery
	since time.Time
	hand  bool
}

func newModel() *model {
	return &model{
		feeds:      make(map[feeds.FeedID]*modelFeed),
		deliveries: make(map[string]*modelDelivery),
		alerts:     make(map[string]bool),
	}
}

func (m *model) sync(subs []store.Subscription, now time.Time) {
	for _, f := range m.feeds {
		f.configured = false
	}
	for _, sub := range subs {
		f := m.feeds[sub.ID]
		if f == nil {
			f = &modelFeed{known: make(map[feeds.Key]*modelKey), aliases: make(map[feeds.Key]feeds.Key)}
			f.state.Due, f.since = now, now
			m.feeds[sub.ID] = f
		} else if !sub.Latest.IsZero() && f.state.Due.After(sub.Latest) &&
			f.state.Failures == 0 && !f.state.RetryAfter.After(now) {
			f.state.Due = sub.Latest
		}
		f.sub, f.configured = sub, true
	}
}

// out reports whether a lease of the feed is out.
func (f *modelFeed) out(now time.Time) bool { return f.held && f.expires.After(now) }

// claimable returns when a feed can be claimed, the zero time for never.
func (m *model) claimable(id feeds.FeedID, o store.ClaimOptions) time.Time {
	f := m.feeds[id]
	if f == nil || !f.configured || o.Only != nil && !slices.Contains(o.Only, id) {
		return time.Time{}
	}
	at := f.state.Due
	if o.Only != nil {
		at = o.Now
	}
	var ends []time.Time
	for _, g := range m.feeds {
		if g.sub.Host != f.sub.Host {
			continue
		}
		if g.state.RetryAfter.After(at) {
			at = g.state.RetryAfter
		}
		if g.out(o.Now) {
			ends = append(ends, g.expires)
		}
	}
	if f.out(o.Now) && f.expires.After(at) {
		at = f.expires
	}
	if over := len(ends) - o.PerHost; over >= 0 {
		slices.SortFunc(ends, time.Time.Compare)
		if ends[over].After(at) {
			at = ends[over]
		}
	}
	return at
}

// claim checks an answer of Claim, and takes it over.
func (m *model) claim(w *world, o store.ClaimOptions, leases []store.Lease, next time.Time) {
	now := func(id feeds.FeedID) bool {
		at := m.claimable(id, o)
		return !at.IsZero() && !at.After(o.Now)
	}
	for _, l := range leases {
		f := m.feeds[l.Feed]
		if !now(l.Feed) {
			w.Errorf("claimed %s, which cannot be claimed before %v", l.Feed, m.claimable(l.Feed, o))
			continue
		}
		for id, g := range m.feeds {
			if g.state.Due.Before(f.state.Due) && now(id) {
				w.Errorf("claimed %s although %s is due longer", l.Feed, id)
			}
		}
		if l.Epoch <= f.epoch {
			w.Errorf("epoch %d follows %d", l.Epoch, f.epoch)
		}
		f.epoch, f.held, f.expires = l.Epoch, true, o.Now.Add(o.Lease)
		w.equal(l.Expires, f.expires)
		w.equal(l.State, f.state)
		if !slices.Equal(l.Window, f.window) {
			w.Errorf("window %v, want %v", l.Window, f.window)
		}
	}
	var first time.Time
	for id := range m.feeds {
		at := m.claimable(id, o)
		if at.IsZero() {
			continue
		}
		if len(leases) < o.Limit && !at.After(o.Now) {
			w.Errorf("did not claim %s", id)
		}
		if first.IsZero() || at.Before(first) {
			first = at
		}
	}
	soon := !first.IsZero() && !first.After(o.Now)
	if soon && (next.IsZero() || next.After(o.Now)) || !soon && !next.Equal(first) {
		w.Errorf("the next claim is possible at %v, want %v", next, first)
	}
}

// sight is Unseen for one identity.
func (f *modelFeed) sight(id feeds.Identity) (store.Sighting, *modelKey) {
	key := id.Key
	if primary, ok := f.aliases[key]; ok && f.known[key] == nil {
		key = primary
	}
	k := f.known[key]
	if k == nil {
		votes := make(map[feeds.Key]int)
		for _, a := range id.Aliases {
			if primary, ok := f.aliases[a]; ok {
				votes[primary]++
			}
		}
		for primary, n := range votes {
			if id.Same(n) && (k == nil || n > votes[key]) {
				key, k = primary, f.known[primary]
			}
		}
	}
	switch {
	case k == nil:
		return store.Sighting{Novelty: store.New, Key: id.Key}, nil
	case k.revision != id.Revision && !k.article.pruned:
		return store.Sighting{Novelty: store.Changed, Key: key}, k
	}
	return store.Sighting{Novelty: store.Known, Key: key}, k
}

// commit takes over a poll whose lease is good, and returns what the receipt
// should be. The store has filled in the poll's ids.
func (m *model) commit(w *world, p *store.Poll) store.Receipt {
	var r store.Receipt
	f := m.feeds[p.Lease.Feed]
	window := f.window
	if p.Window != nil {
		window = p.Window
	}
	written := make(map[feeds.Key]bool)
	for i := range p.Entries {
		e := &p.Entries[i]
		s, k := f.sight(e.Identity)
		if written[s.Key] {
			continue
		}
		switch {
		case s.Novelty == store.New:
			m.insert(w, f, p, e)
			r.New++
			r.Alerts += len(e.Alerts)
			for _, al := range e.Alerts {
				r.Receivers = append(r.Receivers, al.Receivers...)
			}
			written[e.Identity.Key] = true
		case s.Novelty == store.Changed && e.Novelty == store.Changed:
			a := k.article
			w.equal(e.Article.ID, a.ID)
			id, seen := a.ID, a.Seen
			a.Article, a.rules = *e.Article, e.Rules
			a.ID, a.Seen = id, seen
			k.revision = e.Identity.Revision
			f.alias(s.Key, append([]feeds.Key{e.Identity.Key}, e.Identity.Aliases...))
			r.Changed++
			written[s.Key] = true
		}
	}
	standing := make(map[feeds.Key]bool)
	for _, it := range window {
		standing[it.Key] = true
	}
	for key, k := range f.known {
		switch {
		case standing[key]:
			k.left = time.Time{}
		case k.left.IsZero():
			k.left = p.At
		}
	}
	f.window = window
	articles, newest := f.state.Articles+r.New, f.state.NewestAt
	if r.New > 0 {
		newest = p.At
	}
	f.state, f.since, f.held = p.State, p.At, false
	f.state.Articles, f.state.NewestAt = articles, newest
	slices.Sort(r.Receivers)
	r.Receivers = slices.Compact(r.Receivers)
	return r
}

func (m *model) insert(w *world, f *modelFeed, p *store.Poll, e *store.Entry) {
	a := &modelArticle{Article: *e.Article, feed: p.Lease.Feed, key: e.Identity.Key, rules: e.Rules}
	if len(m.articles) > 0 && a.ID <= m.articles[len(m.articles)-1].ID {
		w.Errorf("article id %s follows %s", a.ID, m.articles[len(m.articles)-1].ID)
	}
	w.equal(a.Seen, p.At)
	m.articles = append(m.articles, a)
	f.known[a.key] = &modelKey{article: a, revision: e.Identity.Revision}
	f.alias(a.key, e.Identity.Aliases)
	for i, al := range e.Alerts {
		w.equal(al.Time, p.At)
		if m.alerts[al.ID] {
			w.Errorf("alert id %s comes twice", al.ID)
		}
		m.alerts[al.ID] = true
		snapshot := a.Article
		snapshot.Feed = m.source(f, p.State)
		al.Article, al.Receivers = &snapshot, nil
		found, err := w.Deliveries(w.ctx, store.DeliveryQuery{Limit: 1000, Since: p.At})
		w.ok(err)
		for _, receiver := range e.Alerts[i].Receivers {
			n := slices.IndexFunc(found, func(d notify.Delivery) bool { return d.Alert.ID == al.ID && d.Receiver == receiver })
			if n < 0 {
				w.Fatalf("there is no delivery of alert %s to %s", al.ID, receiver)
			}
			m.deliveries[found[n].ID] = &modelDelivery{since: p.At, Delivery: notify.Delivery{
				ID: found[n].ID, Receiver: receiver, State: notify.Pending, Created: p.At, Next: p.At, Alert: &al,
			}}
		}
	}
}

func (f *modelFeed) alias(key feeds.Key, aliases []feeds.Key) {
	for _, a := range aliases {
		if f.known[a] == nil {
			f.aliases[a] = key
		}
	}
}

func (m *model) source(f *modelFeed, st store.State) *feeds.Source {
	s := f.sub.Source
	s.Title, s.Site = cmp.Or(st.Title, s.Title), cmp.Or(st.Site, s.Site)
	s.Name = cmp.Or(s.Name, s.Title, Subscription(s.URL).Host)
	return &s
}

// query is Articles.
func (m *model) query(q store.Query) []*feeds.Article {
	var list []*feeds.Article
	for _, a := range slices.Backward(m.articles) {
		if a.pruned ||
			q.Rule != "" && !slices.Contains(a.rules, q.Rule) ||
			q.Matched && len(a.rules) == 0 ||
			q.Feeds != nil && !slices.Contains(q.Feeds, a.feed) ||
			q.ID != "" && a.ID != q.ID ||
			q.Before != "" && a.ID >= q.Before ||
			a.Seen.Before(q.Since) ||
			len(list) >= cmp.Or(q.Limit, 50) {
			continue
		}
		shown := a.Article
		shown.Feed = m.source(m.feeds[a.feed], m.feeds[a.feed].state)
		list = append(list, &shown)
	}
	return list
}

// ledger is Deliveries.
func (m *model) ledger(q store.DeliveryQuery) []notify.Delivery {
	var list []notify.Delivery
	for _, d := range m.deliveries {
		if (q.ID == "" || d.ID == q.ID) &&
			(q.State == "" || d.State == q.State) &&
			(q.Receiver == "" || d.Receiver == q.Receiver) &&
			(q.Rule == "" || d.Alert.Rule.Name == q.Rule) &&
			!d.Created.Before(q.Since) &&
			(q.Until.IsZero() || d.Created.Before(q.Until)) &&
			(q.Before == "" || d.ID < q.Before) {
			list = append(list, d.Delivery)
		}
	}
	slices.SortFunc(list, func(a, b notify.Delivery) int { return cmp.Compare(b.ID, a.ID) })
	return list[:min(len(list), cmp.Or(q.Limit, 50))]
}

// rebase is Rebase.
func (m *model) rebase(now time.Time) (moved int) {
	for _, f := range m.feeds {
		if back := f.since.Sub(now); back > 0 {
			f.state.Due = f.state.Due.Add(-back)
			if f.state.RetryAfter.After(f.since) {
				f.state.RetryAfter = f.state.RetryAfter.Add(-back)
			}
			f.since = now
			moved++
		}
	}
	for _, d := range m.deliveries {
		if back := d.since.Sub(now); d.State == notify.Pending && back > 0 {
			d.Next, d.since = d.Next.Add(-back), now
			moved++
		}
	}
	return moved
}

// prune is Prune.
func (m *model) prune(p store.Retention) (r store.Pruned) {
	for _, a := range m.articles {
		if k := m.feeds[a.feed].known[a.key]; !a.pruned && a.Seen.Before(p.Articles) && (k == nil || !k.left.IsZero()) {
			a.pruned = true
			r.Articles++
		}
	}
	for id, d := range m.deliveries {
		if d.State != notify.Pending && d.Created.Before(p.Articles) {
			delete(m.deliveries, id)
			r.Deliveries++
		}
	}
	for _, f := range m.feeds {
		for key, k := range f.known {
			if !k.article.pruned || k.left.IsZero() || !k.left.Before(p.Keys) {
				continue
			}
			delete(f.known, key)
			r.Keys++
			for alias, primary := range f.aliases {
				if primary == key {
					delete(f.aliases, alias)
				}
			}
		}
	}
	return r
}

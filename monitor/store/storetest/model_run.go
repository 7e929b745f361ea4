package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/store"
	"github.com/copytaster/copytaster/notify"
)

// testModel does at random what can be done to a store, and to the model, and
// compares every answer.
func testModel(t *testing.T, open Open) {
	for range 3 {
		seed := rand.Uint64()
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			runModel(newWorld(t, open), seed, 800)
		})
	}
}

// modelRun is a run of the model test.
type modelRun struct {
	*world
	*rand.Rand
	m      *model
	subs   []store.Subscription
	leases []store.Lease
}

func runModel(w *world, seed uint64, steps int) {
	r := &modelRun{world: w, Rand: rand.New(rand.NewPCG(seed, 0)), m: newModel(), subs: Subscriptions(9)}
	ops := []struct {
		weight int
		name   string
		do     func()
	}{
		{6, "advance", r.advance},
		{2, "sync", r.doSync},
		{16, "claim", r.doClaim},
		{30, "commit", r.doCommit},
		{4, "release", r.doRelease},
		{6, "unseen", r.doUnseen},
		{8, "articles", r.doArticles},
		{8, "due", r.doDue},
		{12, "settle", r.doSettle},
		{6, "deliveries", r.doDeliveries},
		{2, "replay", r.doReplay},
		{3, "depth", r.doDepth},
		{2, "rebase", r.doRebase},
		{3, "prune", r.doPrune},
		{2, "reopen", r.doReopen},
		{3, "infos", r.doInfos},
	}
	total := 0
	for _, op := range ops {
		total += op.weight
	}
	r.doSync()
	var trace []string
	for range steps {
		n := r.IntN(total)
		for _, op := range ops {
			if n -= op.weight; n < 0 {
				trace = append(trace, op.name)
				op.do()
				break
			}
		}
		if w.Failed() {
			w.Fatalf("seed %d, after %d steps, the last: %v", seed, len(trace), trace[max(0, len(trace)-20):])
		}
	}
	r.doArticles()
	r.doInfos()
}

func (r *modelRun) duration(most time.Duration) time.Duration {
	return time.Duration(r.Int64N(most.Milliseconds()+1)) * time.Millisecond
}

func (r *modelRun) feed() feeds.FeedID { return r.subs[r.IntN(len(r.subs))].ID }

// some returns a random part of a list, never nil.
func some[T any](r *modelRun, list []T) []T {
	part := []T{}
	for _, x := range list {
		if r.IntN(3) > 0 {
			part = append(part, x)
		}
	}
	return part
}

func (r *modelRun) advance() { r.after(r.duration(40*time.Minute) + time.Millisecond) }

func (r *modelRun) doSync() {
	list := some(r, r.subs)
	for i := range list {
		if r.IntN(2) == 0 {
			list[i].Latest = r.now.Add(r.duration(time.Hour))
		}
		list[i].Source.Name = []string{"", "Name"}[r.IntN(2)]
		list[i].Host = fmt.Sprintf("host%d.example", r.IntN(4))
	}
	r.ok(r.Sync(r.ctx, list, r.now))
	r.m.sync(list, r.now)
}

func (r *modelRun) doClaim() {
	o := store.ClaimOptions{Now: r.now, Limit: r.IntN(5), PerHost: 1 + r.IntN(3), Lease: 10 * time.Minute}
	if r.IntN(3) == 0 {
		o.Only = []feeds.FeedID{r.feed(), r.feed(), r.feed()}
	}
	leases, next, err := r.Claim(r.ctx, o)
	r.ok(err)
	r.m.claim(r.world, o, leases, next)
	r.leases = append(r.leases, leases...)
}

// take returns a lease that was claimed at some time, and whether it is good.
func (r *modelRun) takeLease() (l store.Lease, good, ok bool) {
	if len(r.leases) == 0 {
		return l, false, false
	}
	i := r.IntN(len(r.leases))
	l = r.leases[i]
	if r.IntN(4) > 0 {
		r.leases = slices.Delete(r.leases, i, i+1)
	}
	f := r.m.feeds[l.Feed]
	return l, f.held && f.epoch == l.Epoch, true
}

// identity returns one of a few identities, and an article for it.
func (r *modelRun) identity() (feeds.Identity, *feeds.Article) {
	n := r.IntN(12)
	id := feeds.Identity{Key: key(fmt.Sprint("key", n+100*r.IntN(2))), Revision: uint64(1 + r.IntN(2))}
	for _, kind := range some(r, []string{"path", "link", "title"}) {
		id.Aliases = append(id.Aliases, key(fmt.Sprint(kind, n)))
	}
	return id, &feeds.Article{Title: fmt.Sprint("Title ", id.Revision), GUID: string(id.Key[:5])}
}

func (r *modelRun) doCommit() {
	l, good, ok := r.takeLease()
	if !ok {
		return
	}
	at := r.now.Add(r.duration(5 * time.Second))
	p := &store.Poll{Lease: l, At: at, State: Polled(l.State, at)}
	p.State.Due = at.Add(r.duration(time.Hour))
	if r.IntN(5) == 0 {
		p.State.Failures, p.State.ErrorKind, p.State.Error = 1+r.IntN(3), "status", "503"
		p.State.RetryAfter = at.Add(r.duration(30 * time.Minute))
	} else if r.IntN(4) > 0 {
		r.document(p)
	}
	receipt, err := r.Commit(r.ctx, p)
	if !good {
		if !errors.Is(err, store.ErrLeaseLost) {
			r.Errorf("commit with a lost lease: %v", err)
		}
		return
	}
	r.ok(err)
	slices.Sort(receipt.Receivers)
	r.equal(receipt, r.m.commit(r.world, p))
	if r.now.Before(at) {
		r.now = at
	}
}

// document gives a poll a document.
func (r *modelRun) document(p *store.Poll) {
	p.Window = []store.Item{}
	f := r.m.feeds[p.Lease.Feed]
	p.State.Title = []string{"The Example", "Another Title"}[r.IntN(2)]
	for range r.IntN(8) {
		id, a := r.identity()
		e := store.Entry{Article: a, Identity: id, Known: id.Key, Novelty: store.Novelty(r.IntN(2))}
		if r.IntN(5) > 0 { // as a monitor does
			s, _ := f.sight(id)
			e.Known, e.Novelty = s.Key, s.Novelty
		}
		p.Window = append(p.Window, store.Item{Fingerprint: id.Revision, Key: e.Known})
		if e.Novelty == store.Known {
			continue
		}
		e.Rules = some(r, []string{"a", "b"})
		if r.IntN(2) == 0 {
			e.Alerts = []notify.Alert{Alert([]string{"a", "b"}[r.IntN(2)], a, some(r, []string{"desk", "phone"})...)}
		}
		p.Entries = append(p.Entries, e)
	}
}

func (r *modelRun) doRelease() {
	l, good, ok := r.takeLease()
	if !ok {
		return
	}
	due := r.now.Add(r.duration(time.Hour))
	if r.IntN(2) == 0 {
		due = l.State.Due
	}
	r.ok(r.Release(r.ctx, l, due))
	if good {
		f := r.m.feeds[l.Feed]
		f.state.Due, f.held = due, false
	}
}

func (r *modelRun) doUnseen() {
	feed := r.feed()
	var ids []feeds.Identity
	for range r.IntN(6) {
		id, _ := r.identity()
		ids = append(ids, id)
	}
	got, err := r.Unseen(r.ctx, feed, ids)
	f := r.m.feeds[feed]
	if f == nil {
		if !errors.Is(err, store.ErrNotFound) {
			r.Errorf("unseen of a feed that was never synced: %v", err)
		}
		return
	}
	r.ok(err)
	for i, id := range ids {
		want, _ := f.sight(id)
		r.equal(got[i], want)
	}
}

func (r *modelRun) doArticles() {
	q := store.Query{Limit: r.IntN(30)}
	if r.IntN(3) == 0 {
		q.Rule = []string{"a", "b", "c"}[r.IntN(3)]
	}
	q.Matched = r.IntN(4) == 0
	if r.IntN(3) == 0 {
		q.Feeds = []feeds.FeedID{r.feed(), r.feed(), r.feed()}
	}
	if n := len(r.m.articles); n > 0 {
		if r.IntN(6) == 0 {
			q.ID = r.m.articles[r.IntN(n)].ID
		}
		if r.IntN(3) == 0 {
			q.Before = r.m.articles[r.IntN(n)].ID
		}
		if r.IntN(3) == 0 {
			q.Since = r.m.articles[r.IntN(n)].Seen.Add(time.Duration(r.IntN(3)-1) * time.Millisecond)
		}
	}
	r.equal(r.articles(q), r.m.query(q))
}

func (r *modelRun) doRebase() {
	if r.IntN(2) == 0 {
		r.doReopen() // so that no lease is out from the future
		r.now = r.now.Add(-r.duration(4 * time.Hour))
	}
	n, err := r.Rebase(r.ctx, r.now)
	r.ok(err)
	r.equal(n, r.m.rebase(r.now))
}

func (r *modelRun) doPrune() {
	p := store.Retention{Articles: r.now.Add(-r.duration(6 * time.Hour)), Keys: r.now.Add(-r.duration(6 * time.Hour))}
	// A store may keep keys up to a minute longer, so none is that close.
	for again := true; again; {
		again = false
		for _, f := range r.m.feeds {
			for _, k := range f.known {
				if d := p.Keys.Sub(k.left); d > 0 && d <= 2*time.Minute {
					p.Keys, again = p.Keys.Add(-d), true
				}
			}
		}
	}
	got, err := r.Prune(r.ctx, p)
	r.ok(err)
	r.equal(got, r.m.prune(p))
}

func (r *modelRun) doReopen() {
	r.reopen()
	for _, f := range r.m.feeds {
		f.held = false
	}
	for _, d := range r.m.deliveries {
		d.hand = false
	}
}

func (r *modelRun) doInfos() {
	want := make(map[feeds.FeedID]store.FeedInfo)
	for id, f := range r.m.feeds {
		want[id] = store.FeedInfo{ID: id, Source: *r.m.source(f, f.state), Configured: f.configured, State: f.state}
	}
	r.equal(r.infos(), want)
	for id, f := range r.m.feeds {
		r.equal(r.state(id), f.state)
	}
}

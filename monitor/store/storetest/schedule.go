package storetest

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/store"
)

// claimed returns the feeds of leases.
func claimed(leases []store.Lease) []feeds.FeedID {
	ids := []feeds.FeedID{}
	for _, l := range leases {
		ids = append(ids, l.Feed)
	}
	return ids
}

// wantClaim claims and compares.
func (w *world) wantClaim(o store.ClaimOptions, want []feeds.FeedID, next time.Time) []store.Lease {
	w.Helper()
	if o.Now.IsZero() {
		o.Now = w.now
	}
	if o.Lease == 0 {
		o.Lease = time.Minute
	}
	if o.Limit == 0 {
		o.Limit = 100
	}
	if o.PerHost == 0 {
		o.PerHost = 100
	}
	leases, got, err := w.Claim(w.ctx, o)
	w.ok(err)
	if want == nil {
		want = []feeds.FeedID{}
	}
	if ids := claimed(leases); !slices.Equal(ids, want) {
		w.Errorf("claimed %v, want %v", ids, want)
	}
	// What can be claimed already can be so since whenever.
	if now := !next.IsZero() && !next.After(o.Now); now && (got.IsZero() || got.After(o.Now)) || !now && !got.Equal(next) {
		w.Errorf("the next claim is possible at %v, want %v", got, next)
	}
	return leases
}

// due commits a poll of the feed after which it is due at the given time.
func (w *world) due(id feeds.FeedID, at time.Time) {
	w.Helper()
	p := Unchanged(w.lease(id), w.now)
	p.State.Due = at
	w.commit(p)
}

var scheduleTests = []test{
	{"a host rests after each claim", func(w *world) {
		ids := w.sync(Subscription("https://a.example/1"), Subscription("https://a.example/2"), Subscription("https://b.example/"))
		o := store.ClaimOptions{Gap: func(host string) time.Duration {
			if host == "b.example" {
				return 0
			}
			return time.Second
		}}
		then := w.now.Add(time.Second)
		w.wantClaim(o, []feeds.FeedID{ids[0], ids[2]}, then)
		w.wantClaim(store.ClaimOptions{Gap: o.Gap, Only: ids[1:2]}, nil, then)
		w.after(time.Second - time.Millisecond)
		w.wantClaim(o, nil, then)
		w.after(time.Millisecond)
		w.wantClaim(o, ids[1:2], w.now.Add(time.Minute-time.Second))
	}},
	{"a clock that is set back does not make a host rest for longer", func(w *world) {
		ids := w.sync(Subscription("https://a.example/1"), Subscription("https://a.example/2"))
		o := store.ClaimOptions{Gap: func(string) time.Duration { return time.Second }}
		w.wantClaim(o, ids[:1], w.now.Add(time.Second))
		o.Now = w.now.Add(-time.Hour)
		o.Only = ids[1:]
		w.wantClaim(o, ids[1:], w.now.Add(time.Minute-time.Hour))
	}},
	{"nothing to claim", func(w *world) {
		w.wantClaim(store.ClaimOptions{}, nil, time.Time{})
		w.sync()
		w.wantClaim(store.ClaimOptions{}, nil, time.Time{})
	}},
	{"a new feed is due at once, then when its poll says", func(w *world) {
		ids := w.sync(Subscription("https://a.example/1"))
		w.wantClaim(store.ClaimOptions{Now: w.now.Add(-time.Millisecond)}, nil, w.now)
		leases := w.wantClaim(store.ClaimOptions{}, ids, w.now.Add(time.Minute))
		due := w.now.Add(17*time.Minute + 3*time.Millisecond)
		p := Unchanged(leases[0], w.now)
		p.State.Due = due
		w.commit(p)
		w.wantClaim(store.ClaimOptions{}, nil, due)
		w.wantClaim(store.ClaimOptions{Now: due.Add(-time.Millisecond)}, nil, due)
		w.wantClaim(store.ClaimOptions{Now: due}, ids, due.Add(time.Minute))
	}},
	{"the longest due goes first, whatever its host", func(w *world) {
		ids := w.sync(Subscriptions(8)...)
		for i, minute := range []int{5, 3, 8, 1, 7, 2, 6, 4} {
			w.due(ids[i], w.now.Add(time.Duration(minute)*time.Minute))
		}
		w.after(10 * time.Minute)
		w.wantClaim(store.ClaimOptions{Limit: 5}, []feeds.FeedID{ids[3], ids[5], ids[1], ids[7], ids[0]}, start.Add(6*time.Minute))
		w.wantClaim(store.ClaimOptions{}, []feeds.FeedID{ids[6], ids[4], ids[2]}, w.now.Add(time.Minute))
	}},
	{"a host has so many leases at most", func(w *world) {
		var subs []store.Subscription
		for i := range 5 {
			subs = append(subs, Subscription(fmt.Sprintf("https://one.example/%d", i)))
		}
		subs = append(subs, Subscription("https://two.example/"))
		ids := w.sync(subs...)
		for i, id := range ids {
			w.due(id, w.now.Add(time.Duration(i)*time.Second))
		}
		w.after(time.Minute)
		leases := w.wantClaim(store.ClaimOptions{PerHost: 2}, []feeds.FeedID{ids[0], ids[1], ids[5]}, w.now.Add(time.Minute))
		w.wantClaim(store.ClaimOptions{PerHost: 2}, nil, w.now.Add(time.Minute))
		w.commit(Unchanged(leases[1], w.now))
		w.wantClaim(store.ClaimOptions{PerHost: 2}, []feeds.FeedID{ids[2]}, w.now.Add(time.Minute))
		w.wantClaim(store.ClaimOptions{PerHost: 3}, []feeds.FeedID{ids[3]}, w.now.Add(time.Minute))
		w.wantClaim(store.ClaimOptions{PerHost: 1}, nil, w.now.Add(time.Minute))
	}},
	{"room for a host comes when enough of its leases have expired", func(w *world) {
		var subs []store.Subscription
		for i := range 4 {
			subs = append(subs, Subscription(fmt.Sprintf("https://one.example/%d", i)))
		}
		ids := w.sync(subs...)
		for i, id := range ids {
			w.due(id, w.now.Add(time.Duration(i)*time.Second))
		}
		w.after(time.Minute)
		for i, length := range []time.Duration{30, 10, 20} {
			w.wantClaim(store.ClaimOptions{Limit: 1, PerHost: 4, Lease: length * time.Second}, ids[i:i+1], w.now)
		}
		// With one at a time, all three have to expire.
		w.wantClaim(store.ClaimOptions{PerHost: 1}, nil, w.now.Add(30*time.Second))
		w.wantClaim(store.ClaimOptions{PerHost: 2}, nil, w.now.Add(20*time.Second))
		w.after(10 * time.Second)
		w.wantClaim(store.ClaimOptions{PerHost: 3, Limit: 1}, ids[1:2], w.now.Add(10*time.Second))
	}},
	{"no feed of a host is claimed while one asks for rest", func(w *world) {
		ids := w.sync(Subscription("https://one.example/1"), Subscription("https://one.example/2"), Subscription("https://two.example/"))
		until := w.now.Add(time.Hour)
		p := Unchanged(w.lease(ids[0]), w.now)
		p.State.Due, p.State.RetryAfter, p.State.Failures = w.now.Add(time.Minute), until, 1
		w.commit(p)
		w.wantClaim(store.ClaimOptions{}, ids[2:], w.now.Add(time.Minute))
		w.wantClaim(store.ClaimOptions{Only: ids[:2]}, nil, until)
		w.reopen()
		l := w.wantClaim(store.ClaimOptions{}, ids[2:], w.now.Add(time.Minute))[0]
		w.wantClaim(store.ClaimOptions{Only: ids[:2]}, nil, until)
		w.ok(w.Release(w.ctx, l, until.Add(time.Hour)))
		w.wantClaim(store.ClaimOptions{Now: until.Add(-time.Millisecond)}, nil, until)
		w.wantClaim(store.ClaimOptions{Now: until}, []feeds.FeedID{ids[1], ids[0]}, until.Add(time.Minute))
	}},
	{"the latest rest counts, and ends with the poll that takes it back", func(w *world) {
		var subs []store.Subscription
		for i := range 4 {
			subs = append(subs, Subscription(fmt.Sprintf("https://one.example/%d", i)))
		}
		ids := w.sync(subs...)
		leases := w.wantClaim(store.ClaimOptions{Limit: 3}, ids[:3], w.now)
		rest := func(l store.Lease, d time.Duration) {
			p := Unchanged(l, w.now)
			p.State.RetryAfter = w.now.Add(d)
			w.commit(p)
		}
		rest(leases[0], 20*time.Minute)
		rest(leases[1], 40*time.Minute)
		w.wantClaim(store.ClaimOptions{}, nil, w.now.Add(40*time.Minute))
		rest(leases[2], 30*time.Minute)
		w.wantClaim(store.ClaimOptions{}, nil, w.now.Add(40*time.Minute))
		// A feed that is not configured any more still belongs to its host.
		w.sync(subs[0], subs[3])
		w.wantClaim(store.ClaimOptions{}, nil, w.now.Add(40*time.Minute))
		w.after(40 * time.Minute)
		l := w.lease(ids[0])
		rest(l, -time.Minute)
		w.wantClaim(store.ClaimOptions{}, ids[3:], w.now.Add(time.Minute))
	}},
	{"only the named feeds, due or not", func(w *world) {
		subs := Subscriptions(6)
		ids := w.sync(subs...)
		for i, id := range ids {
			w.due(id, w.now.Add(time.Duration(6-i)*time.Hour))
		}
		w.sync(subs[:5]...)
		stranger := feeds.NewFeedID("https://nobody.example/")
		w.wantClaim(store.ClaimOptions{Only: []feeds.FeedID{}}, nil, time.Time{})
		w.wantClaim(store.ClaimOptions{Only: []feeds.FeedID{stranger, ids[5]}}, nil, time.Time{})
		w.wantClaim(store.ClaimOptions{Only: []feeds.FeedID{ids[1], stranger, ids[4], ids[1]}},
			[]feeds.FeedID{ids[4], ids[1]}, w.now.Add(time.Minute))
		w.wantClaim(store.ClaimOptions{Only: []feeds.FeedID{ids[1], ids[0]}, PerHost: 1}, nil, w.now.Add(time.Minute))
		w.wantClaim(store.ClaimOptions{Only: []feeds.FeedID{ids[1], ids[0]}, PerHost: 2}, ids[:1], w.now.Add(time.Minute))
		// A lease that expires does not make its feed due.
		w.wantClaim(store.ClaimOptions{Now: w.now.Add(time.Minute)}, nil, w.now.Add(2*time.Hour))
	}},
	{"a claim brings the state and the window", func(w *world) {
		ids := w.sync(Subscription("https://a.example/"))
		l := w.lease(ids[0])
		if len(l.Window) != 0 {
			w.Errorf("the window of a feed that was never polled: %v", l.Window)
		}
		p := NewPoll(l, w.now, Articles(0, 3)...)
		w.commit(p)
		w.after(time.Hour)
		l = w.lease(ids[0])
		want := p.State
		want.Articles, want.NewestAt = 3, start
		w.equal(l.State, want)
		w.equal(l.Window, p.Window)
		w.equal(w.state(ids[0]), want)
	}},
	{"a state keeps every field", func(w *world) {
		ids := w.sync(Subscription("https://a.example/"))
		ms := func(n int) time.Time { return w.now.Add(time.Duration(n) * time.Millisecond) }
		p := Unchanged(w.lease(ids[0]), w.now)
		p.State = store.State{
			Due: ms(1), Polled: ms(-2), Succeeded: ms(-2e9), RetryAfter: ms(5),
			ETag: "\"\x00\xff é\"", LastModified: "yesterday", Endpoint: 1<<64 - 1, BodyHash: 1 << 63,
			Failures: 7, ErrorKind: "status", Error: "503 Service Unavailable",
			Title: "T", Site: "https://s.example/", Language: "ar",
			Articles: 99, NewestAt: ms(8),
		}
		w.commit(p)
		want := p.State
		want.Articles, want.NewestAt = 0, time.Time{}
		w.equal(w.state(ids[0]), want)
		w.reopen()
		w.equal(w.state(ids[0]), want)
	}},
	{"no state of a stranger", func(w *world) {
		if _, err := w.State(w.ctx, feeds.NewFeedID("x")); !errors.Is(err, store.ErrNotFound) {
			w.Errorf("got %v, want ErrNotFound", err)
		}
	}},
	{"a thousand feeds in order", func(w *world) {
		ids := w.sync(Subscriptions(1000)...)
		order := slices.Clone(ids)
		r := words(7)
		for i := range order {
			j := r.next(i + 1)
			order[i], order[j] = order[j], order[i]
		}
		leases, _, err := w.Claim(w.ctx, store.ClaimOptions{Now: w.now, Limit: 1000, PerHost: 2, Lease: time.Minute})
		w.ok(err)
		if len(leases) != 1000 {
			w.Fatalf("claimed %d of 1000 new feeds", len(leases))
		}
		at := make(map[feeds.FeedID]time.Time)
		for i, id := range order {
			at[id] = w.now.Add(time.Hour + time.Duration(i)*time.Second)
		}
		together(len(leases), func(i int) {
			p := Unchanged(leases[i], w.now)
			p.State.Due = at[leases[i].Feed]
			_, err := w.Commit(w.ctx, p)
			w.check("commit", err)
		})
		w.now = at[order[999]]
		for i := 0; i < 950; i += 50 {
			w.wantClaim(store.ClaimOptions{Limit: 50}, order[i:i+50], w.now)
		}
		w.wantClaim(store.ClaimOptions{}, order[950:], w.now.Add(time.Minute))
	}},
}

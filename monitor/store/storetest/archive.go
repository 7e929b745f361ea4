package storetest

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/store"
	"github.com/copytaster/copytaster/notify"
)

// filled syncs three feeds and stores a hundred articles in turns, one a
// minute. Every third matches the rule "three", every fifth "five".
func (w *world) filled() (ids []feeds.FeedID, articles []*feeds.Article) {
	w.Helper()
	ids = w.sync(Subscriptions(3)...)
	for i := range 100 {
		w.after(time.Minute)
		p := w.read(ids[i%3], Article(i))
		if i%3 == 0 {
			p.Entries[0].Rules = append(p.Entries[0].Rules, "three")
		}
		if i%5 == 0 {
			p.Entries[0].Rules = append(p.Entries[0].Rules, "five", "five")
		}
		w.commit(p)
		articles = append(articles, p.Entries[0].Article)
	}
	return ids, articles
}

// wantArticles compares ids.
func (w *world) wantArticles(q store.Query, want []*feeds.Article) {
	w.Helper()
	var got, ids []string
	for _, a := range w.articles(q) {
		got = append(got, a.ID)
	}
	for _, a := range want {
		ids = append(ids, a.ID)
	}
	if !slices.Equal(got, ids) {
		w.Errorf("query %+v: got %d articles %v, want %d %v", q, len(got), got, len(ids), ids)
	}
}

// pick returns the articles that fit, newest first.
func pick(articles []*feeds.Article, fits func(i int) bool) []*feeds.Article {
	var list []*feeds.Article
	for i := len(articles) - 1; i >= 0; i-- {
		if fits(i) {
			list = append(list, articles[i])
		}
	}
	return list
}

var archiveTests = []test{
	{"nothing", func(w *world) {
		w.wantArticles(store.Query{}, nil)
		w.wantArticles(store.Query{Matched: true}, nil)
		w.wantArticles(store.Query{Rule: "x"}, nil)
		w.wantArticles(store.Query{ID: "x"}, nil)
		w.wantArticles(store.Query{Feeds: []feeds.FeedID{}}, nil)
	}},
	{"conditions", func(w *world) {
		ids, all := w.filled()
		three := func(i int) bool { return i%3 == 0 }
		five := func(i int) bool { return i%5 == 0 }
		every := func(int) bool { return true }
		check := func() {
			w.Helper()
			w.wantArticles(store.Query{}, pick(all, every)[:50])
			w.wantArticles(store.Query{Limit: 1000}, pick(all, every))
			w.wantArticles(store.Query{Limit: 7}, pick(all, every)[:7])
			w.wantArticles(store.Query{Rule: "three"}, pick(all, three))
			w.wantArticles(store.Query{Rule: "five", Limit: 3}, pick(all, five)[:3])
			w.wantArticles(store.Query{Rule: "thre"}, nil)
			w.wantArticles(store.Query{Rule: "five\x00"}, nil)
			w.wantArticles(store.Query{Matched: true, Limit: 100}, pick(all, func(i int) bool { return three(i) || five(i) }))
			w.wantArticles(store.Query{Rule: "five", Matched: true}, pick(all, five))
			w.wantArticles(store.Query{Feeds: []feeds.FeedID{}}, nil)
			w.wantArticles(store.Query{Feeds: []feeds.FeedID{feeds.NewFeedID("nobody")}}, nil)
			w.wantArticles(store.Query{Feeds: ids[1:2]}, pick(all, func(i int) bool { return i%3 == 1 }))
			w.wantArticles(store.Query{Feeds: []feeds.FeedID{ids[2], ids[1], ids[2]}, Limit: 100}, pick(all, func(i int) bool { return i%3 != 0 }))
			w.wantArticles(store.Query{Feeds: ids[1:2], Rule: "five"}, pick(all, func(i int) bool { return i%3 == 1 && five(i) }))
			w.wantArticles(store.Query{Feeds: ids[1:], Matched: true}, pick(all, func(i int) bool { return i%3 != 0 && five(i) }))
			w.wantArticles(store.Query{Before: all[40].ID, Limit: 5}, pick(all[:40], every)[:5])
			w.wantArticles(store.Query{Before: all[0].ID}, nil)
			w.wantArticles(store.Query{Before: all[40].ID, Rule: "three", Limit: 2}, pick(all[:40], three)[:2])
			w.wantArticles(store.Query{Before: all[40].ID, Feeds: ids[:2], Limit: 4}, pick(all[:40], func(i int) bool { return i%3 != 2 })[:4])
			w.wantArticles(store.Query{Since: all[90].Seen}, pick(all, func(i int) bool { return i >= 90 }))
			w.wantArticles(store.Query{Since: all[90].Seen.Add(time.Millisecond)}, pick(all, func(i int) bool { return i > 90 }))
			w.wantArticles(store.Query{Since: all[60].Seen, Before: all[80].ID, Rule: "five"}, pick(all[:80], func(i int) bool { return i >= 60 && five(i) }))
			w.wantArticles(store.Query{ID: all[33].ID}, all[33:34])
			w.wantArticles(store.Query{ID: strings.ToLower(all[33].ID)}, all[33:34])
			w.wantArticles(store.Query{ID: all[33].ID, Rule: "three", Matched: true, Feeds: ids[:1], Since: all[33].Seen, Before: all[34].ID}, all[33:34])
			w.wantArticles(store.Query{ID: all[33].ID, Rule: "five"}, nil)
			w.wantArticles(store.Query{ID: all[34].ID, Matched: true}, nil)
			w.wantArticles(store.Query{ID: all[33].ID, Feeds: ids[1:]}, nil)
			w.wantArticles(store.Query{ID: all[33].ID, Since: all[34].Seen}, nil)
			w.wantArticles(store.Query{ID: all[33].ID, Before: all[33].ID}, nil)
		}
		check()
		w.reopen()
		check()
		if _, err := w.Articles(w.ctx, store.Query{Before: "not an id"}); err == nil {
			w.Error("Before took what is no id")
		}
	}},
	{"an edit replaces the rules", func(w *world) {
		id := w.sync(Subscription("https://a.example/"))[0]
		p := w.read(id, Article(1), Article(2))
		p.Entries[0].Rules = []string{"old", "both"}
		p.Entries[0].Versions = []string{"o1", "b1"}
		p.Entries[1].Rules = []string{"old"}
		w.commit(p)
		one, two := p.Entries[0].Article, p.Entries[1].Article
		w.wantMatches(one.ID, notify.Rule{Name: "both", Version: "b1"}, notify.Rule{Name: "old", Version: "o1"})
		w.wantMatches(two.ID, notify.Rule{Name: "old"})
		p = w.read(id, edited(Article(1), "x"), edited(Article(2), "y"))
		p.Entries[0].Rules = []string{"both", "new"}
		p.Entries[0].Versions = []string{"b2", "n1"}
		w.commit(p)
		w.wantArticles(store.Query{Rule: "old"}, nil)
		w.wantArticles(store.Query{Rule: "both"}, []*feeds.Article{one})
		w.wantArticles(store.Query{Rule: "new"}, []*feeds.Article{one})
		w.wantArticles(store.Query{Matched: true}, []*feeds.Article{one})
		w.wantArticles(store.Query{}, []*feeds.Article{two, one})
		w.wantMatches(one.ID, notify.Rule{Name: "both", Version: "b2"}, notify.Rule{Name: "new", Version: "n1"})
		w.wantMatches(two.ID)
		// The same rules, one of them with another text.
		p = w.read(id, edited(Article(1), "z"))
		p.Entries[0].Rules = []string{"new", "both"}
		p.Entries[0].Versions = []string{"n2", "b2"}
		w.commit(p)
		w.reopen()
		w.wantMatches(one.ID, notify.Rule{Name: "both", Version: "b2"}, notify.Rule{Name: "new", Version: "n2"})
		for _, id := range []string{"", "x", ulid.Make().String()} {
			if _, err := w.Matches(w.ctx, id); !errors.Is(err, store.ErrNotFound) {
				w.Errorf("matches of %q: %v", id, err)
			}
		}
		p = w.read(id, edited(Article(1), "zz"))
		p.Entries[0].Rules, p.Entries[0].Versions = []string{"new", "both"}, []string{"n2"}
		if _, err := w.Commit(w.ctx, p); err == nil {
			w.Error("two rules in one version were taken")
		}
	}},
	{"seen when the clock was set back", func(w *world) {
		id := w.sync(Subscription("https://a.example/"))[0]
		var all []*feeds.Article
		for i, at := range []time.Duration{0, 2, 1, 3, -1, 4} {
			w.now = start.Add(at * time.Hour)
			p, _ := w.poll(id, Article(i))
			all = append(all, p.Entries[0].Article)
		}
		w.wantArticles(store.Query{Since: start.Add(2 * time.Hour)}, []*feeds.Article{all[5], all[3], all[1]})
		w.wantArticles(store.Query{Since: start}, []*feeds.Article{all[5], all[3], all[2], all[1], all[0]})
	}},
	{"pages without gaps", func(w *world) {
		ids := w.sync(Subscriptions(200)...)
		together(len(ids), func(i int) {
			l, _, err := w.Claim(w.ctx, store.ClaimOptions{Now: w.now, Limit: 1, PerHost: 2, Lease: time.Minute, Only: ids[i : i+1]})
			w.check("claim", err)
			_, err = w.Commit(w.ctx, NewPoll(l[0], w.now, Articles(10*i, 5)...))
			w.check("commit", err)
		})
		all := w.articles(store.Query{Limit: 10000})
		w.equal(len(all), 1000)
		for _, q := range []store.Query{{}, {Feeds: ids}, {Feeds: ids[:50]}} {
			var got []*feeds.Article
			for q.Limit = 70; ; {
				page := w.articles(q)
				got = append(got, page...)
				if len(page) < q.Limit {
					break
				}
				q.Before = page[len(page)-1].ID
			}
			q.Before, q.Limit = "", 10000
			want := all
			if len(q.Feeds) == 50 {
				want = slices.DeleteFunc(slices.Clone(all), func(a *feeds.Article) bool {
					return !slices.Contains(ids[:50], feeds.NewFeedID(a.Feed.URL))
				})
			}
			w.wantArticles(q, want)
			if !slices.EqualFunc(got, want, func(a, b *feeds.Article) bool { return a.ID == b.ID }) {
				w.Errorf("query %+v: the pages do not add up", q)
			}
		}
	}},
	{"what is returned belongs to the caller", func(w *world) {
		id := w.sync(Subscription("https://a.example/"))[0]
		w.poll(id, Article(1))
		want := w.articles(store.Query{})
		got := w.articles(store.Query{})
		got[0].Title, got[0].Authors[0], got[0].Feed.Name = "x", "x", "x"
		w.equal(w.articles(store.Query{}), want)
	}},
	{"the revision stands while nothing changes", func(w *world) {
		id := w.sync(Subscription("https://a.example/"))[0]
		w.poll(id, Article(1))
		before := w.Revision()
		w.after(time.Hour)
		w.poll(id, Article(1))
		w.commit(Unchanged(w.lease(id), w.now))
		w.sync(Subscription("https://a.example/"))
		w.ok(w.Ping(w.ctx))
		w.equal(w.Revision(), before)
	}},
}

// wantMatches wants these rules to be recorded with the article.
func (w *world) wantMatches(id string, want ...notify.Rule) {
	w.Helper()
	got, err := w.Matches(w.ctx, id)
	if err != nil {
		w.Fatal(err)
	}
	slices.SortFunc(got, func(a, b notify.Rule) int { return cmp.Compare(a.Name, b.Name) })
	if !slices.Equal(got, want) {
		w.Errorf("article %s has the matches %+v, want %+v", id, got, want)
	}
}

package web_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/store"
	"github.com/copytaster/copytaster/notify"
)

// memory is a store of maps and slices.
type memory struct {
	mu         sync.Mutex
	articles   []*feeds.Article // newest first
	rules      map[string][]string
	feedOf     map[string]feeds.FeedID
	infos      []store.FeedInfo
	deliveries []notify.Delivery // newest first
	revision   uint64
	reads      int
	replays    []store.DeliveryQuery
	replayedAt time.Time
	err        error
	// before is called at the start of each Articles.
	before func(context.Context)
}

func (m *memory) Articles(ctx context.Context, q store.Query) ([]*feeds.Article, error) {
	m.mu.Lock()
	before := m.before
	m.reads++
	m.mu.Unlock()
	if before != nil {
		before(ctx)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return nil, m.err
	}
	if q.Limit == 0 {
		q.Limit = 50
	}
	var out []*feeds.Article
	for _, a := range m.articles {
		rules := m.rules[a.ID]
		switch {
		case q.Rule != "" && !slices.Contains(rules, q.Rule),
			q.Matched && len(rules) == 0,
			q.Feeds != nil && !slices.Contains(q.Feeds, m.feedOf[a.ID]),
			q.ID != "" && a.ID != q.ID,
			q.Before != "" && a.ID >= q.Before,
			!q.Since.IsZero() && a.Seen.Before(q.Since):
			continue
		}
		if len(out) == q.Limit {
			break
		}
		out = append(out, a)
	}
	return out, nil
}

func (m *memory) Matches(_ context.Context, id string) (list []notify.Rule, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	rules, ok := m.rules[id]
	if !ok {
		return nil, store.ErrNotFound
	}
	for _, r := range rules {
		list = append(list, notify.Rule{Name: r, Version: "v-" + r})
	}
	return list, m.err
}

func (m *memory) Revision() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.revision
}

func (m *memory) Feeds(ctx context.Context, yield func(store.FeedInfo) bool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return m.err
	}
	for _, f := range m.infos {
		if !yield(f) {
			break
		}
	}
	return ctx.Err()
}

func (m *memory) Deliveries(_ context.Context, q store.DeliveryQuery) ([]notify.Delivery, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return nil, m.err
	}
	var out []notify.Delivery
	for _, d := range m.deliveries {
		if selects(q, d) && (q.Before == "" || d.ID < q.Before) && len(out) < q.Limit {
			out = append(out, d)
		}
	}
	return out, nil
}

func (m *memory) Replay(_ context.Context, q store.DeliveryQuery, now time.Time) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return 0, m.err
	}
	m.replays = append(m.replays, q)
	m.replayedAt = now
	n := 0
	for i, d := range m.deliveries {
		if selects(q, d) {
			m.deliveries[i].State = notify.Pending
			n++
		}
	}
	return n, nil
}

func selects(q store.DeliveryQuery, d notify.Delivery) bool {
	return (q.ID == "" || d.ID == q.ID) && (q.State == "" || d.State == q.State) &&
		(q.Receiver == "" || d.Receiver == q.Receiver) && (q.Rule == "" || d.Alert.Rule.Name == q.Rule) &&
		(q.Since.IsZero() || !d.Created.Before(q.Since)) && (q.Until.IsZero() || d.Created.Before(q.Until))
}

func (m *memory) Ping(context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.err
}

func (m *memory) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.err = err
}

func (m *memory) readCount() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.reads
}

// add stores an article as the newest one.
func (m *memory) add(a *feeds.Article, feed *feeds.Feed, rules ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.articles = slices.Insert(m.articles, 0, a)
	m.rules[a.ID] = rules
	m.feedOf[a.ID] = feed.ID()
	m.revision++
}

var (
	gulfFeed  = &feeds.Feed{URL: "https://wire.example/me.xml", Endpoint: "https://wire.example/me.xml?token=hidden", Name: "Example Wire", Tags: []string{"gulf", "news"}}
	sportFeed = &feeds.Feed{URL: "https://sport.example/rss", Tags: []string{"sport & play"}}
	localFeed = &feeds.Feed{URL: "file:samples/gulf.xml", Name: "Sample"}
)

func start() time.Time { return time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC) }

// ulidAt returns the id of the nth article; ids sort as numbers do.
func ulidAt(n int) string { return fmt.Sprintf("01KABCDEFGHJKMNPQRST%06d", n) }

// filled returns a store with six articles: 5 and 3 match gulf-mediation, 4
// matches a/b, and so does 5.
func filled() *memory {
	m := &memory{rules: map[string][]string{}, feedOf: map[string]feeds.FeedID{}, revision: 7}
	for n := range 6 {
		feed, rules := gulfFeed, []string(nil)
		title := fmt.Sprintf("Story %d of the Gulf crisis", n)
		switch n {
		case 3:
			rules = []string{"gulf-mediation"}
		case 4:
			feed, rules, title = sportFeed, []string{"a/b"}, "Final <b>score</b> & more"
		case 5:
			rules = []string{"gulf-mediation", "a/b"}
		}
		m.add(&feeds.Article{
			ID: ulidAt(n), URL: fmt.Sprintf("https://wire.example/%d", n), Title: title, Summary: "What happened.",
			ContentHTML: "<p>What happened, at length.</p>", ContentText: "What happened, at length.", Language: "en",
			Published: start().Add(time.Duration(n) * time.Hour), Seen: start().Add(time.Duration(n)*time.Hour + time.Minute),
			Feed: &feeds.Source{URL: feed.URL, Name: cmpName(feed), Tags: feed.Tags},
		}, feed, rules...)
	}
	m.infos = []store.FeedInfo{
		{ID: gulfFeed.ID(), Configured: true, Source: feeds.Source{URL: gulfFeed.URL, Name: "Example Wire", Site: "https://wire.example/", Tags: gulfFeed.Tags},
			State: store.State{Due: start().Add(time.Hour), Polled: start(), Succeeded: start(), Articles: 5, NewestAt: start()}},
		{ID: sportFeed.ID(), Configured: true, Source: feeds.Source{URL: sportFeed.URL, Name: "Sport", Tags: sportFeed.Tags},
			State: store.State{Polled: start(), Failures: 3, ErrorKind: "status", Error: "503 Service Unavailable", Articles: 1}},
		{ID: feeds.NewFeedID("https://gone.example/"), Source: feeds.Source{URL: "https://gone.example/", Name: "Gone"}, State: store.State{Failures: 9}},
	}
	for n := range 4 {
		m.deliveries = slices.Insert(m.deliveries, 0, notify.Delivery{
			ID: ulidAt(100 + n), Receiver: []string{"desk", "chat"}[n%2], State: []notify.State{notify.Delivered, notify.Dead}[n/2],
			Attempts: n, Created: start().Add(time.Duration(n) * time.Hour),
			Alert: &notify.Alert{ID: ulidAt(200 + n), Type: notify.ArticleMatched, Rule: notify.Rule{Name: "gulf-mediation", Match: "gulf"}, Article: m.articles[n]},
		})
	}
	return m
}

func cmpName(f *feeds.Feed) string {
	if f.Name == "" {
		return "Sport"
	}
	return f.Name
}

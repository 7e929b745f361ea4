package storetest

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/store"
	"github.com/copytaster/copytaster/monitor/text"
	"github.com/copytaster/copytaster/notify"
)

// Subscriptions returns n feeds on half as many hosts.
func Subscriptions(n int) []store.Subscription {
	subs := make([]store.Subscription, n)
	for i := range subs {
		subs[i] = Subscription(fmt.Sprintf("https://host%d.example/feeds/%d.xml", i/2, i))
	}
	return subs
}

// Subscription returns the feed of an http URL, as a configuration would have
// it that says no more than the URL.
func Subscription(url string) store.Subscription {
	_, rest, _ := strings.Cut(url, "://")
	host, _, _ := strings.Cut(rest, "/")
	return store.Subscription{ID: feeds.NewFeedID(url), Source: feeds.Source{URL: url}, Host: host}
}

// Article returns the nth of many articles that have nothing in common but
// their kind: a news item of about 630 bytes of feed, with every common field.
func Article(n int) *feeds.Article {
	r := words(uint64(n))
	title := r.sentence(8)
	summary := r.sentence(14) + ". " + r.sentence(16) + "."
	url := fmt.Sprintf("https://news%d.example/world/2026/03/%s-%d.html", n%97, strings.ReplaceAll(strings.ToLower(title), " ", "-"), n)
	return &feeds.Article{
		URL:         url,
		Title:       title,
		Summary:     summary,
		ContentHTML: "<p>" + summary + "</p>",
		ContentText: summary,
		Authors:     []string{r.name() + " " + r.name()},
		Categories:  []string{"World"},
		Language:    "en",
		Published:   start.Add(-time.Duration(n%1000) * time.Minute),
		GUID:        fmt.Sprintf("https://news%d.example/?p=%d", n%97, 1000+n),
	}
}

// Articles returns n articles from the given one on.
func Articles(from, n int) []*feeds.Article {
	list := make([]*feeds.Article, n)
	for i := range list {
		list[i] = Article(from + i)
	}
	return list
}

// words is a source of random words: xorshift.
type words uint64

func (r *words) next(n int) int {
	x := uint64(*r)*0x9E3779B97F4A7C15 + 0x632BE59BD9B4E019
	x ^= x >> 29
	x *= 0xBF58476D1CE4E5B9
	x ^= x >> 32
	*r = words(x)
	return int(x>>1) % n
}

// word returns one of some ten thousand words, the common ones more often.
func (r *words) word() string {
	const onsets, cores, ends = "bcdfghlmnprstvw", "aeiou", "nrstlmdk"
	n := r.next(200)
	if r.next(3) > 0 {
		n = r.next(20000)
	}
	w := string(onsets[n%15]) + string(cores[n/15%5])
	for n /= 75; n > 0; n /= 40 {
		w += string(ends[n%8]) + string(cores[n/8%5])
	}
	return w
}

func (r *words) name() string {
	w := r.word() + "son"
	return strings.ToUpper(w[:1]) + w[1:]
}

func (r *words) sentence(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = r.word()
	}
	list[0] = strings.ToUpper(list[0][:1]) + list[0][1:]
	return strings.Join(list, " ")
}

// NewPoll returns a good poll that ended at the given time and found these
// articles, all of them new. The next one is due a quarter of an hour later.
func NewPoll(lease store.Lease, at time.Time, articles ...*feeds.Article) *store.Poll {
	p := &store.Poll{Lease: lease, At: at, State: Polled(lease.State, at), Window: []store.Item{}}
	for i, id := range feeds.Identify(articles, nil) {
		p.Window = append(p.Window, store.Item{Fingerprint: binary.BigEndian.Uint64(id.Key[:]) ^ id.Revision, Key: id.Key})
		p.Entries = append(p.Entries, store.Entry{Article: articles[i], Identity: id, Known: id.Key, Novelty: store.New})
	}
	return p
}

// Unchanged returns a poll that the server answered with 304 Not Modified.
func Unchanged(lease store.Lease, at time.Time) *store.Poll {
	return &store.Poll{Lease: lease, At: at, State: Polled(lease.State, at)}
}

// Polled returns a state after a good poll at the given time.
func Polled(st store.State, at time.Time) store.State {
	st.Due, st.Polled, st.Succeeded = at.Add(15*time.Minute), at, at
	st.ETag, st.LastModified = `W/"5e8c-60a1b2c3"`, "Sun, 01 Mar 2026 11:58:20 GMT"
	st.Endpoint, st.BodyHash = 0x1122334455667788, 0x99aabbccddeeff00
	st.Failures, st.ErrorKind, st.Error, st.RetryAfter = 0, "", "", time.Time{}
	st.Title, st.Site, st.Language = "The Example", "https://www.example/", "en"
	return st
}

// Alert returns an alert of the named rule about an article.
func Alert(rule string, a *feeds.Article, receivers ...string) notify.Alert {
	word, _, _ := strings.Cut(a.Title, " ")
	return notify.Alert{
		Type:      notify.ArticleMatched,
		Rule:      notify.Rule{Name: rule, Match: "title:" + word, Version: "v-" + word},
		Article:   a,
		Matches:   []text.Span{{Field: text.Title, Start: 0, End: len(word), Text: word}},
		Excerpt:   text.Excerpt{Text: a.Title, Marks: [][2]int{{0, len(word)}}},
		Receivers: receivers,
	}
}

// AddAlert adds an alert to the ith entry of a poll, and its rule.
func AddAlert(p *store.Poll, i int, rule string, receivers ...string) {
	e := &p.Entries[i]
	e.Rules = append(e.Rules, rule)
	e.Alerts = append(e.Alerts, Alert(rule, e.Article, receivers...))
}

package monitor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"runtime/debug"
	"slices"
	"time"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/feeds/fetch"
	"github.com/copytaster/copytaster/feeds/parse"
	"github.com/copytaster/copytaster/monitor/match"
	"github.com/copytaster/copytaster/monitor/store"
	"github.com/copytaster/copytaster/notify"
)

// Report is how one poll of a feed went.
type Report struct {
	Feed *feeds.Feed
	// Unchanged is set when the server had nothing new to say.
	Unchanged bool
	// New and Changed count articles, Alerts alerts recorded.
	New, Changed, Alerts int
	// Backlog counts the matches of a first poll that were not alerted on.
	Backlog int
	// Took is the time from request to record.
	Took time.Duration
	// Next is when the feed is polled next.
	Next time.Time
	// Err is why the poll failed. It shows no secret.
	Err error
}

// ErrorKind names the class of a failure, for metrics and people.
func ErrorKind(err error) string {
	var fe *fetch.Error
	switch {
	case errors.As(err, &fe):
		return string(fe.Kind)
	case errors.Is(err, errPanic):
		return "panic"
	}
	return "parse"
}

var errPanic = errors.New("the program failed on this feed (please report it)")

// poll makes one poll of a leased feed and records it. The error it returns is
// the store's; the feed's own is in the report and in the feed's state.
func (m *Monitor) poll(ctx context.Context, l store.Lease) (Report, error) {
	start := time.Now()
	s := m.setup.Load()
	f := s.feeds[l.Feed]
	if f == nil { // left over from another configuration
		m.giveBack(ctx, l)
		return Report{Err: fmt.Errorf("feed %v is not configured", l.Feed)}, nil
	}
	r := Report{Feed: f}
	g := &polling{Monitor: m, setup: s, feed: f, report: &r}
	p, err := g.read(ctx, l)
	if ctx.Err() != nil && err != nil {
		m.giveBack(ctx, l)
		r.Err = ctx.Err()
		return r, nil
	}
	if err != nil && isStoreError(err) {
		r.Err = err
		return r, err
	}
	// From here on the poll counts: a shutdown waits for its record.
	receipt, cerr := g.record(context.WithoutCancel(ctx), p, err)
	if errors.Is(cerr, store.ErrLeaseLost) {
		r.Err = cerr
		return r, nil
	}
	if cerr != nil {
		r.Err = fmt.Errorf("record poll of %s: %w", f.URL, cerr)
		return r, r.Err
	}
	r.New, r.Changed, r.Alerts = receipt.New, receipt.Changed, receipt.Alerts
	r.Took, r.Next, r.Err = time.Since(start), p.State.Due, err
	m.tell(f, l, r, receipt)
	return r, nil
}

// polling is one poll of a feed, with the setup that it began with.
type polling struct {
	*Monitor
	setup  *setup
	feed   *feeds.Feed
	report *Report
}

// record decides when the feed of a poll, which failed with pollErr or went
// well, is polled next, and commits it.
func (g *polling) record(ctx context.Context, p *store.Poll, pollErr error) (store.Receipt, error) {
	// A new configuration must not be overtaken by a time of the old one.
	g.swap.RLock()
	defer g.swap.RUnlock()
	s, f := g.setup, g.feed
	if current := g.Monitor.setup.Load(); current.feeds[f.ID()] != nil {
		s, f = current, current.feeds[f.ID()]
	}
	now := time.Now().UTC()
	p.At = now
	p.State.Polled = now
	if pollErr != nil {
		s.failed(f, p, pollErr)
	} else {
		p.State.Succeeded = now
		p.State.Failures, p.State.ErrorKind, p.State.Error = 0, "", ""
		p.State.RetryAfter = time.Time{}
		p.State.Due = s.next(f, now)
	}
	return g.fixed.Store.Commit(ctx, p)
}

// failed puts a failed poll into the feed's state. The validators stay those
// of the last document that was recorded: a response that could not be read
// must not turn the next one into "not modified".
func (s *setup) failed(f *feeds.Feed, p *store.Poll, err error) {
	st := &p.State
	st.Failures++
	st.ErrorKind, st.Error = ErrorKind(err), err.Error()
	wait := backoff(f.ID(), st.Failures, s.MinInterval, s.MaxInterval)
	st.RetryAfter = time.Time{}
	var fe *fetch.Error
	if errors.As(err, &fe) && fe.RetryAfter > 0 {
		st.RetryAfter = p.At.Add(fe.RetryAfter)
		wait = max(wait, fe.RetryAfter)
	}
	st.Due = p.At.Add(wait)
	if next := s.next(f, p.At); next.After(st.Due) {
		st.Due = next
	}
}

// read gets a feed's document and works out what to record of it. The poll it
// returns always carries the lease and a state to record. A panic below it is
// the feed's error.
func (g *polling) read(ctx context.Context, l store.Lease) (p *store.Poll, err error) {
	p = &store.Poll{Lease: l, State: l.State}
	defer func() {
		if v := recover(); v != nil {
			g.fixed.Logger.Error("panic while reading a feed", "feed", g.feed, "panic", v, "stack", string(debug.Stack()))
			*p = store.Poll{Lease: l, State: l.State}
			err = errPanic
		}
	}()
	resp, err := g.setup.Fetcher.Fetch(ctx, g.feed, fetch.Validators{
		ETag:         l.State.ETag,
		LastModified: l.State.LastModified,
		Endpoint:     l.State.Endpoint,
		BodyHash:     l.State.BodyHash,
	})
	if err != nil {
		return p, err
	}
	if !resp.NotModified && !resp.SameBody {
		if err := g.digest(ctx, resp, p); err != nil {
			*p = store.Poll{Lease: l, State: l.State}
			return p, err
		}
	} else {
		g.report.Unchanged = true
	}
	v := resp.Validators
	p.State.ETag, p.State.LastModified = v.ETag, v.LastModified
	p.State.Endpoint, p.State.BodyHash = v.Endpoint, v.BodyHash
	return p, nil
}

// maxReading is the most bytes of documents that are being read at a time.
const maxReading = 32 << 20

// digest turns a document into the window and the entries of p.
func (g *polling) digest(ctx context.Context, resp *fetch.Response, p *store.Poll) error {
	known := make(map[uint64]feeds.Key, len(p.Lease.Window))
	for _, it := range p.Lease.Window {
		if it.Fingerprint != 0 {
			known[it.Fingerprint] = it.Key
		}
	}
	// However many workers hold a huge document, few are read at a time: to
	// read one takes several times its size.
	weight := min(int64(len(resp.Body)), maxReading)
	if err := g.reading.Acquire(ctx, weight); err != nil {
		return err
	}
	defer g.reading.Release(weight)
	doc, err := parse.Parse(parse.Document{
		Body:        resp.Body,
		ContentType: resp.ContentType,
		URL:         resp.URL,
		Language:    g.feed.Language,
		Now:         time.Now(),
	}, func(fingerprint uint64) bool { _, ok := known[fingerprint]; return ok })
	if err != nil {
		return err
	}
	p.State.Title, p.State.Site, p.State.Language = doc.Title, doc.Site, doc.Language

	var taken []feeds.Key
	var read []*feeds.Article
	for _, it := range doc.Items {
		if it.Article == nil {
			taken = append(taken, known[it.Fingerprint])
		} else {
			read = append(read, it.Article)
		}
	}
	ids := feeds.Identify(read, taken)
	sightings, err := g.fixed.Store.Unseen(ctx, p.Lease.Feed, ids)
	if err != nil {
		return storeError{fmt.Errorf("look up articles of %s: %w", g.feed.URL, err)}
	}
	keepApart(ids, sightings, taken)
	window := make([]store.Item, 0, len(doc.Items))
	have := make(map[feeds.Key]bool, len(doc.Items))
	for _, k := range taken {
		have[k] = true
	}
	source := newSource(g.feed, doc)
	n := 0
	for _, it := range doc.Items {
		if it.Article == nil {
			window = append(window, store.Item{Fingerprint: it.Fingerprint, Key: known[it.Fingerprint]})
			continue
		}
		id, s := ids[n], sightings[n]
		n++
		window = append(window, store.Item{Fingerprint: it.Fingerprint, Key: s.Key})
		if have[s.Key] { // the same article once more in this document
			continue
		}
		have[s.Key] = true
		if s.Novelty == store.Known {
			continue
		}
		it.Article.Feed = source
		p.Entries = append(p.Entries, store.Entry{Article: it.Article, Identity: id, Known: s.Key, Novelty: s.Novelty})
	}
	if !slices.Equal(window, p.Lease.Window) {
		p.Window = window
	}
	inOrder(p.Entries)
	for i := range p.Entries {
		g.match(&p.Entries[i], p.Lease.State.Succeeded.IsZero())
	}
	return nil
}

// keepApart corrects the sightings of articles that were recognised by their
// aliases as one that stands in the same document under its own key: side by
// side they are two, and the new one is new.
func keepApart(ids []feeds.Identity, sightings []store.Sighting, taken []feeds.Key) {
	present := make(map[feeds.Key]bool, len(ids)+len(taken))
	for _, k := range taken {
		present[k] = true
	}
	for i, s := range sightings {
		if s.Novelty != store.New && s.Key == ids[i].Key {
			present[s.Key] = true
		}
	}
	for i, s := range sightings {
		if s.Key != ids[i].Key && present[s.Key] {
			ids[i].Aliases = nil
			sightings[i] = store.Sighting{Novelty: store.New, Key: ids[i].Key}
		}
	}
}

// newSource returns what the articles of a document say of their feed.
func newSource(f *feeds.Feed, doc *parse.Result) *feeds.Source {
	s := &feeds.Source{URL: f.URL, Name: cmp.Or(f.Name, doc.Title), Title: doc.Title, Site: doc.Site, Tags: f.Tags}
	if s.Name == "" {
		if u, err := url.Parse(f.URL); err == nil {
			s.Name = u.Host
		}
	}
	return s
}

// inOrder sorts a document's entries oldest first. Most documents are newest
// first; where dates are missing or equal that order is taken at its word.
func inOrder(entries []store.Entry) {
	slices.Reverse(entries)
	for _, e := range entries {
		if e.Article.When().IsZero() {
			return
		}
	}
	slices.SortStableFunc(entries, func(a, b store.Entry) int { return a.Article.When().Compare(b.Article.When()) })
}

// match finds the rules that an entry matches and, for a new article, drafts
// their alerts. first is set on the feed's first poll, whose articles are
// alerted on only as far back as a rule's backlog reaches.
func (g *polling) match(e *store.Entry, first bool) {
	now := time.Now().UTC()
	matches := g.setup.index.Match(e.Article)
	g.metrics.matched(now, len(matches))
	for _, hit := range matches {
		w := g.setup.watch[hit.Rule.Name]
		e.Rules, e.Versions = append(e.Rules, w.Name), append(e.Versions, w.told.Version)
		if e.Novelty != store.New {
			continue
		}
		if first && !w.inBacklog(e.Article.When(), now) {
			g.report.Backlog++
			continue
		}
		e.Alerts = append(e.Alerts, notify.Alert{
			Type:      notify.ArticleMatched,
			Time:      now,
			Rule:      w.told,
			Article:   e.Article,
			Matches:   hit.Spans,
			Excerpt:   match.Excerpt(e.Article, hit.Spans),
			Receivers: w.Notify,
		})
	}
}

// inBacklog reports whether an article of that time is alerted on although it
// came with its feed's first poll.
func (w *Watch) inBacklog(when, now time.Time) bool {
	if w.BacklogAll {
		return true
	}
	return !when.IsZero() && now.Sub(when) < w.Backlog
}

// tell logs a recorded poll, counts it and wakes the dispatcher.
func (m *Monitor) tell(f *feeds.Feed, l store.Lease, r Report, receipt store.Receipt) {
	outcome := "news"
	switch {
	case r.Err != nil:
		outcome = ErrorKind(r.Err)
	case r.New+r.Changed == 0:
		outcome = "unchanged"
	}
	m.metrics.polls.WithLabelValues(outcome).Inc()
	m.metrics.duration.Observe(r.Took.Seconds())
	m.metrics.articles.WithLabelValues("new").Add(float64(r.New))
	m.metrics.articles.WithLabelValues("changed").Add(float64(r.Changed))
	m.metrics.alerts.Add(float64(r.Alerts))
	if len(receipt.Receivers) > 0 && m.fixed.Wake != nil {
		m.fixed.Wake(receipt.Receivers...)
	}
	log := m.fixed.Logger.With("feed", f)
	switch {
	case r.Err != nil:
		log.Warn("cannot poll", "error", r.Err, "failures", l.State.Failures+1, "next", r.Next)
	case l.State.Succeeded.IsZero():
		log.Info("first poll", "articles", r.New, "alerts", r.Alerts, "matched_before", r.Backlog)
	case l.State.Failures > 0:
		log.Info("polls succeed again", "failures", l.State.Failures, "new", r.New)
	case r.New+r.Changed > 0:
		log.Info("news", "new", r.New, "changed", r.Changed, "alerts", r.Alerts)
	default:
		log.Debug("unchanged")
	}
}

// storeError marks an error as the store's, not the feed's.
type storeError struct{ error }

func (e storeError) Unwrap() error { return e.error }

func isStoreError(err error) bool {
	var s storeError
	return errors.As(err, &s)
}

package monitor_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/feeds/fetch"
	"github.com/copytaster/copytaster/monitor"
	"github.com/copytaster/copytaster/monitor/match"
	"github.com/copytaster/copytaster/monitor/rule"
	"github.com/copytaster/copytaster/monitor/store"
	"github.com/copytaster/copytaster/monitor/store/boltstore"
)

// publisher serves one document, with validators, and keeps what was asked.
type publisher struct {
	*httptest.Server
	mu       sync.Mutex
	items    []string // XML of the items, in document order
	status   int      // when not 200
	header   map[string]string
	requests []http.Header
}

func newPublisher(t *testing.T) *publisher {
	t.Helper()
	p := &publisher{header: make(map[string]string)}
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Close)
	return p
}

func (p *publisher) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests = append(p.requests, r.Header.Clone())
	for k, v := range p.header {
		w.Header().Set(k, v)
	}
	if p.status != 0 {
		w.WriteHeader(p.status)
		return
	}
	body := "<rss version='2.0'><channel><title>Wire</title>" + strings.Join(p.items, "\n") + "</channel></rss>"
	etag := fmt.Sprintf("\"%x\"", len(body)*31+len(p.items))
	w.Header().Set("ETag", etag)
	if r.Header.Get("If-None-Match") == etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	_, _ = io.WriteString(w, body)
}

// set changes what is served.
func (p *publisher) set(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
}

// last returns the header of the last request.
func (p *publisher) last() http.Header {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.requests[len(p.requests)-1]
}

func item(guid, title, text string) string {
	return fmt.Sprintf("<item><title>%s</title><link>https://wire.example/%s</link><guid isPermaLink='false'>%s</guid><description>%s</description></item>", title, guid, guid, text)
}

// rig is a monitor over a real store and real HTTP.
type rig struct {
	*monitor.Monitor
	t       *testing.T
	path    string
	store   *boltstore.Store
	feeds   []*feeds.Feed
	options monitor.Options
}

func newRig(t *testing.T, wrap func(store.Store) store.Store, watch []monitor.Watch, urls ...string) *rig {
	t.Helper()
	return newRigAt(t, filepath.Join(t.TempDir(), "rig.db"), wrap, watch, urls...)
}

func newRigAt(t *testing.T, path string, wrap func(store.Store) store.Store, watch []monitor.Watch, urls ...string) *rig {
	t.Helper()
	st, err := boltstore.Open(path, boltstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	fetcher := fetch.New(fetch.Options{
		Timeout: 10 * time.Second, MaxBody: 1 << 20, UserAgent: "copytaster/test",
		AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
	})
	t.Cleanup(fetcher.Close)
	r := &rig{t: t, path: path, store: st}
	for _, u := range urls {
		r.feeds = append(r.feeds, &feeds.Feed{URL: u})
	}
	var s store.Store = st
	if wrap != nil {
		s = wrap(st)
	}
	r.options = monitor.Options{
		Store: s, Fetcher: fetcher, Feeds: r.feeds, Watch: watch, Schedule: monitor.DefaultSchedule,
		MinInterval: time.Minute, MaxInterval: time.Hour, Workers: 2, PerHost: 1, Timeout: 10 * time.Second,
		Logger: slog.New(slog.DiscardHandler),
	}
	if r.Monitor, err = monitor.New(r.options); err != nil {
		t.Fatal(err)
	}
	return r
}

func watch(t *testing.T, name, text string) monitor.Watch {
	t.Helper()
	e, err := rule.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return monitor.Watch{Rule: match.Rule{Name: name, Match: text, Expr: e}, Notify: []string{"desk"}}
}

// poll polls feed i once.
func (r *rig) poll(i int) (report monitor.Report, err error) {
	r.t.Helper()
	err = r.PollOnce(context.Background(), []feeds.FeedID{r.feeds[i].ID()}, func(rep monitor.Report) { report = rep })
	return report, err
}

// mustPoll polls feed i once and wants no error.
func (r *rig) mustPoll(i int) monitor.Report {
	r.t.Helper()
	rep, err := r.poll(i)
	if err := errors.Join(err, rep.Err); err != nil {
		r.t.Fatal(err)
	}
	return rep
}

func (r *rig) articles(q store.Query) []*feeds.Article {
	r.t.Helper()
	list, err := r.store.Articles(context.Background(), q)
	if err != nil {
		r.t.Fatal(err)
	}
	return list
}

// alerts returns the titles of the articles that were alerted on, oldest
// first.
func (r *rig) alerts() []string {
	r.t.Helper()
	list, err := r.store.Deliveries(context.Background(), store.DeliveryQuery{})
	if err != nil {
		r.t.Fatal(err)
	}
	var titles []string
	for _, d := range list {
		titles = append(titles, d.Alert.Article.Title)
	}
	slices.Reverse(titles)
	return titles
}

func TestFirstPollIsSilentAndTheNextIsNot(t *testing.T) {
	p := newPublisher(t)
	p.items = []string{item("2", "Mediators in the Gulf", "A crisis."), item("1", "Harvest", "Tea.")}
	r := newRig(t, nil, []monitor.Watch{watch(t, "gulf", "Gulf crisis mediators")}, p.URL)
	if rep := r.mustPoll(0); rep.New != 2 || rep.Alerts != 0 || rep.Backlog != 1 {
		t.Errorf("first poll: %+v", rep)
	}
	if got := r.articles(store.Query{Rule: "gulf"}); len(got) != 1 {
		t.Errorf("the output feed of the rule has %d articles, want the old one", len(got))
	}
	p.set(func() {
		p.items = append([]string{item("3", "Gulf: a mediator calls", "The crisis goes on.")}, p.items...)
	})
	if rep := r.mustPoll(0); rep.New != 1 || rep.Alerts != 1 {
		t.Errorf("second poll: %+v", rep)
	}
	if rep := r.mustPoll(0); !rep.Unchanged || rep.New != 0 {
		t.Errorf("third poll: %+v", rep)
	}
	if got := r.alerts(); !slices.Equal(got, []string{"Gulf: a mediator calls"}) {
		t.Errorf("alerts: %q", got)
	}
}

func TestBacklogReachesAsFarAsItSays(t *testing.T) {
	p := newPublisher(t)
	dated := func(guid string, age time.Duration) string {
		date := time.Now().Add(-age).UTC().Format(time.RFC1123)
		return strings.Replace(item(guid, "Gulf "+guid, ""), "<guid", "<pubDate>"+date+"</pubDate><guid", 1)
	}
	p.items = []string{dated("young", time.Hour), dated("old", 3*time.Hour), item("undated", "Gulf undated", "")}
	w := watch(t, "gulf", "gulf")
	w.Backlog = 2 * time.Hour
	all := watch(t, "all", "gulf")
	all.BacklogAll = true
	r := newRig(t, nil, []monitor.Watch{w, all}, p.URL)
	if rep := r.mustPoll(0); rep.Alerts != 4 || rep.Backlog != 2 {
		t.Errorf("first poll: %+v", rep)
	}
}

// An edit changes the article and its place in output feeds, and alerts nobody.
func TestEditIsStoredAndAlertsNobody(t *testing.T) {
	p := newPublisher(t)
	p.items = []string{item("1", "Talks", "They met.")}
	r := newRig(t, nil, []monitor.Watch{watch(t, "gulf", "gulf")}, p.URL)
	r.mustPoll(0)
	before := r.articles(store.Query{})[0]
	p.set(func() { p.items = []string{item("1", "Gulf talks", "They met and parted.")} })
	if rep := r.mustPoll(0); rep.New != 0 || rep.Changed != 1 || rep.Alerts != 0 {
		t.Errorf("poll: %+v", rep)
	}
	got := r.articles(store.Query{Rule: "gulf"})
	if len(got) != 1 || got[0].ID != before.ID || got[0].Title != "Gulf talks" || !got[0].Seen.Equal(before.Seen) {
		t.Errorf("stored: %+v", got)
	}
	// Other markup is no edit.
	p.set(func() {
		p.items = []string{strings.Replace(item("1", "Gulf talks", "They met and parted."), "<item>", "<item xmlns:x='urn:x' x:y='z'>", 1)}
	})
	if rep := r.mustPoll(0); rep.Changed != 0 {
		t.Errorf("poll after a change of markup: %+v", rep)
	}
}

// faulty is a store whose next commits fail.
type faulty struct {
	store.Store
	err error
}

func (f *faulty) Commit(ctx context.Context, p *store.Poll) (store.Receipt, error) {
	if f.err != nil {
		return store.Receipt{}, f.err
	}
	return f.Store.Commit(ctx, p)
}

// What was fetched but not recorded must come again: its validators are not
// kept either. A full disk ends the work with an error that says so.
func TestFailedCommitLosesNothing(t *testing.T) {
	p := newPublisher(t)
	p.items = []string{item("1", "Old", "")}
	f := new(faulty)
	r := newRig(t, func(s store.Store) store.Store { f.Store = s; return f }, []monitor.Watch{watch(t, "gulf", "gulf")}, p.URL)
	r.mustPoll(0)
	p.set(func() { p.items = append([]string{item("2", "Gulf news", "")}, p.items...) })
	f.err = fmt.Errorf("commit: %w", store.ErrFull)
	if _, err := r.poll(0); !errors.Is(err, store.ErrFull) {
		t.Fatalf("poll with a full disk: %v", err)
	}
	// The process ends and another takes over.
	if err := r.store.Close(); err != nil {
		t.Fatal(err)
	}
	r2 := newRigAt(t, r.path, nil, []monitor.Watch{watch(t, "gulf", "gulf")}, p.URL)
	if rep := r2.mustPoll(0); rep.New != 1 || rep.Alerts != 1 {
		t.Errorf("poll after it: %+v", rep)
	}
}

// Failures keep the validators of the last recorded document: the next good
// poll is conditional, and what came in between is not hidden by it.
func TestFailuresKeepValidators(t *testing.T) {
	p := newPublisher(t)
	p.items = []string{item("1", "One", "")}
	r := newRig(t, nil, nil, p.URL)
	r.mustPoll(0)
	p.set(func() { p.status = http.StatusBadGateway })
	if rep, _ := r.poll(0); rep.Err == nil || !strings.Contains(rep.Err.Error(), "502") {
		t.Errorf("poll: %+v", rep)
	}
	if p.last().Get("If-None-Match") == "" {
		t.Error("the second request is unconditional")
	}
	p.set(func() { p.status = 0 })
	if rep := r.mustPoll(0); !rep.Unchanged || p.last().Get("If-None-Match") == "" {
		t.Errorf("the request after a failure: %+v, %v", rep, p.last())
	}
	state, err := r.store.State(context.Background(), r.feeds[0].ID())
	if err != nil || state.Failures != 0 || state.Error != "" {
		t.Errorf("state %+v, %v", state, err)
	}
}

// A host that asks to be left alone is, by all of its feeds.
func TestRetryAfterHoldsForTheHost(t *testing.T) {
	p := newPublisher(t)
	p.status = http.StatusTooManyRequests
	p.header["Retry-After"] = "3600"
	r := newRig(t, nil, nil, p.URL+"/a", p.URL+"/b")
	rep, err := r.poll(0)
	if err != nil || rep.Err == nil {
		t.Fatalf("poll: %+v, %v", rep, err)
	}
	if wait := time.Until(rep.Next); wait < 59*time.Minute {
		t.Errorf("polled again in %v", wait)
	}
	n := len(p.requests)
	rep, err = r.poll(1)
	if err != nil || rep.Err == nil || len(p.requests) != n {
		t.Errorf("the other feed: %+v, %v, %d requests", rep, err, len(p.requests)-n)
	}
}

// A planet of blogs whose posts are numbered alike, a guid for all items, and
// an id that changes every day: no article is lost, none comes twice.
func TestIdentityThroughThePipeline(t *testing.T) {
	p := newPublisher(t)
	p.items = []string{
		"<item><title>Holiday</title><link>https://ann.example/?p=1</link><guid>https://ann.example/?p=1</guid></item>",
		"<item><title>Compilers</title><link>https://bob.example/?p=1</link><guid>https://bob.example/?p=1</guid></item>",
		"<item><title>Same</title><link>https://wire.example/s1</link><guid isPermaLink='false'>all</guid></item>",
	}
	r := newRig(t, nil, nil, p.URL)
	if rep := r.mustPoll(0); rep.New != 3 {
		t.Errorf("first poll: %+v", rep)
	}
	p.set(func() {
		p.items = append([]string{
			"<item><title>Same again</title><link>https://wire.example/s2</link><guid isPermaLink='false'>all</guid></item>",
			"<item><title>Holiday</title><link>http://ann.example/?p=1</link><guid>http://ann.example/?p=1</guid></item>",
		}, p.items[1:]...)
	})
	if rep := r.mustPoll(0); rep.New != 1 {
		t.Errorf("second poll: %+v", rep)
	}
}

func TestNewRefuses(t *testing.T) {
	f := &feeds.Feed{URL: "https://example.org/"}
	for name, o := range map[string]monitor.Options{
		"no schedule":   {Feeds: []*feeds.Feed{f}},
		"bad schedule":  {Feeds: []*feeds.Feed{f}, Schedule: "often"},
		"a feed twice":  {Feeds: []*feeds.Feed{f, f}, Schedule: "@hourly"},
		"a rule twice":  {Schedule: "@hourly", Watch: []monitor.Watch{watch(t, "a", "x"), watch(t, "a", "y")}},
		"feed schedule": {Feeds: []*feeds.Feed{{URL: "https://example.org/", Schedule: "never"}}, Schedule: "@hourly"},
	} {
		if _, err := monitor.New(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// Items that a document shows side by side are not one another, however much
// they look alike: the second is no rename of the first.
func TestAlikeItemsSideBySideAreDistinct(t *testing.T) {
	update := func(guid string) string {
		return "<item><title>Investigating</title><link>https://status.example/</link><pubDate>Mon, 23 Nov 2026 09:00:00 GMT</pubDate><guid isPermaLink='false'>" + guid + "</guid></item>"
	}
	p := newPublisher(t)
	p.items = []string{update("2"), update("1")}
	r := newRig(t, nil, nil, p.URL)
	if rep := r.mustPoll(0); rep.New != 2 {
		t.Errorf("first poll: %+v", rep)
	}
	p.set(func() { p.items = append([]string{update("3")}, p.items...) })
	if rep := r.mustPoll(0); rep.New != 1 {
		t.Errorf("second poll: %+v", rep)
	}
	// The same when every item has to be read again.
	p.set(func() {
		p.items = append([]string{update("4")}, p.items...)
		for i := range p.items {
			p.items[i] = strings.Replace(p.items[i], "<item>", "<item><source url='https://x.example/'>X</source>", 1)
		}
	})
	if rep := r.mustPoll(0); rep.New != 1 {
		t.Errorf("third poll: %+v", rep)
	}
}

// Ids that a publisher makes anew are no news.
func TestRegeneratedIdsAreNoNews(t *testing.T) {
	day := func(generation string) []string {
		var items []string
		for i := range 5 {
			items = append(items, fmt.Sprintf("<item><title>Story %d</title><link>https://wire.example/%d</link><guid isPermaLink='false'>%s-%d</guid></item>", i, i, generation, i))
		}
		return items
	}
	p := newPublisher(t)
	p.items = day("monday")
	r := newRig(t, nil, nil, p.URL)
	r.mustPoll(0)
	for _, generation := range []string{"tuesday", "wednesday"} {
		p.set(func() { p.items = day(generation) })
		if rep := r.mustPoll(0); rep.New+rep.Changed != 0 {
			t.Errorf("%s: %+v", generation, rep)
		}
	}
}

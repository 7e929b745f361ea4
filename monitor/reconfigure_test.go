package monitor_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor"
	"github.com/copytaster/copytaster/monitor/match"
	"github.com/copytaster/copytaster/monitor/store"
	"github.com/copytaster/copytaster/notify"
)

// begin runs the monitor until the test ends it or is over.
func (r *rig) begin() (end func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	var ended atomic.Bool
	end = func() {
		if ended.Swap(true) {
			return
		}
		cancel()
		if err := <-done; err != nil {
			r.t.Errorf("Run: %v", err)
		}
	}
	r.t.Cleanup(end)
	return end
}

// until waits for something that the monitor does.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(10 * time.Second); !ok(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("still not: %s", what)
		}
	}
}

func (r *rig) deliveries() []notify.Delivery {
	r.t.Helper()
	list, err := r.store.Deliveries(context.Background(), store.DeliveryQuery{Limit: 10_000})
	if err != nil {
		r.t.Fatal(err)
	}
	slices.Reverse(list)
	return list
}

func backlog(w monitor.Watch) monitor.Watch {
	w.BacklogAll = true
	return w
}

// A poll under way ends with the rules that it began with, and the feed is next
// polled when the new schedule says.
func TestReconfigureDuringAPoll(t *testing.T) {
	asked, answer := make(chan struct{}), make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked <- struct{}{}
		<-answer
		fmt.Fprint(w, "<rss version='2.0'><channel><title>Slow</title>"+item("1", "Gulf crisis", "Mediators.")+"</channel></rss>")
	}))
	defer slow.Close()
	added := newPublisher(t)
	added.items = []string{item("2", "Oman mediates", "In the Gulf.")}
	before := backlog(watch(t, "gulf", "gulf crisis"))
	r := newRig(t, nil, []monitor.Watch{before}, slow.URL)
	end := r.begin()
	<-asked

	after := backlog(watch(t, "gulf", "gulf (crisis OR oman)"))
	o := r.options
	o.Watch = []monitor.Watch{after}
	o.Schedule = "@every 100h"
	o.Feeds = []*feeds.Feed{{URL: slow.URL}, {URL: added.URL}}
	if err := r.Reconfigure(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	until(t, "the feed that was added is polled at once", func() bool { return len(r.deliveries()) == 1 })
	close(answer)
	until(t, "the slow poll is recorded", func() bool { return len(r.deliveries()) == 2 })
	end()

	list := r.deliveries()
	if got := list[0].Alert; got.Article.Title != "Oman mediates" || got.Rule != after.Told() {
		t.Errorf("the first alert is of %+v about %q", got.Rule, got.Article.Title)
	}
	if got := list[1].Alert; got.Article.Title != "Gulf crisis" || got.Rule != before.Told() {
		t.Errorf("the second alert is of %+v about %q", got.Rule, got.Article.Title)
	}
	for i, w := range []monitor.Watch{after, before} {
		got, err := r.store.Matches(t.Context(), list[i].Alert.Article.ID)
		if want := []notify.Rule{{Name: "gulf", Version: w.Version()}}; err != nil || !slices.Equal(got, want) {
			t.Errorf("recorded with article %d: %+v, %v; want %+v", i, got, err, want)
		}
	}
	st, err := r.store.State(t.Context(), r.feeds[0].ID())
	if err != nil {
		t.Fatal(err)
	}
	if wait := time.Until(st.Due); wait < 40*time.Hour {
		t.Errorf("the slow feed is due in %v, by the old schedule", wait)
	}
}

// What was left out is not polled any more, and bad options change nothing.
func TestReconfigureLeavesOut(t *testing.T) {
	one, two := newPublisher(t), newPublisher(t)
	one.items, two.items = []string{item("1", "One", "")}, []string{item("2", "Two", "")}
	r := newRig(t, nil, nil, one.URL, two.URL)
	bad := r.options
	bad.Feeds, bad.Schedule = r.feeds[:1], "often"
	if err := r.Reconfigure(t.Context(), bad); err == nil || !strings.Contains(err.Error(), "often") {
		t.Errorf("a bad schedule: %v", err)
	}
	r.mustPoll(1)
	o := r.options
	o.Feeds = r.feeds[:1]
	if err := r.Reconfigure(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if _, err := r.poll(1); err != nil {
		t.Fatal(err)
	}
	r.mustPoll(0)
	if n := len(two.requests); n != 1 {
		t.Errorf("the feed that was left out was asked %d times", n)
	}
	states := make(map[string]bool)
	if err := r.store.Feeds(t.Context(), func(f store.FeedInfo) bool { states[f.Source.URL] = f.Configured; return true }); err != nil {
		t.Fatal(err)
	}
	if !states[one.URL] || states[two.URL] {
		t.Errorf("configured: %v", states)
	}
}

// While rules come and go, each article is matched by one set of them.
func TestReconfigureKeepsRulesTogether(t *testing.T) {
	var n atomic.Int64
	news := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		i := n.Add(1)
		fmt.Fprint(w, "<rss version='2.0'><channel><title>News</title>")
		for j := range 20 {
			fmt.Fprint(w, item(fmt.Sprintf("%d-%d", i, j), []string{"gulf", "crisis"}[j%2], "Talks."))
		}
		fmt.Fprint(w, "</channel></rss>")
	}))
	defer news.Close()
	sets := [][]monitor.Watch{
		{backlog(watch(t, "a", "gulf")), backlog(watch(t, "b", "gulf"))},
		{backlog(watch(t, "a", "crisis")), backlog(watch(t, "b", "crisis"))},
	}
	r := newRig(t, nil, sets[0], news.URL)
	ctx, cancel := context.WithCancel(t.Context())
	swapped := make(chan error, 1)
	go func() {
		for i := 1; ctx.Err() == nil; i++ {
			o := r.options
			o.Watch = sets[i%2]
			if err := r.Reconfigure(context.Background(), o); err != nil {
				swapped <- err
				return
			}
		}
		swapped <- nil
	}()
	for range 20 {
		r.mustPoll(0)
	}
	cancel()
	if err := <-swapped; err != nil {
		t.Fatal(err)
	}
	byArticle, seen := make(map[string][]string), make(map[string]bool)
	for _, d := range r.deliveries() {
		if d.Alert.Rule.Match != d.Alert.Article.Title {
			t.Fatalf("the rule %q matched %q", d.Alert.Rule.Match, d.Alert.Article.Title)
		}
		byArticle[d.Alert.Article.ID] = append(byArticle[d.Alert.Article.ID], d.Alert.Rule.Match)
		seen[d.Alert.Rule.Version] = true
	}
	if len(byArticle) != 200 || len(seen) != 2 {
		t.Errorf("%d articles alerted on by %d versions, want 200 by 2", len(byArticle), len(seen))
	}
	for id, rules := range byArticle {
		if len(rules) != 2 || rules[0] != rules[1] {
			t.Fatalf("article %s was matched by %q", id, rules)
		}
	}
}

func TestVersion(t *testing.T) {
	base := watch(t, "a", "gulf crisis -football")
	same := watch(t, "other-name", "  gulf   crisis NOT football")
	same.Notify, same.BacklogAll = []string{"somebody"}, true
	if base.Version() != same.Version() || len(base.Version()) != 8 {
		t.Errorf("versions %q and %q of the same rule", base.Version(), same.Version())
	}
	other := watch(t, "a", "gulf OR crisis -football")
	versions := []string{base.Version(), other.Version()}
	for _, change := range []func(*monitor.Watch){
		func(w *monitor.Watch) { w.Language = "ar" },
		func(w *monitor.Watch) { w.In = []match.Scope{{Tag: "gulf"}} },
		func(w *monitor.Watch) { w.In = []match.Scope{{Feed: "gulf"}} },
	} {
		w := base
		change(&w)
		versions = append(versions, w.Version())
	}
	slices.Sort(versions)
	if len(slices.Compact(versions)) != 5 {
		t.Errorf("versions of five rules: %q", versions)
	}
	if told := base.Told(); told != (notify.Rule{Name: "a", Match: "gulf crisis -football", Version: base.Version()}) {
		t.Errorf("told of %+v", told)
	}
}

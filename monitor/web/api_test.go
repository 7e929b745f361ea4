package web_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/rule"
	"github.com/copytaster/copytaster/monitor/store"
	"github.com/copytaster/copytaster/monitor/text"
	"github.com/copytaster/copytaster/monitor/web"
	"github.com/copytaster/copytaster/notify"
)

func decode[T any](t *testing.T, a answer) T {
	t.Helper()
	if got := a.Header.Get("Content-Type"); got != "application/json; charset=utf-8" {
		t.Errorf("Content-Type %q", got)
	}
	var v T
	if err := json.Unmarshal([]byte(a.body), &v); err != nil {
		t.Fatalf("%v\n%s", err, a.body)
	}
	return v
}

func TestHealth(t *testing.T) {
	m := filled()
	var stalled error
	o := options(m)
	o.Alive = func() error { return stalled }
	s := serve(t, o)
	s.want(http.StatusOK, "/healthz")
	s.want(http.StatusOK, "/readyz")

	stalled = errors.New("no poll was\nstarted for ten minutes")
	if a := s.want(http.StatusServiceUnavailable, "/healthz"); a.body != "no poll was started for ten minutes\n" {
		t.Errorf("reason %q", a.body)
	}
	m.fail(store.ErrFull)
	if a := s.want(http.StatusServiceUnavailable, "/readyz"); a.body != "no space left on the device\n" {
		t.Errorf("reason %q", a.body)
	}
}

func TestMetrics(t *testing.T) {
	reg := prometheus.NewRegistry()
	c := prometheus.NewCounter(prometheus.CounterOpts{Name: "copytaster_articles_total", Help: "Articles."})
	reg.MustRegister(c)
	c.Add(3)
	o := options(filled())
	serve(t, o).want(http.StatusNotFound, "/metrics")
	o.Gatherer = reg
	if a := serve(t, o).want(http.StatusOK, "/metrics"); !strings.Contains(a.body, "copytaster_articles_total 3") {
		t.Errorf("metrics:\n%s", a.body)
	}
}

func TestFeedStates(t *testing.T) {
	s := serve(t, options(filled()))
	got := decode[struct{ Feeds []web.FeedState }](t, s.want(http.StatusOK, "/api/v1/feeds")).Feeds
	want := []web.FeedState{
		{URL: gulfFeed.URL, Name: "Example Wire", Site: "https://wire.example/", Tags: gulfFeed.Tags,
			Due: start().Add(time.Hour), Polled: start(), Succeeded: start(), Articles: 5, Newest: start()},
		{URL: sportFeed.URL, Name: "Sport", Tags: sportFeed.Tags, Polled: start(), Failures: 3,
			ErrorKind: "status", Error: "503 Service Unavailable", Articles: 1},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	s.want(http.StatusBadRequest, "/api/v1/feeds?failing=yes")
}

type deliveryPage struct {
	Deliveries []notify.Delivery
	Next       string
}

func TestDeliveries(t *testing.T) {
	m := filled()
	s := serve(t, options(m))
	for query, want := range map[string]int{
		"":                                   4,
		"?state=dead":                        2,
		"?state=pending":                     0,
		"?receiver=desk":                     2,
		"?receiver=desk&state=dead":          1,
		"?rule=gulf-mediation":               4,
		"?rule=other":                        0,
		"?id=" + ulidAt(101):                 1,
		"?since=2026-11-01T13:00:00Z":        3,
		"?since=2026-11-01T15:00:00%2B02:00": 3,
		"?until=2026-11-01T13:00:00Z":        1,
		"?since=2w&until=1d":                 0,
	} {
		got := decode[deliveryPage](t, s.want(http.StatusOK, "/api/v1/deliveries"+query))
		if len(got.Deliveries) != want || got.Next != "" {
			t.Errorf("%s gives %d and next %q, want %d", query, len(got.Deliveries), got.Next, want)
		}
	}
	var ids []string
	for path := "/api/v1/deliveries?limit=3"; ; {
		page := decode[deliveryPage](t, s.want(http.StatusOK, path))
		for _, d := range page.Deliveries {
			ids = append(ids, d.ID)
		}
		if page.Next == "" {
			break
		}
		path = "/api/v1/deliveries?limit=3&before=" + page.Next
	}
	if want := []string{ulidAt(103), ulidAt(102), ulidAt(101), ulidAt(100)}; !reflect.DeepEqual(ids, want) {
		t.Errorf("pages hold %v, want %v", ids, want)
	}
	for query, want := range map[string]string{
		"?state=failed": "failed", "?recevier=desk": "recevier", "?limit=0": "limit", "?since=yesterday": "yesterday",
		"?state=dead&state=pending": "state", "?until=-1h": "-1h", "?rule=": "rule",
	} {
		a := s.want(http.StatusBadRequest, "/api/v1/deliveries"+query)
		if p := decode[struct{ Error string }](t, a); !strings.Contains(p.Error, want) {
			t.Errorf("%s answers %q", query, p.Error)
		}
	}
}

func TestReplay(t *testing.T) {
	const path = "/api/v1/deliveries/replay"
	const isJSON = "application/json; charset=utf-8"
	for _, c := range []struct {
		name, query, body string
		status, replayed  int
		woken             []string
		wake              bool
	}{
		{"by state", "?state=dead", "", 200, 2, nil, true},
		{"by receiver", "?receiver=desk", "", 200, 2, []string{"desk"}, true},
		{"in a body", "", `{"receiver":"chat","state":"dead"}`, 200, 1, []string{"chat"}, true},
		{"nothing selected", "?rule=other", "", 200, 0, nil, false},
		{"no filter", "", "", 400, 0, nil, false},
		{"empty object", "", "{}", 400, 0, nil, false},
		{"empty filter", "", `{"rule":"","state":"dead"}`, 400, 0, nil, false},
		{"unknown filter", "", `{"rulle":"x"}`, 400, 0, nil, false},
		{"a limit is no filter", "?limit=5", "", 400, 0, nil, false},
		{"both", "?state=dead", `{"rule":"x"}`, 400, 0, nil, false},
		{"broken JSON", "", `{"state":`, 400, 0, nil, false},
		{"bad state", "", `{"state":"gone"}`, 400, 0, nil, false},
		{"too large", "", `{"rule":"` + strings.Repeat("x", 70<<10) + `"}`, 413, 0, nil, false},
	} {
		m := filled()
		o := options(m)
		var woken []string
		wakes := 0
		o.Wake = func(receivers ...string) { woken, wakes = receivers, wakes+1 }
		a := serve(t, o).do(http.MethodPost, path+c.query, c.body, "Content-Type", isJSON)
		if a.StatusCode != c.status {
			t.Errorf("%s: %s %s", c.name, a.Status, a.body)
			continue
		}
		if (wakes == 1) != c.wake || !reflect.DeepEqual(woken, c.woken) {
			t.Errorf("%s: woke %v %d times", c.name, woken, wakes)
		}
		if c.status != http.StatusOK {
			if p := decode[struct{ Error string }](t, a); p.Error == "" || len(m.replays) != 0 {
				t.Errorf("%s: %q after %d replays", c.name, p.Error, len(m.replays))
			}
			continue
		}
		if got := decode[map[string]int](t, a); got["replayed"] != c.replayed || len(got) != 1 {
			t.Errorf("%s: %v, want %d", c.name, got, c.replayed)
		}
		if age := time.Since(m.replayedAt); age < 0 || age > time.Minute {
			t.Errorf("%s: replayed as of %v", c.name, m.replayedAt)
		}
	}
	if a := serve(t, options(filled())).do(http.MethodPost, path, "state=dead", "Content-Type", "application/x-www-form-urlencoded"); a.StatusCode != http.StatusBadRequest {
		t.Errorf("a form: %s", a.Status)
	}
}

func found(t *testing.T, a answer) []web.Found {
	t.Helper()
	if got := a.Header.Get("Content-Type"); got != "application/x-ndjson; charset=utf-8" {
		t.Errorf("Content-Type %q", got)
	}
	var out []web.Found
	for line := range strings.Lines(a.body) {
		var f web.Found
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		out = append(out, f)
	}
	return out
}

func TestSearch(t *testing.T) {
	m := filled()
	s := serve(t, options(m))
	lines := found(t, s.want(http.StatusOK, "/api/v1/search?q=gulf+crisis"))
	if len(lines) != 5 || lines[0].Article.ID != ulidAt(5) || lines[4].Article.ID != ulidAt(0) {
		t.Fatalf("found %d articles, the first %+v", len(lines), lines)
	}
	first := lines[0]
	if first.Article.Title == "" || first.Article.Feed == nil || len(first.Matches) == 0 || first.Matches[0].Field != text.Title ||
		first.Excerpt.Text == "" || len(first.Excerpt.Marks) == 0 {
		t.Errorf("the first is %+v", first)
	}
	// The line is the article's own JSON form, with the excerpt as plain text.
	var line struct{ ID, Title, Excerpt string }
	body := s.get("/api/v1/search?q=gulf+crisis&limit=1").body
	if err := json.Unmarshal([]byte(body), &line); err != nil || line.ID != ulidAt(5) || line.Title == "" || line.Excerpt == "" {
		t.Errorf("%v in %s", err, body)
	}
	if lines := found(t, s.want(http.StatusOK, "/api/v1/search?q=gulf&limit=2")); len(lines) != 2 {
		t.Errorf("found %d articles, want 2", len(lines))
	}
	if lines := found(t, s.want(http.StatusOK, "/api/v1/search?q=gulf&since=2026-11-01T15:00:00Z")); len(lines) != 2 {
		t.Errorf("found %d articles since 15:00, want 2", len(lines))
	}
	if lines := found(t, s.want(http.StatusOK, "/api/v1/search?q=unheardof")); len(lines) != 0 {
		t.Errorf("found %v", lines)
	}

	a := s.want(http.StatusBadRequest, "/api/v1/search?q=(gulf")
	if p := decode[struct {
		Error  string
		Column int
	}](t, a); p.Error == "" || p.Column < 1 {
		t.Errorf("a bad expression answers %s", a.body)
	}
	for _, query := range []string{"", "?q=", "?q=gulf&since=x", "?q=gulf&limit=501", "?q=gulf&order=asc"} {
		a := s.want(http.StatusBadRequest, "/api/v1/search"+query)
		if p := decode[struct{ Error string }](t, a); p.Error == "" {
			t.Errorf("%q answers %s", query, a.body)
		}
	}
}

func TestSearchGoesThroughTheWholeArchive(t *testing.T) {
	m := filled()
	for n := 10; n < 1010; n++ {
		title := "Other news"
		if n%100 == 0 {
			title = "The Gulf again"
		}
		m.add(&feeds.Article{ID: ulidAt(n), Title: title, Language: "en", Seen: start().Add(time.Duration(n) * time.Hour)}, gulfFeed)
	}
	s := serve(t, options(m))
	if lines := found(t, s.want(http.StatusOK, "/api/v1/search?q=gulf&limit=500")); len(lines) != 15 {
		t.Errorf("found %d articles, want 15", len(lines))
	}
	reads := m.readCount()
	s.want(http.StatusOK, "/api/v1/search?q=gulf&limit=1")
	if n := m.readCount() - reads; n != 1 {
		t.Errorf("one article of the newest took %d reads", n)
	}
}

func TestSearchStreamsAndStopsWithItsClient(t *testing.T) {
	m := filled()
	for n := 10; n < 1010; n++ {
		m.add(&feeds.Article{ID: ulidAt(n), Title: "The Gulf again", Language: "en"}, gulfFeed)
	}
	second := make(chan struct{})
	ended := make(chan struct{})
	calls := 0
	m.before = func(ctx context.Context) {
		if calls++; calls == 2 {
			close(second)
			// The client leaves during the second read.
			<-ctx.Done()
			close(ended)
		}
	}
	s := serve(t, options(m))
	ctx, leave := context.WithCancel(context.Background())
	defer leave()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/api/v1/search?q=gulf&limit=500", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	for range 200 {
		if !lines.Scan() {
			t.Fatalf("the first page is not all here: %v", lines.Err())
		}
	}
	<-second
	leave()
	<-ended
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.reads != 2 {
		t.Errorf("%d reads after the client left", m.reads)
	}
}

func TestBrokenSearchDoesNotLookWhole(t *testing.T) {
	m := filled()
	for n := 10; n < 310; n++ {
		m.add(&feeds.Article{ID: ulidAt(n), Title: "The Gulf again", Language: "en"}, gulfFeed)
	}
	calls := 0
	m.before = func(context.Context) {
		if calls++; calls == 2 {
			m.fail(errors.New("gone"))
		}
	}
	s := serve(t, options(m))
	resp, err := s.client.Get(s.url + "/api/v1/search?q=gulf&limit=500")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
	}
	if lines.Err() == nil {
		t.Error("the answer ends as if all was found")
	}
}

func TestSearchFunction(t *testing.T) {
	m := filled()
	var got []string
	err := web.Search(context.Background(), m, web.SearchQuery{Expr: "gulf crisis"}, func(f web.Found) bool {
		got = append(got, f.Article.ID)
		return len(got) < 3
	})
	if want := []string{ulidAt(5), ulidAt(3), ulidAt(2)}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("found %v, %v; want %v", got, err, want)
	}
	var syntax *rule.SyntaxError
	if err := web.Search(context.Background(), m, web.SearchQuery{Expr: "(gulf"}, nil); !errors.As(err, &syntax) {
		t.Errorf("a bad expression gives %v", err)
	}
}

func TestParseTime(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for in, want := range map[string]time.Time{
		"":                          {},
		"30d":                       now.AddDate(0, 0, -30),
		"2w":                        now.AddDate(0, 0, -14),
		"1.5d":                      now.Add(-36 * time.Hour),
		"1d12h30m":                  now.Add(-36*time.Hour - 30*time.Minute),
		"90m":                       now.Add(-90 * time.Minute),
		"500ms":                     now.Add(-500 * time.Millisecond),
		"2026-01-31T15:00:00+01:00": time.Date(2026, 1, 31, 14, 0, 0, 0, time.UTC),
	} {
		got, err := web.ParseTime(in, now)
		if err != nil || !got.Equal(want) {
			t.Errorf("%q is %v, %v; want %v", in, got, err, want)
		}
	}
	for _, in := range []string{"d", "30", "30x", "-30d", "+1d", "0d", " 1d", "1d ", "999999999999w", "100000d100000d100000d", "1e3d", "1..5d", "2026-01-31", "yesterday"} {
		if got, err := web.ParseTime(in, now); err == nil {
			t.Errorf("%q is %v", in, got)
		}
	}
}

func FuzzParseTime(f *testing.F) {
	f.Add("1d12h")
	f.Add("9999999999999999w")
	f.Add("2026-01-31T15:00:00Z")
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, s string) {
		got, err := web.ParseTime(s, now)
		if _, rfc := time.Parse(time.RFC3339, s); err == nil && rfc != nil && s != "" && !got.Before(now) {
			t.Errorf("%q is %v, not before now", s, got)
		}
		if err != nil && !got.IsZero() {
			t.Errorf("%q is both %v and %v", s, got, err)
		}
	})
}

func ExampleParseTime() {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	t, _ := web.ParseTime("2w", now)
	fmt.Println(t.Format(time.RFC3339))
	// Output: 2026-11-09T12:00:00Z
}

package web_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/match"
	"github.com/copytaster/copytaster/monitor/rule"
	"github.com/copytaster/copytaster/monitor/store"
	"github.com/copytaster/copytaster/monitor/web"
)

// long returns a store with n articles, an hour apart, of which every tenth is
// about the Gulf and every thirtieth about mediation in it.
func long(n int) *memory {
	m := filled()
	m.articles = nil
	for i := range n {
		title := "Other news"
		switch {
		case i%30 == 0:
			title = "Mediators in the Gulf"
		case i%10 == 0:
			title = "The Gulf again"
		}
		feed := []*feeds.Feed{gulfFeed, gulfFeed, sportFeed}[i/30%3]
		m.add(&feeds.Article{
			ID: ulidAt(i), URL: fmt.Sprintf("https://wire.example/long/%d", i), Title: title, Language: "en",
			Seen: start().Add(time.Duration(i) * time.Hour), Feed: &feeds.Source{URL: feed.URL, Name: cmpName(feed), Tags: feed.Tags},
		}, feed)
	}
	return m
}

func expr(t *testing.T, text string) match.Rule {
	t.Helper()
	e, err := rule.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return match.Rule{Name: text, Match: text, Expr: e}
}

func defined(t *testing.T, src map[string]string) rule.Definitions {
	t.Helper()
	d, errs := rule.ParseDefinitions(src)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return d
}

func TestSearchOutputs(t *testing.T) {
	o := options(filled())
	o.Define = defined(t, map[string]string{"late": "=4 OR =5"})
	s := serve(t, o)
	for _, suffix := range []string{"atom", "rss", "json"} {
		f := parse(t, s.want(http.StatusOK, "/search."+suffix+"?q=gulf+%40late&limit=7"))
		if len(f.Items) != 1 || f.Items[0].Title != "Story 5 of the Gulf crisis" || !strings.Contains(f.Title, "gulf @late") {
			t.Errorf("%s: %q with %d entries", suffix, f.Title, len(f.Items))
		}
		self := "https://news.example.org/wire/search." + suffix + "?limit=7&q=gulf+%40late"
		if f.FeedLink != self {
			t.Errorf("%s: it says to be at %s, not at %s", suffix, f.FeedLink, self)
		}
	}
	if f := parse(t, s.want(http.StatusOK, "/search.atom?q=gulf&limit=2")); len(f.Items) != 2 || f.Items[1].Title != "Story 3 of the Gulf crisis" {
		t.Errorf("with a limit: %d entries", len(f.Items))
	}
	for query, want := range map[string]string{"": "q", "?q=+": "q", "?q=(gulf": "column 1", "?q=%40nosuch": "@nosuch", "?q=gulf&limit=501": "limit"} {
		if a := s.want(http.StatusBadRequest, "/search.atom"+query); !strings.Contains(a.body, want) {
			t.Errorf("%q is answered %q", query, a.body)
		}
	}
}

// However large the archive is, a reader that asks for the feed of a search has
// only the newest part of it searched.
func TestSearchOutputIsBounded(t *testing.T) {
	m := filled()
	a := m.articles[0]
	m.articles = nil
	for i := range 60_000 {
		b := *a
		b.ID = fmt.Sprintf("01KABCDEFGHJKMNPQRST%06d", 999_999-i)
		m.articles = append(m.articles, &b)
	}
	m.articles[len(m.articles)-1].Title = "Quagga"
	s := serve(t, options(m))
	reads := m.readCount()
	if f := parse(t, s.want(http.StatusOK, "/search.atom?q=quagga")); len(f.Items) != 0 {
		t.Error("the oldest article was found")
	}
	if n := m.readCount() - reads; n < 250 || n > 270 {
		t.Errorf("%d pages of 200 were read", n)
	}
}

func TestArticles(t *testing.T) {
	s := serve(t, options(long(1000)))
	for _, query := range []string{"id=" + ulidAt(30), "url=" + url.QueryEscape("https://wire.example/long/30"), "url=" + url.QueryEscape("https://wire.example/long/30/")} {
		a := decode[web.Stored](t, s.want(http.StatusOK, "/api/v1/articles?"+query))
		if a.ID != ulidAt(30) || a.Title != "Mediators in the Gulf" || a.Matched != nil {
			t.Errorf("%s is %+v", query, a)
		}
	}
	a := decode[web.Stored](t, serve(t, options(filled())).want(http.StatusOK, "/api/v1/articles?id="+ulidAt(3)))
	if !slices.Equal(a.Matched, []web.Matched{{Rule: "gulf-mediation", Version: "v-gulf-mediation"}}) {
		t.Errorf("matched by %+v", a.Matched)
	}
	s.want(http.StatusNotFound, "/api/v1/articles?id="+ulidAt(2000))
	s.want(http.StatusNotFound, "/api/v1/articles?id=x")
	s.want(http.StatusNotFound, "/api/v1/articles?url=https://wire.example/long/3000")
	for _, query := range []string{"", "?id=", "?id=a&url=https://x/", "?id=https://x/", "?url=x", "?id=a&id=b", "?ID=a"} {
		s.want(http.StatusBadRequest, "/api/v1/articles"+query)
	}
}

func TestBacktest(t *testing.T) {
	m := long(3000)
	against := expr(t, "mediator OR zebra")
	told := 0
	b, err := web.RunBacktest(t.Context(), m, web.BacktestQuery{
		Rule: expr(t, "gulf"), Against: &against, Since: start().Add(24 * time.Hour),
		Progress: func(n int) { told = n },
	})
	if err != nil {
		t.Fatal(err)
	}
	if b.Scanned != 2976 || told != 2976 || !b.From.Equal(start().Add(24*time.Hour)) || !b.To.Equal(start().Add(2999*time.Hour)) {
		t.Errorf("%d articles from %v to %v, %d told", b.Scanned, b.From, b.To, told)
	}
	if b.Articles != 297 || b.Against.Articles != 99 || b.Gained.Articles != 198 || b.Lost.Articles != 0 {
		t.Errorf("%d articles, against %d, gained %d, lost %d", b.Articles, b.Against.Articles, b.Gained.Articles, b.Lost.Articles)
	}
	sum := 0
	for i, d := range b.Days {
		sum += d.Articles
		if i > 0 && d.Day <= b.Days[i-1].Day {
			t.Errorf("day %s comes after %s", d.Day, b.Days[i-1].Day)
		}
	}
	// The first article is of 2 November at 12:00, and two or three are of each day.
	if sum != 297 || b.Days[0] != (web.DayCount{Day: "2026-11-02", Articles: 1}) || len(b.Days) != 125 {
		t.Errorf("%d on %d days, the first %+v", sum, len(b.Days), b.Days[0])
	}
	if want := []web.FeedCount{{URL: gulfFeed.URL, Name: "Example Wire", Articles: 198}, {URL: sportFeed.URL, Name: "Sport", Articles: 99}}; !slices.Equal(b.Feeds, want) {
		t.Errorf("by feed: %+v", b.Feeds)
	}
	if len(b.Samples) != 10 || b.Samples[0].Article.ID != ulidAt(2990) || b.Samples[0].Matches[0].Text != "Gulf" || b.Samples[0].Excerpt.Text == "" {
		t.Errorf("samples: %+v", b.Samples)
	}
	if len(b.Lost.Samples) != 0 || b.Gained.Samples[0].Article.ID != ulidAt(2990) || b.Gained.Samples[2].Article.ID != ulidAt(2960) {
		t.Errorf("gained: %+v", b.Gained.Samples)
	}

	// Scopes and language count, and what is lost is as well.
	limited := expr(t, "gulf")
	limited.In, limited.Language = []match.Scope{{Tag: "sport & play"}}, "ar"
	whole := expr(t, "gulf")
	if b, err = web.RunBacktest(t.Context(), m, web.BacktestQuery{Rule: limited, Against: &whole}); err != nil || b.Articles != 0 || b.Lost.Articles != 300 {
		t.Errorf("in another language: %+v, %v", b, err)
	}
	limited.Language = "en"
	if b, err = web.RunBacktest(t.Context(), m, web.BacktestQuery{Rule: limited, Against: &whole}); err != nil || b.Articles != 99 || b.Lost.Articles != 201 {
		t.Errorf("in one feed: %+v, %v", b, err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	_, err = web.RunBacktest(ctx, m, web.BacktestQuery{Rule: whole, Progress: func(int) { cancel() }})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a backtest that was given up: %v", err)
	}
	m.fail(store.ErrDamaged)
	if _, err = web.RunBacktest(t.Context(), m, web.BacktestQuery{Rule: whole}); !errors.Is(err, store.ErrDamaged) {
		t.Errorf("of a damaged store: %v", err)
	}
}

func TestBacktestAPI(t *testing.T) {
	o := options(long(1000))
	o.Define = defined(t, map[string]string{"gulf": "gulf"})
	s := serve(t, o)
	post := func(body string) answer {
		t.Helper()
		return s.do(http.MethodPost, "/api/v1/backtest", body, "Content-Type", "application/json")
	}
	a := post(`{"rule":{"match":"@gulf","in":["tag:gulf"],"language":"en"},"against":{"match":"-gulf","in":["Example Wire"]},"since":"2026-11-01T12:00:00Z"}`)
	var last web.BacktestLine
	for lines := bufio.NewScanner(strings.NewReader(a.body)); lines.Scan(); {
		if err := json.Unmarshal(lines.Bytes(), &last); err != nil {
			t.Fatalf("%v in %s", err, lines.Text())
		}
	}
	if r := last.Result; a.StatusCode != http.StatusOK || r == nil || r.Scanned != 1000 || r.Articles != 67 || r.Against.Articles != 603 || r.Gained.Articles != 67 || len(r.Samples) != 10 {
		t.Errorf("%d\n%s", a.StatusCode, a.body)
	}
	for body, want := range map[string]string{
		`{"rule":{"match":"(gulf"}}`:                       "rule: column 1",
		`{"rule":{"match":"-gulf"}}`:                       "rule: column 1",
		`{"rule":{"match":"gulf"},"against":{"match":""}}`: "against: ",
		`{"rule":{"match":"gulf"},"since":"yesterday"}`:    "since: ",
		`{}`:                         "rule: ",
		`[1]`:                        "JSON",
		`{"rule":{"match":"@nope"}}`: "@nope",
	} {
		if a := post(body); a.StatusCode != http.StatusBadRequest || !strings.Contains(a.body, want) {
			t.Errorf("%s: %d %s", body, a.StatusCode, a.body)
		}
	}
	if a := s.do(http.MethodPost, "/api/v1/backtest", "{}"); a.StatusCode != http.StatusBadRequest || !strings.Contains(a.body, "Content-Type") {
		t.Errorf("without a content type: %d %s", a.StatusCode, a.body)
	}
	if a := post(`{"rule":{"match":"` + strings.Repeat("gulf ", 20_000) + `"}}`); a.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a huge rule: %d %s", a.StatusCode, a.body)
	}
	if a := s.do(http.MethodPost, "/api/v1/backtest", `{"rule":{"match":"gulf"}}`, "Content-Type", "application/json", "Sec-Fetch-Site", "cross-site"); a.StatusCode != http.StatusForbidden {
		t.Errorf("from a page elsewhere: %d", a.StatusCode)
	}
}

// A backtest that breaks off must not look like one that has found nothing.
func TestBacktestAPIFails(t *testing.T) {
	m := long(1000)
	m.fail(errors.New("gone"))
	s := serve(t, options(m))
	a := s.do(http.MethodPost, "/api/v1/backtest", `{"rule":{"match":"gulf"}}`, "Content-Type", "application/json")
	if a.StatusCode != http.StatusInternalServerError || strings.Contains(a.body, "gone") {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
}

// Results come in the order of the archive, however many cores look.
func TestSearchKeepsOrder(t *testing.T) {
	m := long(20_000)
	last, n, told := "", 0, 0
	err := web.Search(t.Context(), m, web.SearchQuery{Expr: "gulf", Progress: func(scanned int) { told = scanned }}, func(f web.Found) bool {
		if last != "" && f.Article.ID >= last {
			t.Errorf("%s comes after %s", f.Article.ID, last)
		}
		last = f.Article.ID
		n++
		return true
	})
	if err != nil || n != 2000 || told != 20_000 {
		t.Errorf("found %d, %d searched, %v", n, told, err)
	}
}

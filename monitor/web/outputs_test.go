package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mmcdole/gofeed"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/feeds/encode"
	"github.com/copytaster/copytaster/monitor/web"
)

func parse(t *testing.T, a answer) *gofeed.Feed {
	t.Helper()
	f, err := gofeed.NewParser().ParseString(a.body)
	if err != nil {
		t.Fatalf("%v\n%s", err, a.body)
	}
	return f
}

func TestOutputFeeds(t *testing.T) {
	s := serve(t, options(filled()))
	kinds := map[string]string{
		".atom": "application/atom+xml; charset=utf-8",
		".rss":  "application/rss+xml; charset=utf-8",
		".json": "application/feed+json; charset=utf-8",
	}
	for path, want := range map[string][]int{
		"/feed":                 {5, 4, 3},
		"/all":                  {5, 4, 3, 2, 1, 0},
		"/watch/gulf-mediation": {5, 3},
		"/watch/a%2Fb":          {5, 4},
		"/tag/gulf":             {5, 3, 2, 1, 0},
		"/tag/sport%20&%20play": {4},
	} {
		for suffix, kind := range kinds {
			a := s.want(http.StatusOK, path+suffix)
			if got := a.Header.Get("Content-Type"); got != kind {
				t.Errorf("%s%s is %s", path, suffix, got)
			}
			f := parse(t, a)
			var got []string
			for _, item := range f.Items {
				got = append(got, item.GUID)
			}
			var ids []string
			for _, n := range want {
				ids = append(ids, encode.ID(ulidAt(n)))
			}
			if fmt.Sprint(got) != fmt.Sprint(ids) {
				t.Errorf("%s%s holds %v, want %v", path, suffix, got, ids)
			}
			self := "https://news.example.org/wire" + path + suffix
			if f.FeedLink != self {
				t.Errorf("%s%s calls itself %s, want %s", path, suffix, f.FeedLink, self)
			}
		}
	}
}

func TestTitlesTellFeedsApart(t *testing.T) {
	s := serve(t, options(filled()))
	titles := map[string]string{}
	for _, path := range []string{"/feed.atom", "/all.atom", "/watch/gulf-mediation.atom", "/watch/a%2Fb.atom", "/tag/gulf.atom"} {
		f := parse(t, s.want(http.StatusOK, path))
		if other, ok := titles[f.Title]; ok {
			t.Errorf("%s and %s are both called %q", path, other, f.Title)
		}
		titles[f.Title] = path
	}
	if f := parse(t, s.get("/watch/gulf-mediation.atom")); !strings.Contains(f.Description, `NEAR/10 mediat*`) {
		t.Errorf("the feed of a rule does not tell the rule: %q", f.Description)
	}
}

func TestUnknownOutputsAreNamed(t *testing.T) {
	s := serve(t, options(filled()))
	for path, want := range map[string]string{
		"/watch/golf.atom":          `"golf"`,
		"/watch/gulf.rss":           `"gulf"`,
		"/tag/golf.json":            `"golf"`,
		"/watch/gulf-mediation":     "gulf-mediation",
		"/watch/gulf-mediation.xml": ".atom",
		"/tag/gulf-mediation.atom":  "gulf-mediation",
	} {
		if a := s.want(http.StatusNotFound, path); !strings.Contains(a.body, want) {
			t.Errorf("%s answers %q", path, a.body)
		}
	}
}

func TestLimit(t *testing.T) {
	m := filled()
	for n := 10; n < 610; n++ {
		m.add(&feeds.Article{ID: ulidAt(n), Title: "more"}, gulfFeed, "gulf-mediation")
	}
	s := serve(t, options(m))
	for query, want := range map[string]int{"": 50, "?limit=1": 1, "?limit=500": 500, "?other=1": 50} {
		if f := parse(t, s.want(http.StatusOK, "/feed.rss"+query)); len(f.Items) != want {
			t.Errorf("%q gives %d entries, want %d", query, len(f.Items), want)
		}
	}
	for _, limit := range []string{"0", "-1", "501", "x", "1e2", "99999999999999999999"} {
		if a := s.want(http.StatusBadRequest, "/feed.rss?limit="+limit); !strings.Contains(a.body, "500") {
			t.Errorf("limit %s answers %q", limit, a.body)
		}
	}
}

func TestUnchangedFeedIsNotSentAgain(t *testing.T) {
	m := filled()
	s := serve(t, options(m))
	for _, path := range []string{"/feed.atom", "/all.rss", "/tag/gulf.json"} {
		first := s.want(http.StatusOK, path)
		etag, modified := first.Header.Get("ETag"), first.Header.Get("Last-Modified")
		if !strings.HasPrefix(etag, `"`) || modified == "" || first.Header.Get("Cache-Control") == "" {
			t.Fatalf("%s: headers %v", path, first.Header)
		}
		if want := start().Add(5*time.Hour + time.Minute).Format(http.TimeFormat); modified != want {
			t.Errorf("%s was last modified %s, want %s", path, modified, want)
		}
		reads := m.readCount()
		for _, same := range [][]string{
			{"If-None-Match", etag},
			{"If-None-Match", "W/" + etag},
			{"If-None-Match", `"x", W/"y,z" ,` + etag},
			{"If-None-Match", "*"},
			{"If-Modified-Since", modified},
			{"If-None-Match", etag, "If-Modified-Since", "Mon, 01 Jan 1990 00:00:00 GMT"},
		} {
			a := s.want(http.StatusNotModified, path, same...)
			if a.body != "" || a.Header.Get("ETag") != etag || a.Header.Get("Vary") == "" || a.Header.Get("Cache-Control") == "" {
				t.Errorf("%s %v: 304 with %v", path, same, a.Header)
			}
		}
		for _, other := range [][]string{
			{"If-None-Match", `"x"`},
			{"If-None-Match", `"x"`, "If-Modified-Since", modified},
			{"If-Modified-Since", "Mon, 01 Jan 1990 00:00:00 GMT"},
			{"If-Modified-Since", "nonsense"},
		} {
			s.want(http.StatusOK, path, other...)
		}
		if got := m.readCount(); got != reads {
			t.Errorf("%s: %d reads of the store for what was rendered already", path, got-reads)
		}
	}
}

func TestETagSurvivesRestartAndChangesWithTheArticles(t *testing.T) {
	m := filled()
	before := serve(t, options(m)).get("/feed.atom").Header.Get("ETag")
	m.mu.Lock()
	m.revision = 1
	m.mu.Unlock()
	s := serve(t, options(m))
	s.want(http.StatusNotModified, "/feed.atom", "If-None-Match", before)

	// A change elsewhere in the archive does not change this feed.
	m.add(&feeds.Article{ID: ulidAt(10), Title: "Nothing to do with it"}, gulfFeed)
	s.want(http.StatusNotModified, "/feed.atom", "If-None-Match", before)

	m.add(&feeds.Article{ID: ulidAt(11), Title: "News"}, gulfFeed, "a/b")
	if a := s.want(http.StatusOK, "/feed.atom", "If-None-Match", before); !strings.Contains(a.body, "News") {
		t.Errorf("the new article is missing:\n%s", a.body)
	}
}

func TestLastModifiedIsNeverInTheFuture(t *testing.T) {
	m := filled()
	now := time.Now()
	m.add(&feeds.Article{ID: ulidAt(10), Title: "From tomorrow", Seen: now, Updated: now.Add(20 * time.Hour)}, gulfFeed)
	a := serve(t, options(m)).want(http.StatusOK, "/all.atom")
	modified, err := http.ParseTime(a.Header.Get("Last-Modified"))
	if err != nil || modified.After(time.Now()) {
		t.Errorf("last modified %v, %v", modified, err)
	}
}

func TestHead(t *testing.T) {
	s := serve(t, options(filled()))
	get := s.want(http.StatusOK, "/feed.atom")
	head := s.do(http.MethodHead, "/feed.atom", "")
	if head.StatusCode != http.StatusOK || head.body != "" || head.ContentLength != int64(len(get.body)) {
		t.Errorf("HEAD: %s, %d bytes, length %d", head.Status, len(head.body), head.ContentLength)
	}
	for _, name := range []string{"ETag", "Last-Modified", "Content-Type", "Vary", "Cache-Control"} {
		if head.Header.Get(name) != get.Header.Get(name) {
			t.Errorf("HEAD has %s %q, GET %q", name, head.Header.Get(name), get.Header.Get(name))
		}
	}
}

func TestGzip(t *testing.T) {
	s := serve(t, options(filled()))
	plain := s.want(http.StatusOK, "/all.atom")
	if plain.Header.Get("Content-Encoding") != "" || plain.Header.Get("Vary") != "Accept-Encoding" {
		t.Errorf("headers %v", plain.Header)
	}
	zipped := s.want(http.StatusOK, "/all.atom", "Accept-Encoding", "gzip")
	if unzip(t, zipped.body) != plain.body {
		t.Error("the compressed document is another")
	}
	if len(zipped.body) > len(plain.body)/2 {
		t.Errorf("%d bytes of %d", len(zipped.body), len(plain.body))
	}
	tag := zipped.Header.Get("ETag")
	if tag == plain.Header.Get("ETag") || zipped.Header.Get("Vary") != "Accept-Encoding" {
		t.Errorf("headers %v", zipped.Header)
	}
	s.want(http.StatusNotModified, "/all.atom", "Accept-Encoding", "gzip", "If-None-Match", tag)
	s.want(http.StatusOK, "/all.atom", "If-None-Match", tag)

	for accept, want := range map[string]string{
		"gzip, deflate, br":          "gzip",
		"GZIP;q=0.5, identity;q=0.1": "gzip",
		"*":                          "gzip",
		"br;q=1.0, *;q=0.1":          "gzip",
		"x-gzip":                     "gzip",
		"gzip;q=0":                   "",
		"gzip; q=0.000, *":           "",
		"identity, gzip;q=0.5":       "",
		"*;q=0":                      "",
		"br, deflate":                "",
		"gzip;q=nonsense":            "",
		"":                           "",
	} {
		if got := s.get("/all.atom", "Accept-Encoding", accept).Header.Get("Content-Encoding"); got != want {
			t.Errorf("Accept-Encoding %q gives %q, want %q", accept, got, want)
		}
	}
}

func TestConcurrentColdRequestsRenderOnce(t *testing.T) {
	m := filled()
	release := make(chan struct{})
	entered := make(chan struct{}, 100)
	m.before = func(context.Context) {
		entered <- struct{}{}
		<-release
	}
	h, err := web.New(options(m))
	if err != nil {
		t.Fatal(err)
	}
	request := func(ctx context.Context) int {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "http://localhost/feed.atom", nil))
		return w.Code
	}
	// The first client leaves while its request is rendered; the others get
	// what it asked for.
	ctx, leave := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { request(ctx) })
	<-entered
	leave()
	for range 20 {
		wg.Go(func() {
			if code := request(context.Background()); code != http.StatusOK {
				t.Errorf("status %d", code)
			}
		})
	}
	close(release)
	wg.Wait()
	if n := m.readCount(); n != 1 {
		t.Errorf("the store was read %d times", n)
	}
}

func TestRenderedDocumentsAreBounded(t *testing.T) {
	m := filled()
	m.add(&feeds.Article{ID: ulidAt(50), Title: "large", ContentHTML: strings.Repeat("<p>x</p>", 1<<19)}, gulfFeed, "a/b")
	s := serve(t, options(m))
	for limit := 1; limit <= 6; limit++ {
		s.want(http.StatusOK, fmt.Sprintf("/all.json?limit=%d", limit))
	}
	reads := m.readCount()
	s.want(http.StatusOK, "/all.json?limit=6")
	if m.readCount() != reads {
		t.Error("the document that was rendered last is not kept")
	}
	s.want(http.StatusOK, "/all.json?limit=1")
	if m.readCount() == reads {
		t.Error("six documents of 7 MB are all kept")
	}

	m.add(&feeds.Article{ID: ulidAt(51), Title: "huge", ContentHTML: strings.Repeat("<p>x</p>", 1<<21)}, gulfFeed)
	for range 2 {
		reads = m.readCount()
		s.want(http.StatusOK, "/all.json?limit=1")
		if m.readCount() == reads {
			t.Error("a document as large as the cache is kept")
		}
	}
}

func TestErrorsAreLoggedAndNotShown(t *testing.T) {
	m := filled()
	log := &journal{}
	o := options(m)
	o.Logger = newLogger(log)
	s := serve(t, o)
	m.fail(errors.New("disk sda1 is on fire"))
	for _, path := range []string{"/feed.atom", "/", "/opml", "/api/v1/feeds", "/api/v1/deliveries", "/api/v1/search?q=gulf"} {
		a := s.want(http.StatusInternalServerError, path)
		if strings.Contains(a.body, "fire") {
			t.Errorf("%s shows %q", path, a.body)
		}
		var p struct{ Error string }
		if strings.HasPrefix(path, "/api/") && (json.Unmarshal([]byte(a.body), &p) != nil || p.Error == "") {
			t.Errorf("%s answers %q", path, a.body)
		}
		if !strings.Contains(log.String(), "fire") {
			t.Errorf("%s: the log holds %q", path, log)
		}
	}
	// The error is not kept: the store recovers, and so does the feed.
	m.fail(nil)
	s.want(http.StatusOK, "/feed.atom")
}

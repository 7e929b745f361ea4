package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/web"
)

// full returns a handler over fifty articles of ordinary length.
func full(b *testing.B) (*memory, http.Handler) {
	m := filled()
	body := strings.Repeat("<p>The minister said that she was <em>ready</em> to help &amp; listen.</p>", 40)
	for n := 10; n < 60; n++ {
		m.add(&feeds.Article{
			ID: ulidAt(n), URL: fmt.Sprintf("https://wire.example/%d", n), Title: "Minister offers to mediate",
			Summary: "A foreign minister says she is ready.", ContentHTML: body, Seen: start(), Language: "en",
			Feed: &feeds.Source{URL: gulfFeed.URL, Name: gulfFeed.Name},
		}, gulfFeed, "gulf-mediation")
	}
	h, err := web.New(options(m))
	if err != nil {
		b.Fatal(err)
	}
	return m, h
}

func request(h http.Handler, etag string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "http://localhost:8380/feed.atom", nil)
	r.Header.Set("Accept-Encoding", "gzip")
	if etag != "" {
		r.Header.Set("If-None-Match", etag)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func BenchmarkFeed50(b *testing.B) {
	m, h := full(b)
	etag := request(h, "").Header().Get("ETag")
	b.Run("cold", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			m.mu.Lock()
			m.revision++
			// Another text, so that compressing is part of it.
			m.articles[0].Title = fmt.Sprint(m.revision)
			m.mu.Unlock()
			if w := request(h, ""); w.Code != http.StatusOK {
				b.Fatal(w.Code)
			}
		}
	})
	b.Run("revalidate", func(b *testing.B) {
		b.ReportAllocs()
		etag = request(h, "").Header().Get("ETag")
		for b.Loop() {
			if w := request(h, etag); w.Code != http.StatusNotModified {
				b.Fatal(w.Code)
			}
		}
	})
	b.Run("warm", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if w := request(h, ""); w.Code != http.StatusOK {
				b.Fatal(w.Code)
			}
		}
	})
}

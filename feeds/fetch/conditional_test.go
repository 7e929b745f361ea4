package fetch_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/feeds/fetch"
)

func TestValidatorsComeBackByteByByte(t *testing.T) {
	tests := []struct{ etag, modified string }{
		{`"abc"`, "Tue, 03 Nov 2026 07:00:00 GMT"},
		{`W/"abc"`, "Tue, 3 Nov 2026 07:00:00 GMT"},
		{`w/"abc"`, "2026-11-03T07:00:00Z"},
		{`unquoted`, "tue, 03 nov 2026 07:00:00 gmt"},
		{`"a b, "c" \"d\"`, "Tuesday,  03-Nov-26 07:00:00 GMT"},
		{`""`, "0"},
		{"\"\xe9\xff\"", "Di, 03 Nov 2026 08:00:00 +0100"},
		{`"only"`, ""},
		{"", "Tue, 03 Nov 2026 07:00:00 GMT"},
	}
	for _, test := range tests {
		t.Run(test.etag+"|"+test.modified, func(t *testing.T) {
			s := newServer(t, func(w http.ResponseWriter, r *http.Request) {
				if test.etag != "" {
					w.Header()["ETag"] = []string{test.etag}
				}
				if test.modified != "" {
					w.Header()["Last-Modified"] = []string{test.modified}
				}
				if r.Header.Get("If-None-Match") == test.etag && r.Header.Get("If-Modified-Since") == test.modified {
					w.WriteHeader(http.StatusNotModified)
					return
				}
				io.WriteString(w, document)
			})
			f := newFetcher(t, fetch.Options{})
			first := mustFetch(t, f, feedAt(s.URL), fetch.Validators{})
			r := s.last(t)
			if r.Header["If-None-Match"] != nil || r.Header["If-Modified-Since"] != nil {
				t.Errorf("the first request was conditional: %v", r.Header)
			}
			if first.Validators.ETag != test.etag || first.Validators.LastModified != test.modified {
				t.Errorf("kept %q, %q", first.Validators.ETag, first.Validators.LastModified)
			}
			second := mustFetch(t, f, feedAt(s.URL), first.Validators)
			r = s.last(t)
			if got := strings.Join(r.Header["If-None-Match"], "|"); got != test.etag {
				t.Errorf("If-None-Match: %q, want %q", got, test.etag)
			}
			if got := strings.Join(r.Header["If-Modified-Since"], "|"); got != test.modified {
				t.Errorf("If-Modified-Since: %q, want %q", got, test.modified)
			}
			if !second.NotModified || second.Status != 304 || second.Body != nil {
				t.Errorf("second answer: %+v", second)
			}
			if second.Validators != first.Validators {
				t.Errorf("validators after 304: %+v, want %+v", second.Validators, first.Validators)
			}
		})
	}
}

// versions serves a document whose headers the test changes between requests.
type versions struct {
	etag, modified, contentType string
	body                        string
	notModified                 bool
}

func (v *versions) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header()["Content-Type"] = []string{v.contentType}
	if v.etag != "" {
		w.Header().Set("ETag", v.etag)
	}
	if v.modified != "" {
		w.Header().Set("Last-Modified", v.modified)
	}
	if v.notModified {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	io.WriteString(w, v.body)
}

func TestValidatorsThroughAFeedsLife(t *testing.T) {
	site := &versions{etag: `"1"`, modified: "Mon, 02 Nov 2026 07:00:00 GMT", contentType: "text/xml", body: document}
	s := newServer(t, site.ServeHTTP)
	f := newFetcher(t, fetch.Options{})
	feed := feedAt(s.URL + "/feed")
	poll := func(v fetch.Validators) *fetch.Response { t.Helper(); return mustFetch(t, f, feed, v) }

	r1 := poll(fetch.Validators{})
	if r1.SameBody || r1.Validators.BodyHash == 0 || string(r1.Body) != document || r1.ContentType != "text/xml" {
		t.Fatalf("first answer: %+v", r1)
	}

	site.etag = `"2"` // under the same Last-Modified and body
	r2 := poll(r1.Validators)
	if !r2.SameBody || r2.NotModified || r2.Validators.ETag != `"2"` || r2.Validators.LastModified != site.modified {
		t.Errorf("same body, new ETag: %+v", r2)
	}

	site.notModified, site.etag, site.modified = true, "", "Tue, 03 Nov 2026 07:00:00 GMT"
	r3 := poll(r2.Validators)
	if !r3.NotModified || r3.Validators.ETag != `"2"` || r3.Validators.LastModified != site.modified ||
		r3.Validators.BodyHash != r1.Validators.BodyHash {
		t.Errorf("304 with a new Last-Modified: %+v", r3)
	}

	site.etag, site.modified = `W/"3"`, ""
	r4 := poll(r3.Validators)
	if r4.Validators.ETag != `W/"3"` || r4.Validators.LastModified != r3.Validators.LastModified {
		t.Errorf("304 with a new ETag: %+v", r4)
	}

	site.notModified, site.etag = false, ""
	r5 := poll(r4.Validators)
	if r5.Validators.ETag != "" || r5.Validators.LastModified != "" || !r5.SameBody {
		t.Errorf("200 without validators keeps some: %+v", r5)
	}

	site.contentType = "text/xml; charset=iso-8859-6"
	if r6 := poll(r5.Validators); r6.SameBody {
		t.Error("another charset is the same document")
	}
	site.contentType, site.body = "text/xml", document+" "
	if r7 := poll(r5.Validators); r7.SameBody {
		t.Error("another body is the same document")
	}
}

func TestValidatorsStayWithTheirURL(t *testing.T) {
	s := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"1"`)
		io.WriteString(w, document)
	})
	f := newFetcher(t, fetch.Options{})
	feed := &feeds.Feed{URL: "http://publisher.example/${KEY}", Endpoint: s.URL + "/old"}
	r := mustFetch(t, f, feed, fetch.Validators{})
	s.requests()
	mustFetch(t, f, feed, r.Validators)
	if s.last(t).Header.Get("If-None-Match") != `"1"` {
		t.Error("the validator did not go to its own URL")
	}
	feed.Endpoint = s.URL + "/new"
	mustFetch(t, f, feed, r.Validators)
	if h := s.last(t).Header; h["If-None-Match"] != nil {
		t.Errorf("the validator of another URL was sent: %v", h)
	}
	feed.Endpoint = strings.Replace(s.URL, "http://", "http://other:user@", 1) + "/old"
	mustFetch(t, f, feed, r.Validators)
	if h := s.last(t).Header; h["If-None-Match"] != nil {
		t.Errorf("the validator of another user was sent: %v", h)
	}
}

func TestValidatorsAcrossRedirects(t *testing.T) {
	target := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"target"`)
		if r.Header.Get("If-None-Match") == `"target"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		io.WriteString(w, document)
	})
	moved := false
	home := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		if moved {
			http.Redirect(w, r, target.URL+"/feed", http.StatusFound)
			return
		}
		w.Header().Set("ETag", `"home"`)
		io.WriteString(w, document)
	})
	f := newFetcher(t, fetch.Options{})
	feed := feedAt(home.URL)
	first := mustFetch(t, f, feed, fetch.Validators{})
	home.requests()
	moved = true
	second := mustFetch(t, f, feed, first.Validators)
	home.requests()
	if h := target.last(t).Header; h["If-None-Match"] != nil {
		t.Fatalf("the first origin's validator went to another: %v", h)
	}
	third := mustFetch(t, f, feed, second.Validators)
	if h := home.last(t).Header; h["If-None-Match"] != nil {
		t.Errorf("the target's validator went to the redirecting server: %v", h)
	}
	if !third.NotModified {
		t.Errorf("a feed behind a redirect is never conditional: %+v", third)
	}
	if target.last(t).Header.Get("If-None-Match") != `"target"` {
		t.Error("the target did not get its own validator")
	}
}

func TestUnusableValidators(t *testing.T) {
	t.Run("too long", func(t *testing.T) {
		s := newServer(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("ETag", `"`+strings.Repeat("x", 5000)+`"`)
			w.Header().Set("Last-Modified", "Mon, 02 Nov 2026 07:00:00 GMT")
			io.WriteString(w, document)
		})
		r := mustFetch(t, newFetcher(t, fetch.Options{}), feedAt(s.URL), fetch.Validators{})
		if r.Validators.ETag != "" || r.Validators.LastModified == "" {
			t.Errorf("validators: %d bytes, %q", len(r.Validators.ETag), r.Validators.LastModified)
		}
	})
	t.Run("304 to an unconditional request", func(t *testing.T) {
		s := newServer(t, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNotModified) })
		f := newFetcher(t, fetch.Options{})
		wantError(t, f, feedAt(s.URL), fetch.KindProtocol)
		s.requests()
		// The user's own condition would hide a document that was never read.
		feed := feedAt(s.URL)
		feed.Header = http.Header{"If-None-Match": {"*"}}
		wantError(t, f, feed, fetch.KindProtocol)
		if h := s.last(t).Header; h["If-None-Match"] != nil {
			t.Errorf("sent %v", h)
		}
	})
}

package fetch_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/feeds/fetch"
)

func TestSecretsStayWithTheirOrigin(t *testing.T) {
	away := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		if back := r.URL.Query().Get("back"); back != "" {
			http.Redirect(w, r, back, http.StatusFound)
			return
		}
		io.WriteString(w, document)
	})
	home := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "track", Value: "me"})
		switch r.URL.Path {
		case "/same":
			http.Redirect(w, r, "/here?x=1", http.StatusMovedPermanently)
		case "/away":
			http.Redirect(w, r, strings.Replace(away.URL, "http://", "http://u:p@", 1)+"/feed", http.StatusTemporaryRedirect)
		case "/round":
			http.Redirect(w, r, away.URL+"/?back=http://"+r.Host+"/here", http.StatusSeeOther)
		default:
			io.WriteString(w, document)
		}
	})
	secrets := []string{"Authorization", "Cookie", "X-Key"}
	check := func(t *testing.T, r *http.Request, sent bool) {
		t.Helper()
		for _, name := range secrets {
			if (r.Header[name] != nil) != sent {
				t.Errorf("%s %s: %s sent = %v, want %v", r.Host, r.URL.Path, name, !sent, sent)
			}
		}
		if r.Header["Referer"] != nil || strings.Contains(r.Header.Get("Cookie"), "track") {
			t.Errorf("sent %v", r.Header)
		}
		if !sent && r.UserAgent() == "" {
			t.Error("the redirect's target does not learn who asks")
		}
	}
	f := newFetcher(t, fetch.Options{})
	feed := func(path string) *feeds.Feed {
		return &feeds.Feed{
			URL:    strings.Replace(home.URL, "http://", "http://desk:pw@", 1) + path,
			Header: http.Header{"Cookie": {"session=1"}, "X-Key": {"k"}},
		}
	}
	t.Run("same origin", func(t *testing.T) {
		r := mustFetch(t, f, feed("/same"), fetch.Validators{})
		for _, asked := range home.requests() {
			check(t, asked, true)
		}
		if r.URL != home.URL+"/here?x=1" {
			t.Errorf("URL %q", r.URL)
		}
	})
	t.Run("other port", func(t *testing.T) {
		r := mustFetch(t, f, feed("/away"), fetch.Validators{})
		check(t, home.last(t), true)
		check(t, away.last(t), false)
		if r.URL != away.URL+"/feed" {
			t.Errorf("URL %q", r.URL)
		}
	})
	t.Run("there and back", func(t *testing.T) {
		mustFetch(t, f, feed("/round"), fetch.Validators{})
		asked := home.requests()
		check(t, asked[0], true)
		check(t, away.last(t), false)
		check(t, asked[1], false)
	})
	t.Run("from https to http", func(t *testing.T) {
		secure, tr := newTLS(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, home.URL+"/here", http.StatusPermanentRedirect)
		})
		feed := feedAt(strings.Replace(secure.URL, "https://", "https://desk:pw@", 1))
		feed.Header = http.Header{"Cookie": {"session=1"}, "X-Key": {"k"}}
		mustFetch(t, newFetcher(t, fetch.Options{Transport: tr}), feed, fetch.Validators{})
		check(t, secure.last(t), true)
		check(t, home.last(t), false)
	})
}

func TestRedirectsAreBounded(t *testing.T) {
	s := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		var n int
		switch _, err := fmt.Sscanf(r.URL.Path, "/count/%d", &n); {
		case r.URL.Path == "/a":
			http.Redirect(w, r, "/b?token=s3cret", http.StatusFound)
		case r.URL.Path == "/b":
			http.Redirect(w, r, "/a", http.StatusFound)
		case r.URL.Path == "/self":
			http.Redirect(w, r, "/self", http.StatusMovedPermanently)
		case r.URL.Path == "/nowhere":
			w.WriteHeader(http.StatusFound)
		case r.URL.Path == "/ftp":
			w.Header().Set("Location", "ftp://files.example/feed")
			w.WriteHeader(http.StatusFound)
		case r.URL.Path == "/file":
			w.Header().Set("Location", "file:///etc/hostname")
			w.WriteHeader(http.StatusFound)
		case r.URL.Path == "/bad":
			w.Header().Set("Location", "http://[bad/")
			w.WriteHeader(http.StatusFound)
		case err == nil && n > 0:
			http.Redirect(w, r, fmt.Sprintf("/count/%d", n-1), http.StatusFound)
		default:
			io.WriteString(w, document)
		}
	})
	f := newFetcher(t, fetch.Options{})
	mustFetch(t, f, feedAt(s.URL+"/count/10"), fetch.Validators{})
	if n := len(s.requests()); n != 11 {
		t.Errorf("ten redirects took %d requests", n)
	}
	e := wantError(t, f, feedAt(s.URL+"/count/11"), fetch.KindRedirect)
	if n := len(s.requests()); n != 11 || !strings.Contains(e.Error(), "more than 10 redirects") {
		t.Errorf("after %d requests: %v", n, e)
	}
	e = wantError(t, f, feedAt(s.URL+"/a"), fetch.KindRedirect)
	if n := len(s.requests()); n != 2 || !strings.Contains(e.Error(), "circle: "+s.URL+"/a → "+s.URL+"/b → "+s.URL+"/a") {
		t.Errorf("after %d requests: %v", n, e)
	}
	wantError(t, f, feedAt(s.URL+"/self"), fetch.KindRedirect)
	for _, path := range []string{"/nowhere", "/ftp", "/file", "/bad"} {
		s.requests()
		wantError(t, f, feedAt(s.URL+path), fetch.KindRedirect)
	}
}

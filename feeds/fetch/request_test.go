package fetch_test

import (
	"context"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/feeds/fetch"
)

func TestRequestSaysWhoAsksAndNoMore(t *testing.T) {
	s := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "track", Value: "me"})
		io.WriteString(w, document)
	})
	f := newFetcher(t, fetch.Options{UserAgent: "copytaster/9 (+https://me.example/)"})
	feed := feedAt(s.URL + "/a%2Fb?z=1&a=%20x y&é#part")
	for range 2 {
		mustFetch(t, f, feed, fetch.Validators{})
		r := s.last(t)
		if r.Method != "GET" || r.RequestURI != "/a%2Fb?z=1&a=%20x%20y&%C3%A9" {
			t.Errorf("asked for %s %s", r.Method, r.RequestURI)
		}
		var names []string
		for name := range r.Header {
			names = append(names, name)
		}
		slices.Sort(names)
		if got := strings.Join(names, " "); got != "Accept Accept-Encoding User-Agent" {
			t.Errorf("headers sent: %s", got)
		}
		if r.UserAgent() != "copytaster/9 (+https://me.example/)" {
			t.Errorf("User-Agent: %q", r.UserAgent())
		}
	}
}

func TestConfiguredHeadersAndCredentials(t *testing.T) {
	s := newServer(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, document) })
	f := newFetcher(t, fetch.Options{})
	feed := &feeds.Feed{
		URL:      strings.Replace(s.URL, "http://", "http://desk:xxxxx@", 1) + "/feed?format=rss",
		Endpoint: strings.Replace(s.URL, "http://", "http://desk:p%40ss@", 1) + "/feed?format=rss",
		Header:   http.Header{"x-key": {"k"}, "Cookie": {"session=1"}, "User-Agent": {"mine"}, "Host": {"feeds.example"}},
	}
	resp := mustFetch(t, f, feed, fetch.Validators{})
	r := s.last(t)
	if user, pass, _ := r.BasicAuth(); user != "desk" || pass != "p@ss" {
		t.Errorf("credentials %q %q", user, pass)
	}
	if r.Header.Get("X-Key") != "k" || r.Header.Get("Cookie") != "session=1" || r.UserAgent() != "mine" || r.Host != "feeds.example" {
		t.Errorf("headers %v, host %s", r.Header, r.Host)
	}
	if want := s.URL + "/feed"; resp.URL != want {
		t.Errorf("URL %q, want %q", resp.URL, want)
	}
	feed.Header = http.Header{"Authorization": {"Bearer t"}}
	mustFetch(t, f, feed, fetch.Validators{})
	if got := s.last(t).Header["Authorization"]; !slices.Equal(got, []string{"Bearer t"}) {
		t.Errorf("Authorization %q, want the configured header", got)
	}
}

func TestSecretsOfTheAddressStayOutOfResponseURL(t *testing.T) {
	s := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/moved/") {
			http.Redirect(w, r, "/other"+strings.TrimPrefix(r.RequestURI, "/moved"), http.StatusFound)
			return
		}
		io.WriteString(w, document)
	})
	f := newFetcher(t, fetch.Options{})
	for _, test := range []struct{ public, endpoint, want string }{
		{"/feed?format=rss", "", "/feed?format=rss"},
		{"/feed?key=${KEY}", "/feed?key=s3cret", "/feed"},
		{"/u/${KEY}/feed", "/u/s3cret/feed", "/"},
		{"/u/${KEY}/feed", "/u/s3%20cret/feed", "/"},
		{"/moved/${KEY}/feed?key=${KEY}", "/moved/s3cret/feed?key=s3cret", "/"},
	} {
		feed := &feeds.Feed{URL: s.URL + test.public}
		if test.endpoint != "" {
			feed.Endpoint = s.URL + test.endpoint
		}
		if got := mustFetch(t, f, feed, fetch.Validators{}).URL; got != s.URL+test.want {
			t.Errorf("%s: URL %q, want %q", test.endpoint, got, s.URL+test.want)
		}
	}
}

func TestInternationalHostNames(t *testing.T) {
	s := newServer(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, document) })
	tr := fetch.NewTransport(loopback)
	var dialled atomic.Value
	tr.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		dialled.Store(addr)
		return new(net.Dialer).DialContext(ctx, network, s.Listener.Addr().String())
	}
	f := newFetcher(t, fetch.Options{Transport: tr})
	r := mustFetch(t, f, feedAt("http://Bücher.Example:8080/feed"), fetch.Validators{})
	if got := s.last(t).Host; got != "xn--bcher-kva.example:8080" {
		t.Errorf("Host %q", got)
	}
	if got := dialled.Load(); got != "xn--bcher-kva.example:8080" {
		t.Errorf("dialled %q", got)
	}
	if r.URL != "http://xn--bcher-kva.example:8080/feed" {
		t.Errorf("URL %q", r.URL)
	}
}

func TestAddressesThatCannotBeAsked(t *testing.T) {
	f := newFetcher(t, fetch.Options{})
	for _, url := range []string{
		"", "example.org/feed", "ftp://example.org/feed", "gopher://example.org/", "http:///feed", "http:feed",
		"http://exa mple.org/", "http://[::1/feed", "http://example.org:port/", "http://-\u202e.example/", "javascript:alert(1)",
	} {
		wantError(t, f, feedAt(url), fetch.KindRequest)
	}
	feed := feedAt("http://127.0.0.1:1/")
	feed.Header = http.Header{"X-Key": {"a\nb"}}
	wantError(t, f, feed, fetch.KindRequest)
}

func TestConnectionsAreReused(t *testing.T) {
	var opened atomic.Int32
	s := &server{}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/304":
			w.WriteHeader(http.StatusNotModified)
		case "/404":
			w.WriteHeader(http.StatusNotFound)
			io.WriteString(w, strings.Repeat("not here ", 2000))
			w.(http.Flusher).Flush() // chunked
		case "/moved":
			w.Header().Set("Location", "/gzip")
			w.WriteHeader(http.StatusMovedPermanently)
			io.WriteString(w, strings.Repeat("moved ", 2000))
		case "/gzip":
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(compress(t, "gzip", []byte(document)))
			w.(http.Flusher).Flush()
		}
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	f := newFetcher(t, fetch.Options{})
	for range 3 {
		for _, path := range []string{"/304", "/404", "/moved", "/gzip"} {
			f.Fetch(context.Background(), feedAt(s.URL+path), fetch.Validators{})
		}
	}
	if n := opened.Load(); n != 1 {
		t.Errorf("%d connections for requests one after another, want 1", n)
	}
}

// newTLS starts a TLS server and returns it with a transport that trusts it.
func newTLS(t *testing.T, h http.HandlerFunc) (*server, *http.Transport) {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewUnstartedServer(s.record(h))
	s.EnableHTTP2 = true
	s.Config.ErrorLog = quiet
	s.StartTLS()
	t.Cleanup(s.Close)
	tr := fetch.NewTransport(loopback)
	tr.TLSClientConfig.RootCAs = x509.NewCertPool()
	tr.TLSClientConfig.RootCAs.AddCert(s.Certificate())
	return s, tr
}

func TestHTTP2(t *testing.T) {
	s, tr := newTLS(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Etag"] = []string{`W/"1"`}
		if r.Header.Get("If-None-Match") == `W/"1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("Content-Encoding", "br")
		w.Write(compress(t, "br", []byte(document)))
	})
	f := newFetcher(t, fetch.Options{Transport: tr})
	r := mustFetch(t, f, feedAt(s.URL), fetch.Validators{})
	if string(r.Body) != document || s.last(t).ProtoMajor != 2 {
		t.Fatalf("answer %+v", r)
	}
	if r = mustFetch(t, f, feedAt(s.URL), r.Validators); !r.NotModified {
		t.Errorf("answer %+v", r)
	}
}

func TestHTTP2CanBeSwitchedOff(t *testing.T) {
	s, tr := newTLS(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, document) })
	tr.Protocols = new(http.Protocols)
	tr.Protocols.SetHTTP1(true)
	mustFetch(t, newFetcher(t, fetch.Options{Transport: tr}), feedAt(s.URL), fetch.Validators{})
	if r := s.last(t); r.ProtoMajor != 1 {
		t.Errorf("spoke %s", r.Proto)
	}
}

package fetch_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/feeds/fetch"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

const document = `<rss version="2.0"><channel><title>Gulf wire</title></channel></rss>`

// newFetcher returns a fetcher that may reach loopback servers.
func newFetcher(t testing.TB, o fetch.Options) *fetch.Fetcher {
	t.Helper()
	if o.AllowPrivate == nil {
		o.AllowPrivate = loopback
	}
	if o.UserAgent == "" {
		o.UserAgent = "copytaster/1.2 (+https://news.example/)"
	}
	f := fetch.New(o)
	t.Cleanup(f.Close)
	return f
}

// server is a publisher that remembers what it was asked.
type server struct {
	*httptest.Server
	mu    sync.Mutex
	asked []*http.Request
}

func newServer(t testing.TB, h http.HandlerFunc) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(s.record(h))
	t.Cleanup(s.Close)
	return s
}

func (s *server) record(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked = append(s.asked, r)
		s.mu.Unlock()
		h(w, r)
	}
}

// requests returns what was asked so far and forgets it.
func (s *server) requests() []*http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := s.asked
	s.asked = nil
	return asked
}

// last returns the one request since the last call.
func (s *server) last(t testing.TB) *http.Request {
	t.Helper()
	asked := s.requests()
	if len(asked) != 1 {
		t.Fatalf("the server was asked %d times, want once", len(asked))
	}
	return asked[0]
}

func feedAt(url string) *feeds.Feed { return &feeds.Feed{URL: url} }

func mustFetch(t testing.TB, f *fetch.Fetcher, feed *feeds.Feed, v fetch.Validators) *fetch.Response {
	t.Helper()
	r, err := f.Fetch(context.Background(), feed, v)
	if err != nil {
		t.Fatalf("Fetch: %v", err)
	}
	return r
}

// wantError fetches and checks the class of the failure and that its text is
// one line.
func wantError(t testing.TB, f *fetch.Fetcher, feed *feeds.Feed, kind fetch.Kind) *fetch.Error {
	t.Helper()
	r, err := f.Fetch(context.Background(), feed, fetch.Validators{})
	if err == nil {
		t.Fatalf("Fetch succeeded with %d bytes, want a %q error", len(r.Body), kind)
	}
	var e *fetch.Error
	if !errors.As(err, &e) {
		t.Fatalf("Fetch: %T, want *fetch.Error", err)
	}
	if e.Kind != kind {
		t.Fatalf("kind %q (%v), want %q", e.Kind, e, kind)
	}
	if e.Error() == "" || strings.ContainsAny(e.Error(), "\r\n") {
		t.Fatalf("error text %q is not one line", e.Error())
	}
	return e
}

// rawServer answers every connection with what write puts on it.
func rawServer(t testing.TB, write func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer c.Close()
				c.SetDeadline(time.Now().Add(20 * time.Second))
				c.Read(make([]byte, 4096))
				write(c)
			})
		}
	})
	t.Cleanup(func() { l.Close(); wg.Wait() })
	return "http://" + l.Addr().String() + "/feed"
}

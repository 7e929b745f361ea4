package web_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/web"
	"github.com/copytaster/copytaster/notify"
)

// journal is a log that tests read.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.String()
}

func options(m *memory) web.Options {
	return web.Options{
		PublicURL: "https://news.example.org/wire",
		Listen:    "newsroom.example:8380",
		Version:   "1.2.3",
		Feeds:     []*feeds.Feed{gulfFeed, sportFeed, localFeed},
		Rules:     []notify.Rule{{Name: "gulf-mediation", Match: `"gulf crisis" NEAR/10 mediat*`}, {Name: "a/b", Match: "a OR b"}},
		Store:     m,
		Logger:    slog.New(slog.DiscardHandler),
	}
}

// site is a handler served on loopback.
type site struct {
	t   testing.TB
	url string
	// client follows no redirects and undoes no compression.
	client *http.Client
}

func serve(t testing.TB, o web.Options) *site {
	t.Helper()
	h, err := web.New(o)
	if err != nil {
		t.Fatal(err)
	}
	ts := httptest.NewUnstartedServer(nil)
	ts.Config = web.NewServer(h, o.Logger)
	ts.Start()
	t.Cleanup(ts.Close)
	client := ts.Client()
	client.Transport.(*http.Transport).DisableCompression = true
	return &site{t, ts.URL, client}
}

// answer is a response with its body read.
type answer struct {
	*http.Response
	body string
}

// do sends a request; headers are pairs of name and value.
func (s *site) do(method, path, body string, headers ...string) answer {
	s.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
		if headers[i] == "Host" {
			req.Host = headers[i+1]
		}
	}
	resp, err := s.client.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{resp, string(b)}
}

func (s *site) get(path string, headers ...string) answer {
	s.t.Helper()
	return s.do(http.MethodGet, path, "", headers...)
}

// want gets a path and fails the test when the status differs.
func (s *site) want(status int, path string, headers ...string) answer {
	s.t.Helper()
	a := s.get(path, headers...)
	if a.StatusCode != status {
		s.t.Fatalf("GET %s %v: %s, want %d\n%s", path, headers, a.Status, status, a.body)
	}
	return a
}

func unzip(t testing.TB, s string) string {
	t.Helper()
	zr, err := gzip.NewReader(strings.NewReader(s))
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(zr)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestOptionsAreChecked(t *testing.T) {
	for name, change := range map[string]func(*web.Options){
		"no store":              func(o *web.Options) { o.Store = nil },
		"no logger":             func(o *web.Options) { o.Logger = nil },
		"no public URL":         func(o *web.Options) { o.PublicURL = "" },
		"relative public URL":   func(o *web.Options) { o.PublicURL = "/wire" },
		"public URL of a file":  func(o *web.Options) { o.PublicURL = "file:///wire" },
		"user without password": func(o *web.Options) { o.Auth = web.Auth{User: "me"} },
	} {
		o := options(filled())
		change(&o)
		if _, err := web.New(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestServerHasLimits(t *testing.T) {
	s := web.NewServer(http.NotFoundHandler(), slog.New(slog.DiscardHandler))
	if s.ReadHeaderTimeout <= 0 || s.ReadTimeout <= 0 || s.WriteTimeout <= 0 || s.IdleTimeout <= 0 || s.MaxHeaderBytes <= 0 {
		t.Errorf("a limit is missing: %+v", s)
	}
}

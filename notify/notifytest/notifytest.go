// Package notifytest holds the tests that every receiver that speaks HTTP
// passes, and deliveries to test receivers with.
package notifytest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/text"
	"github.com/copytaster/copytaster/notify"
)

// Secret stands in every part of the URL that Run gives to receivers which
// may hold one. No error may show it.
const Secret = "s3cr3t"

// Delivery returns a delivery with the given id, as a store would hand it out
// for the first attempt.
func Delivery(id string) notify.Delivery {
	at := time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC)
	return notify.Delivery{
		ID: id, Receiver: "desk", State: notify.Pending, Created: at, Next: at,
		Alert: &notify.Alert{
			ID: "01KKN8R2M8ALERT0000000000A", Type: notify.ArticleMatched, Time: at,
			Rule: notify.Rule{Name: "gulf-crisis-mediation", Match: "Gulf crisis mediation"},
			Article: &feeds.Article{
				ID:        "01KKN8R2M8ARTICLE00000000A",
				URL:       "https://news.example.org/world/gulf?a=1&b=2",
				Title:     "Oslo ready to mediate in the Gulf crisis",
				Summary:   "The foreign minister <offers> talks & patience.",
				Language:  "en",
				Published: at.Add(-10 * time.Minute),
				Seen:      at,
				GUID:      "tag:news.example.org,2026:gulf",
				Feed:      &feeds.Source{URL: "https://news.example.org/rss", Name: "Example World"},
			},
			Matches: []text.Span{
				{Field: text.Title, Start: 14, End: 21, Text: "mediate"},
				{Field: text.Title, Start: 29, End: 33, Text: "Gulf"},
				{Field: text.Title, Start: 34, End: 40, Text: "crisis"},
			},
			Excerpt: text.Excerpt{
				Text:  "… ready to mediate in the Gulf crisis …",
				Marks: [][2]int{{11, 18}, {26, 30}, {31, 37}},
			},
		},
	}
}

// outcome is what an attempt is to come to.
type outcome string

const (
	accepted  outcome = "accepted"
	retried   outcome = "retried"
	permanent outcome = "permanent"
)

// answers lists what a server may do and what that means.
var answers = []struct {
	name    string
	serve   http.HandlerFunc
	want    outcome
	after   time.Duration // asked for by Retry-After
	slack   time.Duration // by which after may be less
	tooSlow bool          // the caller has to give up
}{
	{name: "200", serve: status(200), want: accepted},
	{name: "201", serve: status(201), want: accepted},
	{name: "204", serve: status(204), want: accepted},
	{name: "301", serve: elsewhere(301), want: retried},
	{name: "302", serve: elsewhere(302), want: retried},
	{name: "303", serve: elsewhere(303), want: retried},
	{name: "307", serve: elsewhere(307), want: retried},
	{name: "308", serve: elsewhere(308), want: retried},
	{name: "redirect to nonsense", serve: status(302, "Location", "https://"+Secret+".example/%zz"), want: retried},
	{name: "400", serve: status(400), want: retried},
	{name: "401", serve: status(401), want: retried},
	{name: "403", serve: status(403), want: retried},
	{name: "404", serve: status(404), want: retried},
	{name: "410", serve: status(410), want: permanent},
	{name: "413", serve: status(413), want: retried},
	{name: "500", serve: status(500), want: retried},
	{name: "599", serve: status(599), want: retried},
	{name: "429", serve: status(429), want: retried},
	{name: "429 in seconds", serve: status(429, "Retry-After", "120"), want: retried, after: 2 * time.Minute},
	{name: "502 in seconds", serve: status(502, "Retry-After", "7"), want: retried, after: 7 * time.Second},
	{name: "503 in seconds", serve: status(503, "Retry-After", "3600"), want: retried, after: time.Hour},
	{name: "504 in seconds", serve: status(504, "Retry-After", "1"), want: retried, after: time.Second},
	{name: "429 by date", serve: inAnHour(429), want: retried, after: time.Hour, slack: 10 * time.Second},
	{name: "503 by date", serve: inAnHour(503), want: retried, after: time.Hour, slack: 10 * time.Second},
	{name: "503 by a date past", serve: status(503, "Retry-After", "Tue, 29 Feb 2000 12:00:00 GMT"), want: retried},
	{name: "503 at some time", serve: status(503, "Retry-After", "soon"), want: retried},
	{name: "503 below zero", serve: status(503, "Retry-After", "-5"), want: retried},
	{name: "200 and 20 MB", serve: huge(200), want: accepted},
	{name: "500 and 20 MB", serve: huge(500), want: retried},
	{name: "500 that tells the secret", serve: echo(500), want: retried},
	{name: "400 that tells the secret", serve: echo(400), want: retried},
	{name: "200 that breaks off", serve: breakOff, want: accepted},
	{name: "connection reset", serve: reset, want: retried},
	{name: "no answer", serve: silent, want: retried, tooSlow: true},
	{name: "headers without end", serve: dripHeaders, want: retried, tooSlow: true},
}

// Run tests a receiver: newNotifier returns one that tells the server at url,
// which is on loopback, and may be called for several servers.
//
// It checks what each kind of answer comes to, that redirects are not
// followed and huge answers not read, that Retry-After is passed on, that the end of the context ends an
// attempt, that attempts can be made at the same time, and that no error shows
// Secret, which stands in url as a user's password, in the path and in the
// query.
func Run(t *testing.T, newNotifier func(t *testing.T, url string) notify.Notifier) {
	t.Helper()
	for _, a := range answers {
		t.Run(a.name, func(t *testing.T) {
			s := newServer(t, a.serve)
			n := newNotifier(t, s.secretURL())
			ctx := t.Context()
			if a.tooSlow {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, 100*time.Millisecond)
				defer cancel()
			}
			began := time.Now()
			err := n.Notify(ctx, Delivery("01KKN8R2M8DELIVERY000000AA"))
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("the attempt took %v", took)
			}
			check(t, err, a.want)
			if got := notify.AskedDelay(err); got > a.after || got < a.after-a.slack {
				t.Errorf("asks for %v, want %v", got, a.after)
			}
			if n := s.followed.Load(); n > 0 {
				t.Errorf("a redirect was followed")
			}
			if n := s.requests.Load(); n != 1 {
				t.Errorf("%d requests in one attempt", n)
			}
		})
	}
	t.Run("refused", func(t *testing.T) {
		s := newServer(t, status(200))
		n := newNotifier(t, s.secretURL())
		s.Close()
		check(t, n.Notify(t.Context(), Delivery("d")), retried)
	})
	t.Run("canceled", func(t *testing.T) { testCanceled(t, newNotifier) })
	t.Run("canceled before", func(t *testing.T) {
		s := newServer(t, status(200))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		check(t, newNotifier(t, s.secretURL()).Notify(ctx, Delivery("d")), retried)
		if s.requests.Load() != 0 {
			t.Error("a request was made nevertheless")
		}
	})
	t.Run("20 MB are not read", func(t *testing.T) {
		all := make(chan bool, 1)
		s := newServer(t, func(w http.ResponseWriter, _ *http.Request) { all <- pour(w) })
		check(t, newNotifier(t, s.secretURL()).Notify(t.Context(), Delivery("d")), accepted)
		if <-all {
			t.Error("the whole answer was read")
		}
	})
	t.Run("concurrent", func(t *testing.T) { testConcurrent(t, newNotifier) })
}

func check(t *testing.T, err error, want outcome) {
	t.Helper()
	got := retried
	switch {
	case err == nil:
		got = accepted
	case notify.IsPermanent(err):
		got = permanent
	}
	if got != want {
		t.Errorf("%s (%v), want %s", got, err, want)
	}
	for e := err; e != nil; e = errors.Unwrap(e) {
		if strings.Contains(e.Error(), Secret) {
			t.Errorf("the error shows the secret: %v", e)
		}
		if strings.ContainsAny(e.Error(), "\n\r\x1b") {
			t.Errorf("the error is more than one line of text: %q", e)
		}
	}
}

func testCanceled(t *testing.T, newNotifier func(t *testing.T, url string) notify.Notifier) {
	arrived := make(chan struct{})
	s := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		close(arrived)
		silent(w, r)
	})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	result := make(chan error, 1)
	n := newNotifier(t, s.secretURL())
	go func() { result <- n.Notify(ctx, Delivery("d")) }()
	<-arrived
	cancel()
	select {
	case err := <-result:
		check(t, err, retried)
	case <-time.After(5 * time.Second):
		t.Fatal("the attempt goes on after its context has ended")
	}
}

func testConcurrent(t *testing.T, newNotifier func(t *testing.T, url string) notify.Notifier) {
	const many = 8
	var together sync.WaitGroup
	together.Add(many)
	s := newServer(t, func(w http.ResponseWriter, _ *http.Request) {
		together.Done()
		together.Wait() // answers when all have asked
		w.WriteHeader(http.StatusOK)
	})
	n := newNotifier(t, s.secretURL())
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	results := make(chan error, many)
	for range many {
		go func() { results <- n.Notify(ctx, Delivery("d")) }()
	}
	for range many {
		check(t, <-results, accepted)
	}
}

// server is a stand-in for a receiver's server.
type server struct {
	*httptest.Server
	requests, followed atomic.Int32
}

func newServer(t *testing.T, serve http.HandlerFunc) *server {
	t.Helper()
	s := new(server)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/elsewhere" {
			s.followed.Add(1)
			return
		}
		s.requests.Add(1)
		if b, err := io.ReadAll(r.Body); err != nil || len(b) == 0 {
			t.Errorf("request with %d bytes, %v", len(b), err)
		}
		serve(w, r)
	}))
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s
}

func (s *server) secretURL() string {
	return strings.Replace(s.URL, "http://", "http://user:"+Secret+"@", 1) + "/in/" + Secret + "?key=" + Secret
}

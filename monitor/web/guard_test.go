package web_test

import (
	"context"
	"encoding/base64"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/monitor/web"
)

func newLogger(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

func TestAuth(t *testing.T) {
	token, user := web.Auth{Token: "t0ken"}, web.Auth{User: "me", Password: "pass:word"}
	both := web.Auth{Token: "t0ken", User: "me", Password: "pass:word"}
	for _, c := range []struct {
		name   string
		auth   web.Auth
		header string
		ok     bool
	}{
		{"nothing", both, "", false},
		{"token", token, "Bearer t0ken", true},
		{"token, lower case", token, "bearer t0ken", true},
		{"wrong token", token, "Bearer t0kens", false},
		{"empty token", token, "Bearer ", false},
		{"token as password", token, basic("anybody", "t0ken"), true},
		{"wrong password", token, basic("anybody", ""), false},
		{"password", user, basic("me", "pass:word"), true},
		{"wrong user", user, basic("you", "pass:word"), false},
		{"empty password", user, basic("me", ""), false},
		{"empty token of none", user, "Bearer ", false},
		{"no token as password", user, basic("", ""), false},
		{"empty user and password of none", token, basic("", ""), false},
		{"either: token", both, "Bearer t0ken", true},
		{"either: password", both, basic("me", "pass:word"), true},
		{"either: mixed", both, "Bearer pass:word", false},
		{"nonsense", both, "Digest x", false},
		{"broken base64", both, "Basic %%%", false},
	} {
		o := options(filled())
		o.Auth = c.auth
		s := serve(t, o)
		for _, path := range []string{"/feed.atom", "/", "/opml", "/readyz", "/api/v1/feeds", "/nothing", "/healthz/"} {
			var headers []string
			if c.header != "" {
				headers = []string{"Authorization", c.header}
			}
			a := s.get(path, headers...)
			if denied := a.StatusCode == http.StatusUnauthorized; denied == c.ok {
				t.Errorf("%s: GET %s: %s", c.name, path, a.Status)
			}
			if !c.ok && !strings.HasPrefix(a.Header.Get("WWW-Authenticate"), "Basic ") {
				t.Errorf("%s: %s: no WWW-Authenticate: %v", c.name, path, a.Header)
			}
		}
		s.want(http.StatusOK, "/healthz")
		if a := s.do(http.MethodPost, "/api/v1/deliveries/replay?state=dead", "", "Authorization", c.header); (a.StatusCode == http.StatusOK) != c.ok {
			t.Errorf("%s: replay: %s", c.name, a.Status)
		}
	}
}

func TestAuthInURLAndPrivateCaching(t *testing.T) {
	o := options(filled())
	o.Auth = web.Auth{Token: "t0ken"}
	s := serve(t, o)
	resp, err := s.client.Get(strings.Replace(s.url, "://", "://reader:t0ken@", 1) + "/feed.atom")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK || !strings.Contains(resp.Header.Get("Cache-Control"), "private") {
		t.Errorf("%s, %s", resp.Status, resp.Header.Get("Cache-Control"))
	}
	// Whoever has authenticated may use any name.
	s.want(http.StatusOK, "/feed.atom", "Host", "anything.example", "Authorization", "Bearer t0ken")
}

func TestHostsAgainstRebinding(t *testing.T) {
	s := serve(t, options(filled()))
	for host, want := range map[string]int{
		"localhost:8380": 200, "localhost": 200, "LOCALHOST.": 200, "app.localhost:1": 200, "127.0.0.1:8380": 200, "127.8.9.1": 200,
		"[::1]:8380": 200, "[::1]": 200, "[::ffff:127.0.0.1]": 200,
		"news.example.org": 200, "News.Example.org:443": 200, "newsroom.example:8380": 200,
		"evil.example": 403, "evil.example:8380": 403, "127.0.0.1.evil.example": 403, "localhost.evil.example": 403,
		"192.168.1.10:8380": 403, "0.0.0.0:8380": 403, "evillocalhost": 403,
	} {
		for _, path := range []string{"/feed.atom", "/healthz", "/api/v1/feeds"} {
			if a := s.get(path, "Host", host); a.StatusCode != want {
				t.Errorf("Host %s: GET %s: %s, want %d", host, path, a.Status, want)
			}
		}
	}
	// What a server listens on everywhere is no name of its own.
	o := options(filled())
	o.Listen = "0.0.0.0:8380"
	serve(t, o).want(http.StatusForbidden, "/feed.atom", "Host", "0.0.0.0:8380")
}

func TestOtherSitesCannotChangeAnything(t *testing.T) {
	m := filled()
	s := serve(t, options(m))
	const path = "/api/v1/deliveries/replay?state=dead"
	for _, headers := range [][]string{
		{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}, {"Origin", "null"},
	} {
		if a := s.do(http.MethodPost, path, "", headers...); a.StatusCode != http.StatusForbidden {
			t.Errorf("%v: %s", headers, a.Status)
		}
	}
	if len(m.replays) != 0 {
		t.Fatal("a page of another site replayed deliveries")
	}
	for _, headers := range [][]string{
		nil, {"Sec-Fetch-Site", "same-origin"}, {"Origin", s.url}, {"Origin", "https://news.example.org"},
	} {
		if a := s.do(http.MethodPost, path, "", headers...); a.StatusCode != http.StatusOK {
			t.Errorf("%v: %s", headers, a.Status)
		}
	}
	if a := s.get("/api/v1/deliveries/replay?state=dead"); a.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET: %s", a.Status)
	}
}

func TestSecurityHeadersAreEverywhere(t *testing.T) {
	s := serve(t, options(filled()))
	for _, path := range []string{"/", "/feed.atom", "/opml", "/healthz", "/nothing", "/api/v1/feeds", "/watch/x.atom"} {
		h := s.get(path).Header
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") == "" ||
			!strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") ||
			!strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
			t.Errorf("%s: %v", path, h)
		}
	}
}

func TestPanicIsAnError(t *testing.T) {
	m := filled()
	log := &journal{}
	o := options(m)
	o.Logger = newLogger(log)
	s := serve(t, o)
	m.before = func(context.Context) { panic("a fault in the store") }
	a := s.want(http.StatusInternalServerError, "/feed.atom")
	if strings.Contains(a.body, "fault") || !strings.Contains(log.String(), "a fault in the store") {
		t.Errorf("answer %q, log %q", a.body, log)
	}
	m.before = nil
	s.want(http.StatusOK, "/feed.atom")
}

func TestRequestsAreLoggedWithoutQuery(t *testing.T) {
	log := &journal{}
	o := options(filled())
	o.Logger = newLogger(log)
	o.Auth = web.Auth{Token: "t0ken"}
	s := serve(t, o)
	s.want(http.StatusOK, "/feed.atom?limit=7&key=s3cret", "Authorization", "Bearer t0ken")
	line := log.String()
	if !strings.Contains(line, "path=/feed.atom") || !strings.Contains(line, "status=200") {
		t.Errorf("the log holds %q", line)
	}
	if strings.Contains(line, "s3cret") || strings.Contains(line, "t0ken") || strings.Contains(line, "limit") {
		t.Errorf("the log tells too much: %q", line)
	}
}

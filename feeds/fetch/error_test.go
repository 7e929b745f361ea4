package fetch_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/feeds/fetch"
)

var quiet = log.New(io.Discard, "", 0)

// closedPort returns an address that refuses connections.
func closedPort(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	return l.Addr().String()
}

func TestErrorsAreToldApartAndKeepSecrets(t *testing.T) {
	untrusted := httptest.NewUnstartedServer(http.NotFoundHandler())
	untrusted.Config.ErrorLog = quiet
	untrusted.StartTLS()
	t.Cleanup(untrusted.Close)
	other, trusting := newTLS(t, func(w http.ResponseWriter, r *http.Request) {})
	otherName := strings.Replace(other.URL, "127.0.0.1", "localhost", 1)
	plain := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/401"):
			http.Error(w, r.Header.Get("Authorization"), http.StatusUnauthorized)
		case strings.HasPrefix(r.URL.Path, "/loop"):
			http.Redirect(w, r, r.URL.String(), http.StatusFound)
		case strings.HasPrefix(r.URL.Path, "/dead"):
			http.Redirect(w, r, "http://"+closedPort(t)+r.URL.String(), http.StatusFound)
		case strings.HasPrefix(r.URL.Path, "/coding"):
			w.Header().Set("Content-Encoding", "gzip")
			io.WriteString(w, r.URL.String())
		case strings.HasPrefix(r.URL.Path, "/slow"):
			<-r.Context().Done()
		}
	})
	echo := rawServer(t, func(c net.Conn) { fmt.Fprintf(c, "s3cret-path s3cret-query\r\n\r\n") })
	truncated := rawServer(t, func(c net.Conn) {
		fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n<rss>")
	})
	hangUp := rawServer(t, func(net.Conn) {})
	headers := rawServer(t, func(c net.Conn) {
		fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nX-Long: %s\r\n\r\n", strings.Repeat("s3cret-path", 200_000))
	})

	tests := []struct {
		name, url string
		kind      fetch.Kind
		says      string
	}{
		{"no such host", "http://feed..invalid", fetch.KindDNS, "no such host name"},
		{"refused", "http://" + closedPort(t), fetch.KindConnect, "refused the connection"},
		{"hangs up", hangUp, fetch.KindConnect, "broke the connection off"},
		{"truncated", truncated, fetch.KindConnect, "before its answer was complete"},
		{"unknown authority", untrusted.URL, fetch.KindTLS, "authority that this system does not trust"},
		{"other name", otherName, fetch.KindTLS, "for another host"},
		{"no TLS", strings.Replace(plain.URL, "http:", "https:", 1), fetch.KindTLS, "does not speak TLS"},
		{"no HTTP", echo, fetch.KindProtocol, "not valid HTTP"},
		{"headers", headers, fetch.KindTooLarge, "headers"},
		{"slow", plain.URL + "/slow", fetch.KindTimeout, "within 300ms"},
		{"private", "http://10.1.2.3", fetch.KindPrivate, "10.1.2.3 is not a public address; to permit it, add 10.1.2.3/32 to poll.allow_private"},
		{"unauthorized", plain.URL + "/401", fetch.KindStatus, "401 Unauthorized: the feed needs credentials"},
		{"loop", plain.URL + "/loop", fetch.KindRedirect, "circle"},
		{"redirected to a dead port", plain.URL + "/dead", fetch.KindConnect, "where the feed's address redirects to"},
		{"coding", plain.URL + "/coding", fetch.KindEncoding, "not valid gzip"},
		{"file", "file:/nowhere/at/all", fetch.KindFile, "/nowhere/at/all does not exist"},
		{"address", "http://[bad", fetch.KindRequest, "not a valid URL"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := fetch.Options{}
			if test.name == "slow" {
				o.Timeout = 300 * time.Millisecond
			}
			if test.name == "other name" {
				o.Transport = trusting
				o.Transport.TLSClientConfig.ServerName = "elsewhere.invalid"
			}
			endpoint := test.url
			if strings.HasPrefix(endpoint, "http") {
				endpoint = strings.Replace(endpoint, "://", "://s3cret-user:s3cret-password@", 1) + "/s3cret-path?s3cret-query"
			}
			feed := &feeds.Feed{
				URL: test.url + "/${TOKEN}", Endpoint: endpoint,
				Header: http.Header{"X-Key": {"s3cret-header"}},
			}
			e := wantError(t, newFetcher(t, o), feed, test.kind)
			for err := error(e); err != nil; err = errors.Unwrap(err) {
				if strings.Contains(err.Error(), "s3cret") {
					t.Errorf("%q shows a secret", err)
				}
			}
			if !strings.Contains(e.Error(), test.says) {
				t.Errorf("%q does not say %q", e, test.says)
			}
			if len(e.Error()) > 300 {
				t.Errorf("%d bytes of error", len(e.Error()))
			}
		})
	}
}

func TestConnectingTakesTooLong(t *testing.T) {
	tr := fetch.NewTransport(loopback)
	tr.DialContext = (&net.Dialer{Timeout: time.Nanosecond}).DialContext
	e := wantError(t, newFetcher(t, fetch.Options{Transport: tr}), feedAt("http://127.0.0.1:9/"), fetch.KindConnect)
	if !strings.Contains(e.Error(), "did not accept a connection in time") {
		t.Errorf("%v", e)
	}
}

func TestSecretHostIsNotNamed(t *testing.T) {
	feed := &feeds.Feed{URL: "http://${TENANT}/feed", Endpoint: "http://s3cret..invalid/feed"}
	e := wantError(t, newFetcher(t, fetch.Options{}), feed, fetch.KindDNS)
	if strings.Contains(e.Error(), "s3cret") {
		t.Errorf("%v", e)
	}
}

func TestStatuses(t *testing.T) {
	in90 := time.Now().Add(90 * time.Second).UTC().Format(http.TimeFormat)
	tests := []struct {
		status     int
		retryAfter string
		min, max   time.Duration
		says       string
	}{
		{400, "", 0, 0, "400 Bad Request"},
		{403, "60", 0, 0, "403 Forbidden"},
		{404, "", 0, 0, "404 Not Found: check the address"},
		{410, "", 0, 0, "410 Gone: the feed was removed for good"},
		{429, "120", 2 * time.Minute, 2 * time.Minute, "left alone for 2m0s"},
		{429, "", 0, 0, "429 Too Many Requests"},
		{503, "86400000", 24000 * time.Hour, 24000 * time.Hour, "left alone"},
		{503, in90, 80 * time.Second, 90 * time.Second, "left alone"},
		{503, "soon", 0, 0, "503 Service Unavailable"},
		{500, "60", 0, 0, "500 Internal Server Error"},
		{204, "", 0, 0, "204 No Content"},
		{206, "", 0, 0, "206 Partial Content"},
		{300, "", 0, 0, "300 Multiple Choices"},
		{599, "", 0, 0, "599"},
	}
	f := newFetcher(t, fetch.Options{})
	for _, test := range tests {
		t.Run(fmt.Sprint(test.status, test.retryAfter), func(t *testing.T) {
			s := newServer(t, func(w http.ResponseWriter, r *http.Request) {
				if test.retryAfter != "" {
					w.Header().Set("Retry-After", test.retryAfter)
				}
				w.WriteHeader(test.status)
			})
			e := wantError(t, f, feedAt(s.URL), fetch.KindStatus)
			if e.Status != test.status || e.RetryAfter < test.min || e.RetryAfter > test.max {
				t.Errorf("status %d, retry after %v", e.Status, e.RetryAfter)
			}
			if !strings.Contains(e.Error(), test.says) {
				t.Errorf("%q does not say %q", e, test.says)
			}
		})
	}
}

func TestRedirectedCredentialsAreExplained(t *testing.T) {
	target := newServer(t, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	home := newServer(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, target.URL, http.StatusFound) })
	feed := feedAt(home.URL)
	feed.Header = http.Header{"Authorization": {"Bearer t"}}
	e := wantError(t, newFetcher(t, fetch.Options{}), feed, fetch.KindStatus)
	if !strings.Contains(e.Error(), "do not follow a redirect") {
		t.Errorf("%v", e)
	}
}

func TestTheWholeRequestHasADeadline(t *testing.T) {
	drip := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/rss+xml")
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				io.WriteString(w, " ")
				w.(http.Flusher).Flush()
			case <-r.Context().Done():
				return
			}
		}
	}
	check := func(t *testing.T, f *fetch.Fetcher, url string) {
		start := time.Now()
		e := wantError(t, f, feedAt(url), fetch.KindTimeout)
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("took %v", took)
		}
		if !errors.Is(e, context.DeadlineExceeded) {
			t.Errorf("%v is no context.DeadlineExceeded", e)
		}
	}
	const limit = 200 * time.Millisecond
	t.Run("body", func(t *testing.T) {
		check(t, newFetcher(t, fetch.Options{Timeout: limit}), newServer(t, drip).URL)
	})
	t.Run("body over HTTP/2", func(t *testing.T) {
		s, tr := newTLS(t, drip)
		check(t, newFetcher(t, fetch.Options{Timeout: limit, Transport: tr}), s.URL)
	})
	t.Run("redirects", func(t *testing.T) {
		s := newServer(t, func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-time.After(50 * time.Millisecond):
			case <-r.Context().Done():
			}
			http.Redirect(w, r, r.URL.Path+"x", http.StatusFound)
		})
		check(t, newFetcher(t, fetch.Options{Timeout: limit}), s.URL+"/")
	})
}

func TestCallersDeadlineAndCancel(t *testing.T) {
	arrived := make(chan struct{}, 1)
	s := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		<-r.Context().Done()
	})
	f := newFetcher(t, fetch.Options{})
	ctx, cancel := context.WithCancel(context.Background())
	result := make(chan error, 1)
	go func() {
		_, err := f.Fetch(ctx, feedAt(s.URL), fetch.Validators{})
		result <- err
	}()
	<-arrived
	cancel()
	err := <-result
	var e *fetch.Error
	if !errors.As(err, &e) || e.Kind != fetch.KindCanceled || !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	ctx, cancel = context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	_, err = f.Fetch(ctx, feedAt(s.URL), fetch.Validators{})
	if !errors.As(err, &e) || e.Kind != fetch.KindTimeout || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("deadline: %v", err)
	}
}

func TestHugeHeadersOverHTTP2(t *testing.T) {
	s, tr := newTLS(t, func(w http.ResponseWriter, r *http.Request) {
		for i := range 11 {
			w.Header().Set(fmt.Sprintf("X-Long-%d", i), strings.Repeat("x", 100_000))
		}
	})
	wantError(t, newFetcher(t, fetch.Options{Transport: tr}), feedAt(s.URL), fetch.KindTooLarge)
}

// What http.Client returns shows the URL; Explain is for those who use one.
func TestExplainHidesTheURL(t *testing.T) {
	client := &http.Client{Transport: fetch.NewTransport(nil)}
	defer client.CloseIdleConnections()
	_, err := client.Get("http://127.0.0.1:1/hook?token=s3cret")
	var inner *url.Error
	if !errors.As(err, &inner) || !errors.Is(err, fetch.ErrPrivate) {
		t.Fatalf("client: %v", err)
	}
	if e := fetch.Explain(err, "127.0.0.1:1"); e.Kind != fetch.KindPrivate || strings.Contains(e.Error(), "s3cret") || !errors.Is(e, fetch.ErrPrivate) {
		t.Errorf("explained: %+v", e)
	}
}

func TestParseRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 3, 7, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"0": 0, "1": time.Second, " 120 ": 2 * time.Minute, "31536000": 365 * 24 * time.Hour,
		"9223372036": 9223372036 * time.Second, "9223372037": 9223372036 * time.Second,
		"99999999999999999999999999": 9223372036 * time.Second,
		"":                           0, "-5": 0, "+5": 0, "1.5": 0, "soon": 0, "5 s": 0, "٣": 0,
		"Tue, 03 Nov 2026 07:01:00 GMT":   time.Minute,
		"Tuesday, 03-Nov-26 07:01:00 GMT": time.Minute,
		"Tue Nov  3 07:01:00 2026":        time.Minute,
		"Tue, 03 Nov 2026 06:59:00 GMT":   0,
		"Tue, 03 Nov 9999 07:00:00 GMT":   1<<63 - 1,
	} {
		if got := fetch.ParseRetryAfter(value, now); got != want {
			t.Errorf("%q: %v, want %v", value, got, want)
		}
	}
}

func FuzzParseRetryAfter(f *testing.F) {
	for _, s := range []string{"120", "-1", "99999999999999999999", "Tue, 03 Nov 2026 07:01:00 GMT", "Tue, 03 Nov 0000 07:01:00 GMT"} {
		f.Add(s)
	}
	now := time.Date(2026, 11, 3, 7, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, value string) {
		if d := fetch.ParseRetryAfter(value, now); d < 0 || now.Add(d).Before(now) {
			t.Errorf("%q: %v", value, d)
		}
	})
}

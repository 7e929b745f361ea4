package webhook_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/feeds/fetch"
	"github.com/copytaster/copytaster/notify"
	"github.com/copytaster/copytaster/notify/notifytest"
	"github.com/copytaster/copytaster/notify/webhook"
)

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

// secret returns a webhook secret of n bytes.
func secret(n int, fill byte) string {
	return "whsec_" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{fill}, n))
}

func newWebhook(t testing.TB, o webhook.Options) *webhook.Webhook {
	t.Helper()
	if o.AllowPrivate == nil {
		o.AllowPrivate = loopback
	}
	w, err := webhook.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w
}

// request is what a receiver got.
type request struct {
	*http.Request
	body []byte
}

// listen starts a receiver that accepts everything and passes it on.
func listen(t testing.TB) (url string, requests <-chan request) {
	t.Helper()
	got := make(chan request, 10)
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("read request: %v", err)
		}
		got <- request{r, b}
	}))
	t.Cleanup(s.Close)
	return s.URL, got
}

func TestReceiver(t *testing.T) {
	notifytest.Run(t, func(t *testing.T, url string) notify.Notifier {
		return newWebhook(t, webhook.Options{URL: url, Secrets: []string{secret(32, 'k')}})
	})
}

func TestRequest(t *testing.T) {
	url, got := listen(t)
	w := newWebhook(t, webhook.Options{URL: url + "/in?a=b", UserAgent: "copytaster/1.2 (+https://example.org/)"})
	if err := w.Notify(t.Context(), notifytest.Delivery("01DELIVERY")); err != nil {
		t.Fatal(err)
	}
	r := <-got
	if r.Method != http.MethodPost || r.URL.String() != "/in?a=b" {
		t.Errorf("%s %s", r.Method, r.URL)
	}
	want := http.Header{
		"Content-Type":   {"application/json"},
		"User-Agent":     {"copytaster/1.2 (+https://example.org/)"},
		"Webhook-Id":     {"01DELIVERY"},
		"Content-Length": {strconv.Itoa(len(r.body))},
	}
	for name, values := range r.Header {
		if name == "Webhook-Timestamp" {
			if sent, err := strconv.ParseInt(values[0], 10, 64); err != nil || time.Since(time.Unix(sent, 0)) > time.Minute {
				t.Errorf("webhook-timestamp %q, want now", values)
			}
		} else if w := want[name]; len(w) != 1 || len(values) != 1 || w[0] != values[0] {
			t.Errorf("header %s: %q, want %q", name, values, w)
		}
	}
	if len(r.Header) != len(want)+1 {
		t.Errorf("headers %v", r.Header)
	}

	const body = `{"type":"article.matched","timestamp":"2026-03-14T09:26:53Z","data":{` +
		`"alert":"01KKN8R2M8ALERT0000000000A",` +
		`"rule":{"name":"gulf-crisis-mediation","match":"Gulf crisis mediation"},` +
		`"article":{"id":"01KKN8R2M8ARTICLE00000000A","url":"https://news.example.org/world/gulf?a=1&b=2",` +
		`"title":"Oslo ready to mediate in the Gulf crisis","summary":"The foreign minister <offers> talks & patience.",` +
		`"language":"en","published":"2026-03-14T09:16:53Z","seen":"2026-03-14T09:26:53Z",` +
		`"guid":"tag:news.example.org,2026:gulf","feed":{"url":"https://news.example.org/rss","name":"Example World"}},` +
		`"matches":[{"field":"title","start":14,"end":21,"text":"mediate"},` +
		`{"field":"title","start":29,"end":33,"text":"Gulf"},{"field":"title","start":34,"end":40,"text":"crisis"}],` +
		`"excerpt":"… ready to mediate in the Gulf crisis …"}}`
	if string(r.body) != body {
		t.Errorf("body\n%s\nwant\n%s", r.body, body)
	}
}

// A test alert need not be about an article.
func TestRequestWithoutArticle(t *testing.T) {
	url, got := listen(t)
	d := notifytest.Delivery("01DELIVERY")
	d.Alert = &notify.Alert{ID: "01ALERT", Type: notify.Test, Time: time.Date(2026, 1, 2, 4, 4, 5, 0, time.FixedZone("", 3600))}
	if err := newWebhook(t, webhook.Options{URL: url}).Notify(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	const want = `{"type":"test","timestamp":"2026-01-02T03:04:05Z","data":{"alert":"01ALERT","matches":[],"excerpt":""}}`
	if r := <-got; string(r.body) != want {
		t.Errorf("body %s, want %s", r.body, want)
	}
}

func TestSignatures(t *testing.T) {
	older, newer, foreign := secret(24, 'a'), secret(64, 'b'), secret(32, 'c')
	tests := []struct {
		name             string
		secrets          []string
		accepts, refuses []string
	}{
		{"one", []string{older}, []string{older}, []string{newer, foreign}},
		{"rotating", []string{newer, older}, []string{older, newer}, []string{foreign}},
		{"none", nil, nil, []string{older}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			url, got := listen(t)
			w := newWebhook(t, webhook.Options{URL: url, Secrets: test.secrets})
			if err := w.Notify(t.Context(), notifytest.Delivery("01DELIVERY")); err != nil {
				t.Fatal(err)
			}
			r := <-got
			verify := func(secret string, body []byte) error {
				v, err := standardwebhooks.NewWebhook(secret)
				if err != nil {
					t.Fatal(err)
				}
				return v.Verify(body, r.Header)
			}
			for _, s := range test.accepts {
				if err := verify(s, r.body); err != nil {
					t.Errorf("refused by a receiver with a configured secret: %v", err)
				}
				if verify(s, append([]byte(" "), r.body...)) == nil {
					t.Error("a changed body is accepted")
				}
			}
			for _, s := range test.refuses {
				if verify(s, r.body) == nil {
					t.Error("accepted by a receiver with another secret")
				}
			}
			if n := len(strings.Fields(r.Header.Get("Webhook-Signature"))); n != len(test.secrets) {
				t.Errorf("%d signatures for %d secrets", n, len(test.secrets))
			}
		})
	}
}

func TestRetriesRepeatTheBody(t *testing.T) {
	url, got := listen(t)
	w := newWebhook(t, webhook.Options{URL: url, Secrets: []string{secret(24, 'a')}})
	d := notifytest.Delivery("01DELIVERY")
	// Between attempts the delivery goes through the store.
	stored, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	var again notify.Delivery
	if err := json.Unmarshal(stored, &again); err != nil {
		t.Fatal(err)
	}
	again.Attempts, again.LastError, again.LastAttempt = 3, "answered 500", time.Now()
	for _, d := range []notify.Delivery{d, again} {
		if err := w.Notify(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	first, second := <-got, <-got
	if !bytes.Equal(first.body, second.body) || first.Header.Get("Webhook-Id") != second.Header.Get("Webhook-Id") {
		t.Errorf("the second attempt differs:\n%s\n%s", first.body, second.body)
	}
}

func TestLargeArticles(t *testing.T) {
	tests := []struct {
		name       string
		html, text int
		omitted    bool
	}{
		{"above what the standard advises", 30_000, 30_000, false},
		{"below the limit", 1<<20 - 32_000, 30_000, false},
		{"above the limit", 1<<20 - 20_000, 30_000, true},
		{"above the limit without HTML", 0, 2 << 20, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			url, got := listen(t)
			d := notifytest.Delivery("01DELIVERY")
			d.Alert.Article.ContentHTML = strings.Repeat("<p>", test.html/3)
			d.Alert.Article.ContentText = strings.Repeat("x", test.text)
			if err := newWebhook(t, webhook.Options{URL: url}).Notify(t.Context(), d); err != nil {
				t.Fatal(err)
			}
			var body struct {
				Data struct {
					Article feeds.Article
					Omitted []string
				}
			}
			r := <-got
			if err := json.Unmarshal(r.body, &body); err != nil {
				t.Fatal(err)
			}
			html := d.Alert.Article.ContentHTML
			if test.omitted {
				html = ""
			}
			if body.Data.Article.ContentHTML != html || (len(body.Data.Omitted) == 1) != test.omitted {
				t.Errorf("%d bytes of content_html, omitted %q", len(body.Data.Article.ContentHTML), body.Data.Omitted)
			}
			if len(body.Data.Article.ContentText) != test.text {
				t.Errorf("%d of %d bytes of content_text", len(body.Data.Article.ContentText), test.text)
			}
			if d.Alert.Article.ContentHTML == "" && test.html > 0 {
				t.Error("the alert was changed")
			}
		})
	}
}

func TestPrivateAddresses(t *testing.T) {
	url, got := listen(t)
	_, port, _ := strings.Cut(strings.TrimPrefix(url, "http://"), ":")
	// A name that resolves to loopback, an address, and one in disguise.
	for _, host := range []string{"localhost", "127.0.0.1", "[::ffff:127.0.0.1]"} {
		w := newWebhook(t, webhook.Options{URL: "http://" + host + ":" + port, AllowPrivate: []netip.Prefix{}})
		err := w.Notify(t.Context(), notifytest.Delivery("d"))
		if !errors.Is(err, fetch.ErrPrivate) || !strings.Contains(err.Error(), "allow_private") {
			t.Errorf("%s: %v, want a refusal that says how to permit it", host, err)
		}
	}
	if len(got) != 0 {
		t.Error("a private address was reached")
	}
}

func TestTimeout(t *testing.T) {
	// The body of the answer to an accepted request may take its time.
	tests := []struct {
		name    string
		timeout time.Duration
		serve   http.HandlerFunc
		fails   bool
	}{
		{"no answer", 50 * time.Millisecond, func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.ReadAll(r.Body)
			<-r.Context().Done()
		}, true},
		{"accepted, then silence", 50 * time.Millisecond, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.ReadAll(r.Body)
			w.WriteHeader(http.StatusOK)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := httptest.NewServer(test.serve)
			defer s.Close()
			w := newWebhook(t, webhook.Options{URL: s.URL, Timeout: test.timeout})
			err := w.Notify(t.Context(), notifytest.Delivery("d"))
			if (err != nil) != test.fails || test.fails && !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// A receiver that answers and then drips holds the delivery up for a short
// time only, whatever the timeout.
func TestDrippingAnswer(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		for r.Context().Err() == nil {
			_, _ = w.Write([]byte("."))
			_ = http.NewResponseController(w).Flush()
			select {
			case <-r.Context().Done():
			case <-time.After(20 * time.Millisecond):
			}
		}
	}))
	defer s.Close()
	began := time.Now()
	err := newWebhook(t, webhook.Options{URL: s.URL}).Notify(t.Context(), notifytest.Delivery("d"))
	if took := time.Since(began); err != nil || took > 10*time.Second {
		t.Errorf("%v after %v", err, took)
	}
}

func TestKeepAlive(t *testing.T) {
	var addresses []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		addresses = append(addresses, r.RemoteAddr)
		if len(addresses)%2 == 0 {
			w.WriteHeader(http.StatusInternalServerError)
		}
		_, _ = w.Write(make([]byte, 10_000))
	}))
	defer s.Close()
	w := newWebhook(t, webhook.Options{URL: s.URL})
	for range 6 {
		_ = w.Notify(t.Context(), notifytest.Delivery("d"))
	}
	for _, a := range addresses {
		if a != addresses[0] {
			t.Errorf("connections from %v, want one for all", addresses)
			break
		}
	}
}

func TestCredentialsInURL(t *testing.T) {
	url, got := listen(t)
	w := newWebhook(t, webhook.Options{URL: strings.Replace(url, "://", "://me:p%40ss@", 1)})
	if err := w.Notify(t.Context(), notifytest.Delivery("d")); err != nil {
		t.Fatal(err)
	}
	if user, password, ok := (<-got).BasicAuth(); !ok || user != "me" || password != "p@ss" {
		t.Errorf("user %q, password %q", user, password)
	}
}

func TestAlertThatCannotBeSent(t *testing.T) {
	w := newWebhook(t, webhook.Options{URL: "http://127.0.0.1:1/"})
	d := notifytest.Delivery("d")
	d.Alert.Article.Published = time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC) // has no form in RFC 3339
	if err := w.Notify(t.Context(), d); !notify.IsPermanent(err) {
		t.Errorf("a date beyond RFC 3339: %v, want a permanent error", err)
	}
	d.Alert = nil
	if err := w.Notify(t.Context(), d); !notify.IsPermanent(err) {
		t.Errorf("no alert: %v, want a permanent error", err)
	}
}

func TestBadOptions(t *testing.T) {
	good := secret(32, 'x')
	tests := []struct {
		url     string
		secrets []string
		want    string
	}{
		{"", nil, "url is not an absolute http or https URL"},
		{"hooks.example.org/s3cr3t", nil, "url is not an absolute http or https URL"},
		{"ftp://hooks.example.org/s3cr3t", nil, "url is not an absolute http or https URL"},
		{"https:///s3cr3t", nil, "url is not an absolute http or https URL"},
		{"https://hooks.example.org/s3cr3t\x7f", nil, "url is not an absolute http or https URL"},
		{"https://h/", []string{good, "s3cr3t"}, `secret 2 of 2: does not begin with "whsec_"`},
		{"https://h/", []string{"whsec_s3cr3t!"}, `secret 1 of 1: what follows "whsec_" is not base64`},
		{"https://h/", []string{secret(23, 'x')}, `secret 1 of 1: has 23 bytes; 24 to 64 are needed`},
		{"https://h/", []string{secret(65, 'x')}, `secret 1 of 1: has 65 bytes; 24 to 64 are needed`},
	}
	for _, test := range tests {
		_, err := webhook.New(webhook.Options{URL: test.url, Secrets: test.secrets})
		if err == nil || err.Error() != test.want {
			t.Errorf("%q, %q: %v, want %s", test.url, test.secrets, err, test.want)
		}
	}
}

func TestErrorsNameHostAndReason(t *testing.T) {
	tests := []struct {
		status int
		want   string
	}{
		{500, "%s answered 500 Internal Server Error"},
		{599, "%s answered 599"},
		{302, "%s answered 302 Found: redirects are not followed; configure the address that it leads to"},
		{410, "%s answered 410 Gone: it wants no more webhooks"},
		{429, "%s answered 429 Too Many Requests"},
	}
	for _, test := range tests {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.ReadAll(r.Body)
			w.WriteHeader(test.status)
		}))
		defer s.Close()
		err := newWebhook(t, webhook.Options{URL: s.URL + "/path"}).Notify(t.Context(), notifytest.Delivery("d"))
		if want := fmt.Sprintf(test.want, strings.TrimPrefix(s.URL, "http://")); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	err := newWebhook(t, webhook.Options{URL: "http://127.0.0.1:1/path"}).Notify(t.Context(), notifytest.Delivery("d"))
	if want := "127.0.0.1:1 refused the connection"; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/notify/notifytest"
	"github.com/copytaster/copytaster/notify/webhook"
)

// BenchmarkRequest measures a request as a whole, from the alert to the
// receiver's answer on loopback.
func BenchmarkRequest(b *testing.B) {
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
	}))
	defer s.Close()
	w := newWebhook(b, webhook.Options{URL: s.URL, Secrets: []string{secret(32, 'k')}})
	d := notifytest.Delivery("01DELIVERY")
	d.Alert.Article.ContentHTML = strings.Repeat("<p>ready to mediate</p>", 200)
	d.Alert.Article.ContentText = strings.Repeat("ready to mediate\n", 200)
	b.ReportAllocs()
	for b.Loop() {
		if err := w.Notify(b.Context(), d); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkBuild measures what a request costs before it meets the network:
// the body and two signatures. A context that has ended stops it there.
func BenchmarkBuild(b *testing.B) {
	w := newWebhook(b, webhook.Options{URL: "https://hooks.example.org/", Secrets: []string{secret(32, 'k'), secret(32, 'l')}})
	ctx, cancel := context.WithCancel(b.Context())
	cancel()
	for _, repeats := range []int{0, 200, 2000} {
		d := notifytest.Delivery("01DELIVERY")
		d.Alert.Article.ContentHTML = strings.Repeat("<p>ready to mediate</p>", repeats)
		d.Alert.Article.ContentText = strings.Repeat("ready to mediate\n", repeats)
		b.Run(fmt.Sprintf("%dkB", repeats*40/1000), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := w.Notify(ctx, d); !errors.Is(err, context.Canceled) {
					b.Fatal(err)
				}
			}
		})
	}
}

package notify_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/copytaster/copytaster/notify"
	"github.com/copytaster/copytaster/notify/notifytest"
	"github.com/copytaster/copytaster/notify/webhook"
)

// queue is an outbox that costs nothing: what is due is handed out in order
// and forgotten when it is settled. Settling takes as long as it is told.
type queue struct {
	mu       sync.Mutex
	waiting  []notify.Delivery
	settling time.Duration
}

func (q *queue) Due(_ context.Context, _ string, now time.Time, limit int) ([]notify.Delivery, time.Time, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(limit, len(q.waiting))
	due := q.waiting[:n:n]
	q.waiting = q.waiting[n:]
	if len(q.waiting) == 0 {
		return due, time.Time{}, nil
	}
	return due, now, nil
}

func (q *queue) Settle(context.Context, notify.Outcome) error {
	if q.settling > 0 {
		time.Sleep(q.settling)
	}
	return nil
}

func BenchmarkDispatch(b *testing.B) {
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
	}))
	defer s.Close()
	hook, err := webhook.New(webhook.Options{
		URL:          s.URL,
		Secrets:      []string{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"},
		AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
	})
	if err != nil {
		b.Fatal(err)
	}
	defer hook.Close()
	benchmarks := []struct {
		name     string
		notifier notify.Notifier
		settling time.Duration // of a disk
	}{
		{"nothing", &nothing{}, 0},
		{"webhook", hook, 0},
		{"webhook-disk3ms", hook, 3 * time.Millisecond},
	}
	for _, bm := range benchmarks {
		b.Run(bm.name, func(b *testing.B) {
			box := &queue{settling: bm.settling}
			for i := range b.N {
				box.waiting = append(box.waiting, notifytest.Delivery(fmt.Sprintf("01KKN8R2M8%016d", i)))
			}
			d := notify.NewDispatcher(notify.DispatcherOptions{
				Outbox: box, Receivers: []notify.Receiver{{Name: "desk", Notifier: bm.notifier}},
			})
			b.ReportAllocs()
			b.ResetTimer()
			sum, err := d.DispatchDue(b.Context())
			if err != nil || sum.Delivered != b.N {
				b.Fatalf("%+v, %v", sum, err)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "deliveries/s")
		})
	}
}

type nothing struct{}

func (*nothing) Notify(context.Context, notify.Delivery) error { return nil }

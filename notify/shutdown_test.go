package notify_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/copytaster/copytaster/notify"
)

func textLogger(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	}))
}

func TestDrainOnShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := newMemory()
		// The first takes three seconds, the second for ever; the others never
		// get their turn.
		desk := &fake{answer: func(ctx context.Context, d notify.Delivery) error {
			if d.ID == "d0" {
				time.Sleep(3 * time.Second)
				return nil
			}
			return fmt.Errorf("post: %w", hang(ctx, d))
		}}
		begin := time.Now()
		for i := range 10 {
			box.add("desk", fmt.Sprintf("d%d", i), time.Duration(i)-10)
		}
		failing := &fake{answer: func(context.Context, notify.Delivery) error {
			time.Sleep(2 * time.Second)
			return errDown
		}}
		box.add("failing", "f", 0)
		_, stop := start(t, notify.DispatcherOptions{Outbox: box, Receivers: []notify.Receiver{
			{Name: "desk", Notifier: desk, Concurrency: 2}, {Name: "failing", Notifier: failing},
		}})
		time.Sleep(time.Second)
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begin); took != 6*time.Second {
			t.Errorf("stopped after %v, want the default drain of 5 s", took-time.Second)
		}
		if n := box.inHand(); n != 0 {
			t.Errorf("%d deliveries still in hand", n)
		}
		if d := box.get("d0"); d.State != notify.Delivered || d.Attempts != 1 {
			t.Errorf("the attempt that finished in time: %+v", d)
		}
		if d := box.get("f"); d.State != notify.Pending || d.Attempts != 1 || d.LastError != errDown.Error() {
			t.Errorf("the attempt that failed in time: %+v", d)
		}
		for i := 1; i < 10; i++ {
			d := box.get(fmt.Sprintf("d%d", i))
			if d.State != notify.Pending || d.Attempts != 0 || d.Next.After(time.Now()) || d.LastError != "" {
				t.Errorf("the delivery that was cut off: %+v", d)
			}
		}
		if n := len(desk.attempts()); n != 2 {
			t.Errorf("%d attempts begun, want 2", n)
		}
	})
}

func TestStoreFailureEndsRun(t *testing.T) {
	errFull := errors.New("no space left on the device")
	tests := map[string]func(*memory){
		"reading":   func(m *memory) { m.dueErr = errFull },
		"recording": func(m *memory) { m.settleErr = errFull },
	}
	for name, breakIt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				box := newMemory()
				o := notify.DispatcherOptions{Outbox: box, Receivers: []notify.Receiver{
					{Name: "desk", Notifier: new(fake)}, {Name: "hung", Notifier: &fake{answer: hang}}, {Name: "idle", Notifier: new(fake)},
				}}
				box.add("desk", "d1", time.Hour)
				box.add("hung", "h1", time.Hour-time.Second)
				begin := time.Now()
				result := make(chan error, 1)
				go func() { result <- notify.NewDispatcher(o).Run(t.Context()) }()
				time.Sleep(time.Hour - time.Millisecond)
				box.mu.Lock()
				breakIt(box)
				box.mu.Unlock()
				if err := <-result; !errors.Is(err, errFull) {
					t.Errorf("Run returned %v", err)
				}
				if took := time.Since(begin); took > time.Hour+6*time.Second {
					t.Errorf("Run ended at +%v, want the drain period after the failure", took)
				}
			})
		})
	}
}

// An outcome that cannot be recorded while stopping is not passed over.
func TestStoreFailureWhileDraining(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := newMemory()
		slow := &fake{answer: func(context.Context, notify.Delivery) error {
			time.Sleep(2 * time.Second)
			return nil
		}}
		box.add("desk", "d1", 0)
		box.settleErr = errors.New("disk on fire")
		_, stop := start(t, notify.DispatcherOptions{Outbox: box, Receivers: []notify.Receiver{{Name: "desk", Notifier: slow}}})
		time.Sleep(time.Second)
		if err := stop(); !errors.Is(err, box.settleErr) {
			t.Errorf("Run returned %v", err)
		}
	})
}

func TestDispatchDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := newMemory()
		for i := range 100 {
			box.add("well", fmt.Sprintf("w%02d", i), -time.Minute)
			box.add("down", fmt.Sprintf("d%02d", i), -time.Minute)
		}
		box.add("gone", "g", 0)
		box.add("well", "later", time.Hour)
		well := new(fake)
		down := &fake{answer: func(context.Context, notify.Delivery) error {
			time.Sleep(10 * time.Second) // longer than the first retry is away
			return errDown
		}}
		gone := &fake{answer: func(context.Context, notify.Delivery) error { return notify.Permanent(errDown) }}
		d := notify.NewDispatcher(notify.DispatcherOptions{Outbox: box, Receivers: []notify.Receiver{
			{Name: "well", Notifier: well}, {Name: "down", Notifier: down}, {Name: "gone", Notifier: gone},
		}})
		sum, err := d.DispatchDue(t.Context())
		if want := (notify.Summary{Delivered: 100, Retried: 100, Dead: 1}); err != nil || sum != want {
			t.Errorf("%+v, %v, want %+v", sum, err, want)
		}
		if n := len(down.attempts()); n != 100 {
			t.Errorf("%d attempts, want one for each of 100", n)
		}
		if d := box.get("later"); d.State != notify.Pending || d.Attempts != 0 {
			t.Errorf("not yet due: %+v", d)
		}
		if n := box.inHand(); n != 0 {
			t.Errorf("%d deliveries still in hand", n)
		}

		box.add("well", "more", 0)
		box.add("down", "more-down", 0)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if sum, err := d.DispatchDue(ctx); !errors.Is(err, context.DeadlineExceeded) || sum.Delivered != 1 {
			t.Errorf("stopped: %+v, %v", sum, err)
		}
	})
}

func TestFailuresAreLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := newMemory()
		box.add("desk", "01JDELIVERY", 0)
		log := new(bytes.Buffer)
		d := notify.NewDispatcher(notify.DispatcherOptions{Outbox: box, Logger: textLogger(log), Receivers: []notify.Receiver{
			{Name: "desk", Notifier: &fake{answer: func(context.Context, notify.Delivery) error {
				return errors.New("answered 500" + strings.Repeat("é", 5000) + "\xff")
			}}},
		}})
		for i := range 11 {
			if wait, ok := notify.Delay("01JDELIVERY", i); ok {
				time.Sleep(wait)
			}
			if _, err := d.DispatchDue(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		lines := strings.Split(strings.TrimSpace(log.String()), "\n")
		if len(lines) != 10 {
			t.Fatalf("%d lines for 10 attempts:\n%s", len(lines), log)
		}
		wait, _ := notify.Delay("01JDELIVERY", 1)
		next := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Add(wait).Format("2006-01-02T15:04:05.000Z")
		for _, want := range []string{"level=WARN", "receiver=desk", "delivery=01JDELIVERY", "attempt=1", "answered 500", "next=" + next} {
			if !strings.Contains(lines[0], want) {
				t.Errorf("the first failure lacks %q: %s", want, lines[0])
			}
		}
		for _, want := range []string{"level=ERROR", "attempt=10", "copytaster deliveries replay --id 01JDELIVERY"} {
			if !strings.Contains(lines[9], want) {
				t.Errorf("the last failure lacks %q: %s", want, lines[9])
			}
		}
		if n := len(box.get("01JDELIVERY").LastError); n > 1010 {
			t.Errorf("an error of %d bytes was kept", n)
		}
	})
}

func TestMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reg := prometheus.NewRegistry()
		box := newMemory()
		answers := map[string]error{"a": nil, "b": errDown, "c": notify.Permanent(errDown)}
		for id := range answers {
			box.add("desk", id, 0)
		}
		desk := &fake{answer: func(_ context.Context, d notify.Delivery) error {
			time.Sleep(20 * time.Millisecond)
			return answers[d.ID]
		}}
		o := notify.DispatcherOptions{Outbox: box, Registerer: reg, Receivers: []notify.Receiver{
			{Name: "desk", Notifier: desk}, {Name: "idle", Notifier: desk},
		}}
		time.Sleep(2 * time.Second)
		if _, err := notify.NewDispatcher(o).DispatchDue(t.Context()); err != nil {
			t.Fatal(err)
		}
		// The configuration is read anew: counting goes on.
		box.add("desk", "a", 0)
		if _, err := notify.NewDispatcher(o).DispatchDue(t.Context()); err != nil {
			t.Fatal(err)
		}
		err := testutil.GatherAndCompare(reg, strings.NewReader(`
# HELP copytaster_deliveries_total Attempts to deliver an alert, by receiver and how they ended.
# TYPE copytaster_deliveries_total counter
copytaster_deliveries_total{outcome="dead",receiver="desk"} 1
copytaster_deliveries_total{outcome="dead",receiver="idle"} 0
copytaster_deliveries_total{outcome="delivered",receiver="desk"} 2
copytaster_deliveries_total{outcome="delivered",receiver="idle"} 0
copytaster_deliveries_total{outcome="retried",receiver="desk"} 1
copytaster_deliveries_total{outcome="retried",receiver="idle"} 0
`), "copytaster_deliveries_total")
		if err != nil {
			t.Error(err)
		}
		families, err := reg.Gather()
		if err != nil {
			t.Fatal(err)
		}
		sums := make(map[string]float64)
		for _, f := range families {
			for _, m := range f.Metric {
				if h := m.GetHistogram(); h != nil {
					sums[f.GetName()] += h.GetSampleSum()
				}
			}
		}
		if got := sums["copytaster_delivery_duration_seconds"]; got < .079 || got > .081 {
			t.Errorf("attempts took %v s, want 0.08", got)
		}
		if got := sums["copytaster_delivery_latency_seconds"]; got < 2.039 || got > 2.041 {
			t.Errorf("latencies add up to %v s, want 2.04", got)
		}
	})
}

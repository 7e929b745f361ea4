package notify_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/copytaster/copytaster/notify"
)

var errDown = errors.New("answered 500")

func TestAttemptTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const took = 2 * time.Second
		box := newMemory()
		down := &fake{answer: func(context.Context, notify.Delivery) error {
			time.Sleep(took)
			return errDown
		}}
		box.add("desk", "d1", 0)
		begin := time.Now()
		_, stop := start(t, notify.DispatcherOptions{
			Outbox: box, Receivers: []notify.Receiver{{Name: "desk", Notifier: down}},
		})
		time.Sleep(10 * 24 * time.Hour)
		if err := stop(); err != nil {
			t.Fatal(err)
		}

		calls := down.attempts()
		if len(calls) != 10 {
			t.Fatalf("%d attempts, want 10", len(calls))
		}
		want := begin
		for i, c := range calls {
			wait, _ := notify.Delay("d1", i)
			want = want.Add(wait)
			if !c.at.Equal(want) {
				t.Errorf("attempt %d at +%v, want +%v", i+1, c.at.Sub(begin), want.Sub(begin))
			}
			want = want.Add(took) // the wait begins when the attempt ended
		}
		if total := calls[9].at.Sub(begin); total < 75*time.Hour || total > 84*time.Hour {
			t.Errorf("ten attempts took %v, want about 75.6 h", total)
		}
		d := box.get("d1")
		if d.State != notify.Dead || d.Attempts != 10 || d.LastError != errDown.Error() {
			t.Errorf("in the end: %+v", d)
		}
	})
}

func TestRestartResumesTheCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := newMemory()
		down := &fake{answer: func(context.Context, notify.Delivery) error { return errDown }}
		box.add("desk", "d1", 0)
		begin := time.Now()
		for range 10 * 24 * 2 { // a restart every half hour
			_, stop := start(t, notify.DispatcherOptions{
				Outbox: box, Receivers: []notify.Receiver{{Name: "desk", Notifier: down}},
			})
			time.Sleep(30 * time.Minute)
			if err := stop(); err != nil {
				t.Fatal(err)
			}
			box.reopen()
		}
		calls := down.attempts()
		if len(calls) != 10 {
			t.Fatalf("%d attempts, want 10", len(calls))
		}
		want := begin
		for i, c := range calls {
			wait, _ := notify.Delay("d1", i)
			if want = want.Add(wait); !c.at.Equal(want) || c.attempts != i {
				t.Errorf("attempt %d at +%v with %d counted, want +%v", i+1, c.at.Sub(begin), c.attempts, want.Sub(begin))
			}
		}
	})
}

func TestRetryAfter(t *testing.T) {
	tests := []struct {
		name  string
		asked time.Duration
		want  time.Duration // 0: the schedule's
	}{
		{"lengthens", 10 * time.Minute, 10 * time.Minute},
		{"never shortens", time.Second, 0},
		{"is bounded", 1000 * time.Hour, 24 * time.Hour},
		{"may be nonsense", -time.Hour, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				box := newMemory()
				busy := &fake{answer: func(_ context.Context, d notify.Delivery) error {
					if d.Attempts == 0 {
						return notify.RetryAfter(errDown, test.asked)
					}
					return nil
				}}
				box.add("desk", "d1", 0)
				begin := time.Now()
				_, stop := start(t, notify.DispatcherOptions{
					Outbox: box, Receivers: []notify.Receiver{{Name: "desk", Notifier: busy}},
				})
				if test.want == 0 {
					test.want, _ = notify.Delay("d1", 1)
				}
				time.Sleep(time.Second)
				if next := box.get("d1").Next.Sub(begin); next != test.want { // what outlives a restart
					t.Errorf("recorded to be tried at +%v, want +%v", next, test.want)
				}
				time.Sleep(48 * time.Hour)
				if err := stop(); err != nil {
					t.Fatal(err)
				}
				calls := busy.attempts()
				if len(calls) != 2 || calls[1].at.Sub(begin) != test.want {
					t.Errorf("attempts %v, want the second at +%v", calls, test.want)
				}
			})
		})
	}
}

// A receiver that asks for time is left alone with all its deliveries, and
// those that were not attempted meanwhile have lost no attempt.
func TestRetryAfterHoldsTheReceiver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := newMemory()
		begin := time.Now()
		throttle := &fake{answer: func(context.Context, notify.Delivery) error {
			if time.Since(begin) < time.Hour {
				return notify.RetryAfter(errDown, time.Hour)
			}
			return nil
		}}
		other := new(fake)
		for i := range 50 {
			box.add("busy", fmt.Sprintf("d%02d", i), 0)
		}
		box.add("other", "x", 30*time.Minute)
		d, stop := start(t, notify.DispatcherOptions{Outbox: box, Receivers: []notify.Receiver{
			{Name: "busy", Notifier: throttle, Concurrency: 2}, {Name: "other", Notifier: other},
		}})
		time.Sleep(20 * time.Minute)
		box.add("busy", "late", 0)
		d.Wake("busy")
		time.Sleep(100 * time.Minute)
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		for i, c := range throttle.attempts() {
			if i >= 2 && c.at.Sub(begin) < time.Hour {
				t.Errorf("attempt %d at +%v, before the hour has passed", i+1, c.at.Sub(begin))
			}
			if i >= 2 && c.id != "d00" && c.id != "d01" && c.attempts != 0 {
				t.Errorf("delivery %s lost an attempt", c.id)
			}
		}
		for _, o := range box.outcomes {
			if o.ID == "late" && o.Uncounted {
				t.Error("a delivery was taken from the outbox while its receiver was to be left alone")
			}
		}
		if n := box.states()[notify.Delivered]; n != 52 {
			t.Errorf("%d of 52 delivered", n)
		}
		if at := other.attempts()[0].at.Sub(begin); at != 30*time.Minute {
			t.Errorf("the other receiver heard at +%v, want +30m", at)
		}
	})
}

func TestPermanentFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := newMemory()
		gone := &fake{answer: func(context.Context, notify.Delivery) error {
			return fmt.Errorf("post webhook: %w", notify.Permanent(errors.New("answered 410")))
		}}
		box.add("desk", "d1", 0)
		_, stop := start(t, notify.DispatcherOptions{
			Outbox: box, Receivers: []notify.Receiver{{Name: "desk", Notifier: gone}},
		})
		time.Sleep(24 * time.Hour)
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		if d := box.get("d1"); d.State != notify.Dead || d.Attempts != 1 || d.LastError != "post webhook: answered 410" {
			t.Errorf("in the end: %+v", d)
		}
	})
}

func TestPanicIsTheDeliverysError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := newMemory()
		bad := &fake{answer: func(_ context.Context, d notify.Delivery) error {
			if d.ID == "bad" && d.Attempts == 0 {
				panic("index out of range")
			}
			return nil
		}}
		box.add("desk", "bad", 0)
		box.add("desk", "good", 0)
		log := new(strings.Builder)
		_, stop := start(t, notify.DispatcherOptions{
			Outbox: box, Receivers: []notify.Receiver{{Name: "desk", Notifier: bad, Concurrency: 1}}, Logger: textLogger(log),
		})
		time.Sleep(time.Second)
		if d := box.get("bad"); d.State != notify.Pending || d.Attempts != 1 || !strings.Contains(d.LastError, "index out of range") {
			t.Errorf("after the panic: %+v", d)
		}
		time.Sleep(time.Minute)
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		if n := box.states()[notify.Delivered]; n != 2 {
			t.Errorf("%d of 2 delivered", n)
		}
		if !strings.Contains(log.String(), "dispatcher_test.go") {
			t.Errorf("the log does not say where it happened:\n%s", log)
		}
	})
}

func TestHangingReceiverDelaysNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := newMemory()
		dead, well := &fake{answer: hang}, new(fake)
		d, stop := start(t, notify.DispatcherOptions{Outbox: box, Receivers: []notify.Receiver{
			{Name: "dead", Notifier: dead}, {Name: "well", Notifier: well},
		}})
		var due []time.Time
		for i := range 200 {
			box.add("dead", fmt.Sprintf("dead-%03d", i), 0)
			box.add("well", fmt.Sprintf("well-%03d", i), 0)
			due = append(due, time.Now())
			d.Wake("dead", "well")
			time.Sleep(time.Second)
		}
		for i, c := range well.attempts() {
			if !c.at.Equal(due[i]) {
				t.Errorf("delivery %d made %v late", i, c.at.Sub(due[i]))
			}
		}
		if n := box.inHand(); n > 4*8 {
			t.Errorf("%d deliveries in hand at a concurrency of 8", n)
		}
		if n := box.states()[notify.Delivered]; n != 200 {
			t.Errorf("%d of 200 delivered to the receiver that is well", n)
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		if dead.most != 8 {
			t.Errorf("%d attempts at a time to the one that hangs, want 8", dead.most)
		}
	})
}

func TestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := newMemory()
		box.add("desk", "d1", 0)
		begin := time.Now()
		_, stop := start(t, notify.DispatcherOptions{Outbox: box, Receivers: []notify.Receiver{
			{Name: "desk", Notifier: &fake{answer: hang}},
		}})
		time.Sleep(31 * time.Second)
		d := box.get("d1")
		if d.Attempts != 1 || !strings.HasPrefix(d.LastError, "cut off after 30s") || d.LastAttempt.Sub(begin) != 30*time.Second {
			t.Errorf("after 31 s: %+v", d)
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestConcurrencyBound(t *testing.T) {
	for _, bound := range []int{1, 3, 8} {
		synctest.Test(t, func(t *testing.T) {
			box := newMemory()
			box.settling = time.Millisecond
			slow := &fake{answer: func(context.Context, notify.Delivery) error {
				time.Sleep(time.Second)
				return nil
			}}
			var want []string
			for i := range 48 {
				id := fmt.Sprintf("d%02d", i)
				box.add("desk", id, time.Duration(i)-time.Hour)
				want = append(want, id)
			}
			begin := time.Now()
			sum, err := notify.NewDispatcher(notify.DispatcherOptions{Outbox: box, Receivers: []notify.Receiver{
				{Name: "desk", Notifier: slow, Concurrency: bound},
			}}).DispatchDue(t.Context())
			if err != nil || sum.Delivered != 48 {
				t.Fatalf("%+v, %v", sum, err)
			}
			if slow.most != bound {
				t.Errorf("%d attempts at a time, want %d", slow.most, bound)
			}
			// The next attempt does not wait for the disk.
			ideal := time.Duration(48/bound) * time.Second
			if took := time.Since(begin); took < ideal || took > ideal+10*time.Millisecond {
				t.Errorf("took %v, want %v", took, ideal)
			}
			if bound == 1 && !slices.Equal(slow.ids(), want) {
				t.Errorf("order %v, want longest due first", slow.ids())
			}
		})
	}
}

func TestWakeUpsAreNotLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := newMemory()
		desk := new(fake)
		d := notify.NewDispatcher(notify.DispatcherOptions{Outbox: box, Receivers: []notify.Receiver{{Name: "desk", Notifier: desk}}})
		d.Wake("desk", "nobody") // before Run, and for somebody it does not know
		ctx, cancel := context.WithCancel(t.Context())
		result := make(chan error, 1)
		go func() { result <- d.Run(ctx) }()
		for i := range 500 {
			// Steps of different lengths hit every state of the loop.
			time.Sleep(time.Duration(i%7) * time.Millisecond)
			box.add("desk", fmt.Sprintf("d%04d", i), 0)
			d.Wake("desk")
		}
		time.Sleep(time.Millisecond)
		if n := box.states()[notify.Delivered]; n != 500 {
			t.Errorf("%d of 500 delivered", n)
		}
		cancel()
		if err := <-result; err != nil {
			t.Fatal(err)
		}
	})
}

// A wake-up counts that comes while the dispatcher waits for its turn with
// what it has already taken.
func TestWakeUpWhileBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := newMemory()
		slow := &fake{answer: func(context.Context, notify.Delivery) error {
			time.Sleep(time.Second)
			return nil
		}}
		box.add("desk", "d0", 0)
		box.add("desk", "d1", 0)
		begin := time.Now()
		d, stop := start(t, notify.DispatcherOptions{Outbox: box, Receivers: []notify.Receiver{
			{Name: "desk", Notifier: slow, Concurrency: 1},
		}})
		time.Sleep(time.Second / 2)
		box.add("desk", "d2", 0)
		d.Wake("desk")
		time.Sleep(10 * time.Second)
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		calls := slow.attempts()
		if len(calls) != 3 || calls[2].at.Sub(begin) != 2*time.Second {
			t.Errorf("attempts %v, want the third at +2s", calls)
		}
	})
}

// The outbox is asked when there is a reason, and once a minute.
func TestNoBusyLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := newMemory()
		down := &fake{answer: func(context.Context, notify.Delivery) error { return errDown }}
		for i := range 5 {
			box.add("down", fmt.Sprintf("d%d", i), 0)
		}
		box.add("idle", "x", 100*time.Hour)
		_, stop := start(t, notify.DispatcherOptions{Outbox: box, Receivers: []notify.Receiver{
			{Name: "down", Notifier: down}, {Name: "idle", Notifier: new(fake)}, {Name: "hung", Notifier: &fake{answer: hang}},
		}})
		const minutes = 90 * 60
		time.Sleep(minutes * time.Minute)
		if n := box.askedOf("idle"); n < minutes || n > minutes+10 {
			t.Errorf("asked %d times for the idle receiver in %d minutes", n, minutes)
		}
		if n := box.askedOf("down"); n > minutes+2*len(down.attempts())+10 {
			t.Errorf("asked %d times for %d attempts in %d minutes", n, len(down.attempts()), minutes)
		}
		if n := len(down.attempts()); n != 50 {
			t.Errorf("%d attempts, want 50", n)
		}
		before := box.askedOf("hung")
		for i := range 32 { // as many as it takes in hand
			box.add("hung", fmt.Sprintf("h%02d", i), 0)
		}
		time.Sleep(61 * time.Second)
		if n := box.askedOf("hung") - before; n > 12 {
			t.Errorf("asked %d times in a minute for a receiver that hangs", n)
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
	})
}

// A store whose clock was set tells other times from one call to the next; the
// dispatcher finds out within a minute without being told.
func TestTimesThatMove(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := newMemory()
		desk := new(fake)
		box.add("desk", "d1", 10*time.Hour)
		_, stop := start(t, notify.DispatcherOptions{Outbox: box, Receivers: []notify.Receiver{{Name: "desk", Notifier: desk}}})
		time.Sleep(90 * time.Second)
		box.add("desk", "d1", 0)
		time.Sleep(time.Minute)
		if n := len(desk.attempts()); n != 1 {
			t.Errorf("%d attempts within a minute of the change, want 1", n)
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
	})
}

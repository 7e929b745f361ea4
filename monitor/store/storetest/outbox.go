package storetest

import (
	"errors"
	"slices"
	"time"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/store"
	"github.com/copytaster/copytaster/notify"
)

// alerted syncs a feed and stores n articles, one a second, each with an alert
// of "rule" to the receivers.
func (w *world) alerted(n int, receivers ...string) feeds.FeedID {
	w.Helper()
	id := w.sync(Subscription("https://a.example/"))[0]
	for i := range n {
		p := w.read(id, Article(i))
		AddAlert(p, 0, "rule", receivers...)
		w.commit(p)
		w.after(time.Second)
	}
	return id
}

// take takes due deliveries and compares the titles of their articles.
func (w *world) take(receiver string, limit int, want []int, next time.Time) []notify.Delivery {
	w.Helper()
	due, got, err := w.Due(w.ctx, receiver, w.now, limit)
	w.ok(err)
	var titles, wanted []string
	for _, d := range due {
		titles = append(titles, d.Alert.Article.Title)
	}
	for _, i := range want {
		wanted = append(wanted, Article(i).Title)
	}
	if !slices.Equal(titles, wanted) {
		w.Errorf("due: %q, want %q", titles, wanted)
	}
	if !got.Equal(next) {
		w.Errorf("the next delivery is due at %v, want %v", got, next)
	}
	return due
}

func (w *world) settle(o notify.Outcome) {
	w.Helper()
	w.ok(w.Settle(w.ctx, o))
}

var outboxTests = []test{
	{"each is handed out once, longest due first", func(w *world) {
		w.alerted(5, "desk")
		w.take("nobody", 10, nil, time.Time{})
		w.take("desk", 0, nil, start)
		w.take("desk", 2, []int{0, 1}, start.Add(2*time.Second))
		w.take("desk", 2, []int{2, 3}, start.Add(4*time.Second))
		w.now = start.Add(4*time.Second - time.Millisecond)
		w.take("desk", 2, nil, start.Add(4*time.Second))
		w.after(time.Millisecond)
		w.take("desk", 2, []int{4}, time.Time{})
		w.take("desk", 2, nil, time.Time{})
		w.reopen()
		w.take("desk", 9, []int{0, 1, 2, 3, 4}, time.Time{})
	}},
	{"receivers do not mix", func(w *world) {
		w.alerted(2, "desk", "des", "desk2")
		w.take("desk", 9, []int{0, 1}, time.Time{})
		w.take("desk2", 9, []int{0, 1}, time.Time{})
		w.take("des", 1, []int{0}, start.Add(time.Second))
	}},
	{"delivered", func(w *world) {
		w.alerted(1, "desk")
		d := w.take("desk", 9, []int{0}, time.Time{})[0]
		at := w.now.Add(time.Second)
		w.settle(notify.Outcome{ID: d.ID, State: notify.Delivered, At: at})
		d.State, d.Attempts, d.LastAttempt, d.Delivered, d.Next = notify.Delivered, 1, at, at, time.Time{}
		w.equal(w.deliveries(store.DeliveryQuery{}), []notify.Delivery{d})
		w.take("desk", 9, nil, time.Time{})
		w.reopen()
		w.take("desk", 9, nil, time.Time{})
		w.equal(w.deliveries(store.DeliveryQuery{}), []notify.Delivery{d})
		if err := w.Settle(w.ctx, notify.Outcome{ID: d.ID, State: notify.Pending, At: at, Next: at}); err == nil {
			w.Error("what was delivered became pending by a second outcome")
		}
	}},
	{"tried again, then given up", func(w *world) {
		w.alerted(1, "desk")
		d := w.take("desk", 9, []int{0}, time.Time{})[0]
		for i := range 3 {
			at := w.now
			next := at.Add(time.Duration(i+1) * time.Minute)
			w.settle(notify.Outcome{ID: d.ID, State: notify.Pending, At: at, Next: next, Error: "503"})
			d.Attempts, d.LastAttempt, d.Next, d.LastError = i+1, at, next, "503"
			w.equal(w.deliveries(store.DeliveryQuery{}), []notify.Delivery{d})
			w.take("desk", 9, nil, next)
			if i == 1 {
				w.reopen()
			}
			w.now = next
			w.equal(w.take("desk", 9, []int{0}, time.Time{}), []notify.Delivery{d})
		}
		w.settle(notify.Outcome{ID: d.ID, State: notify.Dead, At: w.now, Error: "410"})
		d.State, d.Attempts, d.LastAttempt, d.LastError, d.Next = notify.Dead, 4, w.now, "410", time.Time{}
		w.equal(w.deliveries(store.DeliveryQuery{}), []notify.Delivery{d})
		w.take("desk", 9, nil, time.Time{})
	}},
	{"an attempt that was none", func(w *world) {
		w.alerted(1, "desk")
		d := w.take("desk", 9, []int{0}, time.Time{})[0]
		w.settle(notify.Outcome{ID: d.ID, State: notify.Pending, At: w.now, Next: w.now, Error: "503"})
		d = w.take("desk", 9, []int{0}, time.Time{})[0]
		next := w.now.Add(time.Hour)
		w.settle(notify.Outcome{ID: d.ID, State: notify.Pending, At: w.now.Add(time.Second), Next: next, Error: "stopped", Uncounted: true})
		d.Next = next
		w.equal(w.deliveries(store.DeliveryQuery{}), []notify.Delivery{d})
		w.take("desk", 9, nil, next)
	}},
	{"nobody knows the id", func(w *world) {
		for _, id := range []string{"", "x", "01ARZ3NDEKTSV4RRFFQ69G5FAV"} {
			if err := w.Settle(w.ctx, notify.Outcome{ID: id, State: notify.Delivered, At: w.now}); !errors.Is(err, store.ErrNotFound) {
				w.Errorf("settle %q: %v, want ErrNotFound", id, err)
			}
		}
		w.alerted(1, "desk")
		d := w.take("desk", 9, []int{0}, time.Time{})[0]
		if err := w.Settle(w.ctx, notify.Outcome{ID: d.ID, State: "lost", At: w.now}); err == nil {
			w.Error("an unknown state was taken")
		}
	}},
	{"a late outcome of a former process counts", func(w *world) {
		w.alerted(1, "desk")
		d := w.take("desk", 9, []int{0}, time.Time{})[0]
		w.reopen()
		w.settle(notify.Outcome{ID: d.ID, State: notify.Delivered, At: w.now})
		w.take("desk", 9, nil, time.Time{})
	}},
	{"a receiver is told once of each alert", func(w *world) {
		w.alerted(1, "desk", "phone", "desk")
		w.equal(len(w.deliveries(store.DeliveryQuery{Receiver: "desk"})), 1)
	}},
}

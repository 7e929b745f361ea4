package storetest

import (
	"maps"
	"slices"
	"time"

	"github.com/copytaster/copytaster/monitor/store"
	"github.com/copytaster/copytaster/notify"
)

// wantDepth compares what is pending.
func (w *world) wantDepth(want map[string]int, oldest time.Time) {
	w.Helper()
	got, at, err := w.Depth(w.ctx)
	w.ok(err)
	if !maps.Equal(got, want) || !at.Equal(oldest) {
		w.Errorf("depth %v since %v, want %v since %v", got, at, want, oldest)
	}
}

// wantDeliveries compares ids.
func (w *world) wantDeliveries(q store.DeliveryQuery, want []notify.Delivery) {
	w.Helper()
	var got, ids []string
	for _, d := range w.deliveries(q) {
		got = append(got, d.ID)
	}
	for _, d := range want {
		ids = append(ids, d.ID)
	}
	if !slices.Equal(got, ids) {
		w.Errorf("query %+v: got %v, want %v", q, got, ids)
	}
}

// mixed stores 60 alerts, one a second, in turns of the rules "a" and "b" and
// to the receivers "desk" and "phone", and settles two thirds of the
// deliveries. It returns them all, newest first.
func (w *world) mixed() []notify.Delivery {
	w.Helper()
	id := w.sync(Subscription("https://a.example/"))[0]
	for i := range 60 {
		p := w.read(id, Article(i))
		AddAlert(p, 0, string("ab"[i%2]), []string{"desk", "phone", "phone"}[i%3])
		w.commit(p)
		w.after(time.Second)
	}
	for _, receiver := range []string{"desk", "phone"} {
		due, _, err := w.Due(w.ctx, receiver, w.now, 100)
		w.ok(err)
		for i, d := range due {
			o := notify.Outcome{ID: d.ID, State: []notify.State{notify.Delivered, notify.Dead, notify.Pending}[i%3], At: w.now}
			if o.State != notify.Delivered {
				o.Error, o.Next = "500", w.now.Add(time.Hour)
			}
			w.settle(o)
		}
	}
	all := w.deliveries(store.DeliveryQuery{Limit: 1000})
	w.equal(len(all), 60)
	return all
}

var ledgerTests = []test{
	{"nothing", func(w *world) {
		w.wantDeliveries(store.DeliveryQuery{}, nil)
		w.wantDepth(map[string]int{}, time.Time{})
		n, err := w.Replay(w.ctx, store.DeliveryQuery{}, w.now)
		w.ok(err)
		w.equal(n, 0)
	}},
	{"conditions", func(w *world) {
		all := w.mixed()
		where := func(fits func(d notify.Delivery) bool) []notify.Delivery {
			return slices.DeleteFunc(slices.Clone(all), func(d notify.Delivery) bool { return !fits(d) })
		}
		check := func() {
			w.Helper()
			w.equal(w.deliveries(store.DeliveryQuery{Limit: 1000}), all)
			w.wantDeliveries(store.DeliveryQuery{}, all[:50])
			w.wantDeliveries(store.DeliveryQuery{Limit: 3}, all[:3])
			for _, st := range []notify.State{notify.Pending, notify.Delivered, notify.Dead} {
				w.wantDeliveries(store.DeliveryQuery{State: st}, where(func(d notify.Delivery) bool { return d.State == st }))
			}
			w.wantDeliveries(store.DeliveryQuery{Receiver: "phone"}, where(func(d notify.Delivery) bool { return d.Receiver == "phone" }))
			w.wantDeliveries(store.DeliveryQuery{Rule: "b"}, where(func(d notify.Delivery) bool { return d.Alert.Rule.Name == "b" }))
			w.wantDeliveries(store.DeliveryQuery{Rule: "c"}, nil)
			w.wantDeliveries(store.DeliveryQuery{Rule: "a", Receiver: "desk", State: notify.Dead}, where(func(d notify.Delivery) bool {
				return d.Alert.Rule.Name == "a" && d.Receiver == "desk" && d.State == notify.Dead
			}))
			from, to := start.Add(10*time.Second), start.Add(20*time.Second)
			w.wantDeliveries(store.DeliveryQuery{Since: from, Until: to}, where(func(d notify.Delivery) bool {
				return !d.Created.Before(from) && d.Created.Before(to)
			}))
			w.wantDeliveries(store.DeliveryQuery{Until: start}, nil)
			w.wantDeliveries(store.DeliveryQuery{Before: all[20].ID, Limit: 7}, all[21:28])
			w.wantDeliveries(store.DeliveryQuery{ID: all[20].ID}, all[20:21])
			w.wantDeliveries(store.DeliveryQuery{ID: all[20].ID, Receiver: all[20].Receiver, Rule: all[20].Alert.Rule.Name, State: all[20].State}, all[20:21])
			w.wantDeliveries(store.DeliveryQuery{ID: all[20].ID, Receiver: "x"}, nil)
			w.wantDeliveries(store.DeliveryQuery{ID: all[20].ID, Before: all[20].ID}, nil)
			w.wantDeliveries(store.DeliveryQuery{ID: all[20].Alert.ID}, nil)
			w.wantDeliveries(store.DeliveryQuery{ID: "x"}, nil)
			pending := where(func(d notify.Delivery) bool { return d.State == notify.Pending })
			depth := make(map[string]int)
			for _, d := range pending {
				depth[d.Receiver]++
			}
			w.wantDepth(depth, pending[len(pending)-1].Created)
		}
		check()
		w.reopen()
		check()
		if _, err := w.Deliveries(w.ctx, store.DeliveryQuery{State: "lost"}); err == nil {
			w.Error("an unknown state was taken")
		}
		if _, err := w.Deliveries(w.ctx, store.DeliveryQuery{Before: "x"}); err == nil {
			w.Error("Before took what is no id")
		}
	}},
	{"replay", func(w *world) {
		all := w.mixed()
		w.after(time.Hour)
		n, err := w.Replay(w.ctx, store.DeliveryQuery{State: notify.Dead, Receiver: "phone"}, w.now)
		w.ok(err)
		replayed := 0
		for i := range all {
			if d := &all[i]; d.State == notify.Dead && d.Receiver == "phone" {
				// Settled here: what the last attempt met stays on record.
				d.State, d.Attempts, d.Next = notify.Pending, 0, w.now
				replayed++
			}
		}
		w.equal(n, replayed)
		w.equal(w.deliveries(store.DeliveryQuery{Limit: 100}), all)
		w.reopen()
		w.equal(w.deliveries(store.DeliveryQuery{Limit: 100}), all)
		due, _, err := w.Due(w.ctx, "phone", w.now, 100)
		w.ok(err)
		pending := 0
		for _, d := range all {
			if d.Receiver == "phone" && d.State == notify.Pending {
				pending++
			}
		}
		w.equal(len(due), pending)
	}},
	{"replay of what was delivered, by id, and of a few", func(w *world) {
		w.alerted(3, "desk")
		due := w.take("desk", 9, []int{0, 1, 2}, time.Time{})
		for _, d := range due {
			w.settle(notify.Outcome{ID: d.ID, State: notify.Delivered, At: w.now})
		}
		w.wantDepth(map[string]int{}, time.Time{})
		n, err := w.Replay(w.ctx, store.DeliveryQuery{ID: due[1].ID}, w.now)
		w.ok(err)
		w.equal(n, 1)
		w.wantDepth(map[string]int{"desk": 1}, due[1].Created)
		again := w.take("desk", 9, []int{1}, time.Time{})
		w.equal(again[0].ID, due[1].ID)
		w.equal(again[0].Delivered, time.Time{})
		w.equal(again[0].Attempts, 0)
		w.settle(notify.Outcome{ID: due[1].ID, State: notify.Dead, At: w.now, Error: "x"})
		n, err = w.Replay(w.ctx, store.DeliveryQuery{Limit: 2}, w.now)
		w.ok(err)
		w.equal(n, 2)
		w.take("desk", 9, []int{1, 2}, time.Time{})
	}},
	{"replay leaves alone what is in hand", func(w *world) {
		w.alerted(3, "desk")
		d := w.take("desk", 1, []int{0}, start.Add(time.Second))[0]
		w.after(time.Hour)
		n, err := w.Replay(w.ctx, store.DeliveryQuery{}, w.now)
		w.ok(err)
		w.equal(n, 2)
		w.equal(w.deliveries(store.DeliveryQuery{ID: d.ID}), []notify.Delivery{d})
		w.take("desk", 9, []int{1, 2}, time.Time{})
	}},
	{"more than one step", func(w *world) {
		id := w.sync(Subscription("https://a.example/"))[0]
		p := w.read(id, Articles(0, 300)...)
		for i := range p.Entries {
			AddAlert(p, i, "rule", "desk", "phone")
		}
		w.commit(p)
		w.equal(len(w.deliveries(store.DeliveryQuery{Limit: 5000})), 600)
		w.equal(len(w.deliveries(store.DeliveryQuery{Limit: 5000, Receiver: "phone"})), 300)
		w.equal(len(w.articles(store.Query{Limit: 5000, Matched: true})), 300)
		n, err := w.Replay(w.ctx, store.DeliveryQuery{Receiver: "desk"}, w.now.Add(time.Hour))
		w.ok(err)
		w.equal(n, 300)
		w.wantDepth(map[string]int{"desk": 300, "phone": 300}, w.now)
	}},
}

package storetest

import (
	"slices"
	"time"

	"github.com/copytaster/copytaster/monitor/store"
	"github.com/copytaster/copytaster/notify"
)

func (r *modelRun) doDue() {
	receiver, limit := []string{"desk", "phone"}[r.IntN(2)], r.IntN(4)
	due, next, err := r.Due(r.ctx, receiver, r.now, limit)
	r.ok(err)
	waiting := func() (list []*modelDelivery) {
		for _, d := range r.m.deliveries {
			if d.Receiver == receiver && d.State == notify.Pending && !d.hand {
				list = append(list, d)
			}
		}
		slices.SortFunc(list, func(a, b *modelDelivery) int { return a.Next.Compare(b.Next) })
		return list
	}
	for _, d := range due {
		want := r.m.deliveries[d.ID]
		if want == nil || want.hand || want.Next.After(r.now) || want.Next.After(waiting()[0].Next) {
			r.Errorf("delivery %s of %v was not the next to hand out", d.ID, d.Next)
			return
		}
		r.equal(d, want.Delivery)
		want.hand = true
	}
	var first time.Time
	if left := waiting(); len(left) > 0 {
		first = left[0].Next
		if len(due) < limit && !first.After(r.now) {
			r.Errorf("delivery %s was not handed out", left[0].ID)
		}
	}
	if !next.Equal(first) {
		r.Errorf("the next delivery is due at %v, want %v", next, first)
	}
}

// delivery returns any delivery that fits, in an order that the seed decides.
func (r *modelRun) delivery(fits func(*modelDelivery) bool) *modelDelivery {
	var list []*modelDelivery
	for _, d := range r.m.ledger(store.DeliveryQuery{Limit: 1 << 30}) {
		if fits(r.m.deliveries[d.ID]) {
			list = append(list, r.m.deliveries[d.ID])
		}
	}
	if len(list) == 0 {
		return nil
	}
	return list[r.IntN(len(list))]
}

func (r *modelRun) doSettle() {
	d := r.delivery(func(d *modelDelivery) bool { return d.hand })
	if d == nil {
		return
	}
	o := notify.Outcome{ID: d.ID, At: r.now}
	switch r.IntN(4) {
	case 0:
		o.State = notify.Delivered
		d.Delivered, d.Next = r.now, time.Time{}
	case 1:
		o.State, o.Error = notify.Dead, "410"
		d.Next = time.Time{}
	default:
		o.State, o.Error, o.Uncounted = notify.Pending, "503", r.IntN(3) == 0
		o.Next = r.now.Add(r.duration(time.Hour))
		d.Next, d.since = o.Next, r.now
	}
	r.settle(o)
	d.State, d.hand = o.State, false
	if !o.Uncounted {
		d.Attempts++
		d.LastAttempt, d.LastError = r.now, o.Error
	}
}

func (r *modelRun) deliveryQuery() store.DeliveryQuery {
	q := store.DeliveryQuery{Limit: r.IntN(20)}
	if r.IntN(2) == 0 {
		q.State = []notify.State{notify.Pending, notify.Delivered, notify.Dead}[r.IntN(3)]
	}
	if r.IntN(3) == 0 {
		q.Receiver = []string{"desk", "phone"}[r.IntN(2)]
	}
	if r.IntN(3) == 0 {
		q.Rule = []string{"a", "b"}[r.IntN(2)]
	}
	any := func(*modelDelivery) bool { return true }
	if d := r.delivery(any); d != nil && r.IntN(3) == 0 {
		q.Since = d.Created
	}
	if d := r.delivery(any); d != nil && r.IntN(3) == 0 {
		q.Until = d.Created
	}
	if d := r.delivery(any); d != nil && r.IntN(4) == 0 {
		q.Before = d.ID
	}
	if d := r.delivery(any); d != nil && r.IntN(8) == 0 {
		q.ID = d.ID
	}
	return q
}

func (r *modelRun) doDeliveries() {
	q := r.deliveryQuery()
	r.equal(r.deliveries(q), r.m.ledger(q))
}

func (r *modelRun) doReplay() {
	q := r.deliveryQuery()
	q.Limit = 0
	got, err := r.Replay(r.ctx, q, r.now)
	r.ok(err)
	q.Limit = 1 << 30
	want := 0
	for _, d := range r.m.ledger(q) {
		if d := r.m.deliveries[d.ID]; !d.hand {
			d.State, d.Attempts, d.Next, d.Delivered, d.since = notify.Pending, 0, r.now, time.Time{}, r.now
			want++
		}
	}
	r.equal(got, want)
}

func (r *modelRun) doDepth() {
	want := make(map[string]int)
	var oldest time.Time
	for _, d := range r.m.deliveries {
		if d.State == notify.Pending {
			want[d.Receiver]++
			if oldest.IsZero() || d.Created.Before(oldest) {
				oldest = d.Created
			}
		}
	}
	r.wantDepth(want, oldest)
}

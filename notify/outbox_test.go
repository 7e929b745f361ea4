package notify_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/copytaster/copytaster/notify"
)

// memory is an outbox of plain maps.
type memory struct {
	mu         sync.Mutex
	deliveries map[string]notify.Delivery
	taken      map[string]bool
	outcomes   []notify.Outcome
	asked      map[string]int // calls of Due by receiver
	dueErr     error
	settleErr  error
	settling   time.Duration // how long Settle takes
}

func newMemory() *memory {
	return &memory{
		deliveries: make(map[string]notify.Delivery),
		taken:      make(map[string]bool),
		asked:      make(map[string]int),
	}
}

// add records a pending delivery that is due after the given time.
func (m *memory) add(receiver, id string, after time.Duration) {
	now := time.Now().UTC()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.deliveries[id] = notify.Delivery{
		ID: id, Receiver: receiver, State: notify.Pending, Created: now, Next: now.Add(after),
		Alert: &notify.Alert{ID: "alert-" + id, Type: notify.ArticleMatched, Time: now},
	}
}

func (m *memory) Due(ctx context.Context, receiver string, now time.Time, limit int) (due []notify.Delivery, next time.Time, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked[receiver]++
	if err := cmp.Or(ctx.Err(), m.dueErr); err != nil {
		return nil, time.Time{}, err
	}
	if limit < 1 {
		return nil, time.Time{}, fmt.Errorf("limit is %d", limit)
	}
	all := slices.SortedFunc(maps.Values(m.deliveries), func(a, b notify.Delivery) int {
		return cmp.Or(a.Next.Compare(b.Next), cmp.Compare(a.ID, b.ID))
	})
	for _, d := range all {
		switch {
		case d.Receiver != receiver || d.State != notify.Pending || m.taken[d.ID]:
		case len(due) < limit && !d.Next.After(now):
			m.taken[d.ID] = true
			due = append(due, d)
		case next.IsZero():
			next = d.Next
		}
	}
	return due, next, nil
}

func (m *memory) Settle(ctx context.Context, o notify.Outcome) error {
	if m.settling > 0 {
		time.Sleep(m.settling)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := cmp.Or(ctx.Err(), m.settleErr); err != nil {
		return err
	}
	d, ok := m.deliveries[o.ID]
	if !ok || !m.taken[o.ID] {
		return fmt.Errorf("delivery %s is in nobody's hands", o.ID)
	}
	delete(m.taken, o.ID)
	m.outcomes = append(m.outcomes, o)
	d.State, d.Next, d.LastAttempt, d.LastError = o.State, o.Next, o.At, o.Error
	if !o.Uncounted {
		d.Attempts++
	}
	if o.State == notify.Delivered {
		d.Delivered = o.At
	}
	m.deliveries[o.ID] = d
	return nil
}

// reopen forgets who has which delivery in hand, as a restart does.
func (m *memory) reopen() {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.taken)
}

func (m *memory) get(id string) notify.Delivery {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.deliveries[id]
}

// states counts the deliveries by state.
func (m *memory) states() map[notify.State]int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := make(map[notify.State]int)
	for _, d := range m.deliveries {
		n[d.State]++
	}
	return n
}

func (m *memory) inHand() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.taken)
}

func (m *memory) askedOf(receiver string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.asked[receiver]
}

// attempt is one call of a fake notifier.
type attempt struct {
	id       string
	attempts int
	at       time.Time
}

// fake is a notifier that notes its attempts and answers as told.
type fake struct {
	mu     sync.Mutex
	calls  []attempt
	active int
	most   int // attempts under way at the same time, at most
	answer func(ctx context.Context, d notify.Delivery) error
}

func (f *fake) Notify(ctx context.Context, d notify.Delivery) error {
	f.mu.Lock()
	f.calls = append(f.calls, attempt{d.ID, d.Attempts, time.Now()})
	f.active++
	f.most = max(f.most, f.active)
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		f.active--
		f.mu.Unlock()
	}()
	if f.answer == nil {
		return nil
	}
	return f.answer(ctx, d)
}

func (f *fake) attempts() []attempt {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.calls)
}

// ids returns the ids of the attempts in order.
func (f *fake) ids() []string {
	var ids []string
	for _, a := range f.attempts() {
		ids = append(ids, a.id)
	}
	return ids
}

// start runs a dispatcher; stop ends it and returns what Run returned.
func start(t *testing.T, o notify.DispatcherOptions) (d *notify.Dispatcher, stop func() error) {
	t.Helper()
	d = notify.NewDispatcher(o)
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() { result <- d.Run(ctx) }()
	return d, func() error {
		cancel()
		return <-result
	}
}

// hang answers only when its context ends.
func hang(ctx context.Context, _ notify.Delivery) error {
	<-ctx.Done()
	return ctx.Err()
}

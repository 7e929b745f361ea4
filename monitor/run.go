package monitor

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
	"golang.org/x/sync/errgroup"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/store"
)

// Run polls feeds as they fall due until ctx ends, and then waits for the
// polls under way: those still fetching are given up and stay due, those that
// have their document are recorded. It returns nil then, and earlier only with
// an error of the store that makes going on pointless.
func (m *Monitor) Run(ctx context.Context) error {
	if err := m.sync(ctx); err != nil {
		return err
	}
	housekeeping := cron.New()
	for spec, keys := range map[string]bool{"@hourly": false, "@daily": true} {
		if _, err := housekeeping.AddFunc(spec, func() { m.prune(ctx, keys) }); err != nil {
			return err
		}
	}
	housekeeping.Start()
	defer func() { <-housekeeping.Stop().Done() }()

	defer m.beat.Store(0)
	return m.work(ctx, &dueSource{m: m, last: time.Now()}, func(Report) {})
}

// PollOnce polls the feeds with the given ids once, due or not, and calls
// report for each as it is done, one call at a time. A feed whose host asked
// to be left alone for now is reported with that as its error. Then it prunes
// the store, for those who never call Run.
func (m *Monitor) PollOnce(ctx context.Context, ids []feeds.FeedID, report func(Report)) error {
	if err := m.sync(ctx); err != nil {
		return err
	}
	src := &onceSource{m: m, ids: slices.Clone(ids)}
	if err := m.work(ctx, src, report); err != nil {
		return err
	}
	for _, id := range src.ids {
		if f := m.setup.Load().feeds[id]; f != nil && ctx.Err() == nil {
			report(Report{Feed: f, Err: errHostWaits})
		}
	}
	// To look through all keys takes a while in a large store, and it does not
	// matter when one is forgotten.
	m.prune(ctx, rand.IntN(50) == 0)
	return ctx.Err()
}

var errHostWaits = errors.New("not polled: the host asked to be left alone for now, or the feed is being polled already")

// source hands out leases.
type source interface {
	// claim returns at most limit leases, and when to ask again if no poll
	// ends before; done means that nothing more will come.
	claim(ctx context.Context, limit int) (leases []store.Lease, again time.Time, done bool, err error)
}

// work keeps up to o.Workers polls going with what src hands out.
func (m *Monitor) work(ctx context.Context, src source, report func(Report)) error {
	g, gctx := errgroup.WithContext(ctx)
	leases := make(chan store.Lease)
	ended := make(chan Report, m.fixed.Workers)
	for range m.fixed.Workers {
		g.Go(func() error {
			for l := range leases {
				r, err := m.poll(gctx, l)
				ended <- r
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	g.Go(func() error {
		defer close(leases)
		running := 0
		finish := func(r Report) {
			running--
			report(r)
		}
		for gctx.Err() == nil {
			m.beat.Store(time.Now().UnixMilli())
			var again time.Time
			if free := m.fixed.Workers - running; free > 0 {
				claimed, next, done, err := src.claim(gctx, free)
				if err != nil {
					if gctx.Err() != nil {
						break
					}
					return err
				}
				for _, l := range claimed {
					select {
					case leases <- l:
						running++
					case <-gctx.Done():
						m.giveBack(gctx, l)
					}
				}
				if done && running == 0 {
					return nil
				}
				again = next
			}
			wait := heartbeat
			if !again.IsZero() {
				wait = min(wait, max(time.Until(again), 0))
			}
			timer := time.NewTimer(wait)
			select {
			case r := <-ended:
				finish(r)
			case <-timer.C:
			case <-m.nudge:
			case <-gctx.Done():
			}
			timer.Stop()
			for len(ended) > 0 {
				finish(<-ended)
			}
		}
		for ; running > 0; running-- {
			report(<-ended)
		}
		return nil
	})
	return g.Wait()
}

// giveBack returns a lease whose poll did not come to a result, so that the
// feed is as due as it was. Nothing is lost if that fails: leases expire.
func (m *Monitor) giveBack(ctx context.Context, l store.Lease) {
	_ = m.fixed.Store.Release(context.WithoutCancel(ctx), l, l.State.Due)
}

// dueSource hands out the feeds that fall due.
type dueSource struct {
	m    *Monitor
	last time.Time
}

func (s *dueSource) claim(ctx context.Context, limit int) ([]store.Lease, time.Time, bool, error) {
	now := time.Now()
	if jump := clockJump(s.last, now); jump < -time.Second {
		s.m.fixed.Logger.Warn("the clock was set back; waits are kept", "by", -jump.Round(time.Second))
		if err := s.m.sync(ctx); err != nil {
			return nil, time.Time{}, false, err
		}
	} else if jump > time.Minute {
		s.m.fixed.Logger.Warn("the clock went forward or the machine slept; feeds that fell due are polled now", "by", jump.Round(time.Second))
	}
	s.last = now
	leases, next, err := s.m.claim(ctx, now, limit, nil)
	return leases, next, false, err
}

// clockJump returns by how much the wall clock moved between two readings
// beyond the time that passed.
func clockJump(last, now time.Time) time.Duration {
	return now.Round(0).Sub(last.Round(0)) - now.Sub(last)
}

// onceSource hands out certain feeds, each once.
type onceSource struct {
	m   *Monitor
	ids []feeds.FeedID // still to hand out
}

func (s *onceSource) claim(ctx context.Context, limit int) ([]store.Lease, time.Time, bool, error) {
	const window, windows = 512, 4
	var leases []store.Lease
	var again time.Time
	now := time.Now()
	// A few hosts with many feeds must not make every claim look at all of
	// them: a claim goes on where the last one stopped, and looks at everything
	// only when it has found nothing so far.
	asked := 0
	for i := 0; asked < len(s.ids) && len(leases) < limit && (i < windows || len(leases) == 0); i++ {
		n := min(window, len(s.ids)-asked)
		got, next, err := s.m.claim(ctx, now, limit-len(leases), s.ids[:n])
		if err != nil {
			return nil, time.Time{}, false, err
		}
		if !next.IsZero() && next.Before(now.Add(2*hostGap)) && (again.IsZero() || next.Before(again)) {
			again = next
		}
		taken := make(map[feeds.FeedID]bool, len(got))
		for _, l := range got {
			taken[l.Feed] = true
		}
		left := s.ids[n:]
		for _, id := range s.ids[:n] {
			if !taken[id] {
				left = append(left, id)
				asked++
			}
		}
		s.ids = left
		leases = append(leases, got...)
	}
	// With nothing claimed, and no host that merely rests, only the end of a
	// poll can free another feed.
	return leases, again, len(leases) == 0 && again.IsZero(), nil
}

// hostGap is the least time between the beginnings of two polls of one host.
const hostGap = 250 * time.Millisecond

// gap returns hostGap for hosts on the internet, and none for those that are
// named by a loopback or private address, and for files: whoever polls their
// own machines knows what they can take.
func gap(host string) time.Duration {
	if strings.HasPrefix(host, "file:") {
		return 0
	}
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	if name == "localhost" {
		return 0
	}
	if ip, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil && (ip.IsLoopback() || ip.IsPrivate()) {
		return 0
	}
	return hostGap
}

// claim leases feeds that are due, or those in only.
func (m *Monitor) claim(ctx context.Context, now time.Time, limit int, only []feeds.FeedID) ([]store.Lease, time.Time, error) {
	m.swap.RLock()
	defer m.swap.RUnlock()
	o := m.setup.Load()
	return m.fixed.Store.Claim(ctx, store.ClaimOptions{
		Now:     now,
		Limit:   limit,
		PerHost: o.PerHost,
		Gap:     gap,
		Lease:   2*o.Timeout + time.Minute,
		Only:    only,
	})
}

// rememberKeys is how long the identity of an article is kept after it was
// last seen in its feed: reappearances after most of a year were measured.
const rememberKeys = 366 * 24 * time.Hour

// prune forgets old articles and, if asked to, the keys of those long gone.
func (m *Monitor) prune(ctx context.Context, keys bool) {
	now := time.Now()
	var r store.Retention
	if keys {
		r.Keys = now.Add(-rememberKeys)
	}
	if keep := m.setup.Load().Retention; keep > 0 {
		r.Articles = now.Add(-keep)
	}
	pruned, err := m.fixed.Store.Prune(ctx, r)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		m.fixed.Logger.Error("cannot prune the store; it is tried again later", "error", err)
	case pruned != (store.Pruned{}):
		m.fixed.Logger.Info("pruned the store", "articles", pruned.Articles, "keys", pruned.Keys, "deliveries", pruned.Deliveries)
	}
}

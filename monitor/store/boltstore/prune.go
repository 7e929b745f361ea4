package boltstore

import (
	"context"
	"fmt"

	"github.com/oklog/ulid/v2"
	"go.etcd.io/bbolt"

	"github.com/copytaster/copytaster/monitor/store"
)

// pruneStep is how many records one transaction forgets.
const pruneStep = 256

// Prune looks for what is old in read transactions and forgets a few hundred
// records in each write transaction.
func (s *Store) Prune(ctx context.Context, p store.Retention) (pruned store.Pruned, err error) {
	if err := s.enter(ctx); err != nil {
		return pruned, err
	}
	defer s.leave()
	if !p.Articles.IsZero() {
		pruned.Articles, err = s.pruneRow(ctx, &pruneArticles{cutoff: millis(p.Articles)})
		if pruned.Articles > 0 {
			s.revision.Add(1)
		}
		if err == nil {
			pruned.Deliveries, err = s.pruneRow(ctx, &pruneAlerts{cutoff: millis(p.Articles)})
		}
	}
	if err == nil && !p.Keys.IsZero() {
		for n := range s.sched.count() {
			if err != nil {
				break
			}
			err = s.pruneKeys(ctx, number(n), millis(p.Keys), &pruned.Keys)
		}
	}
	if err != nil {
		return pruned, fmt.Errorf("prune: %w", err)
	}
	return pruned, nil
}

// pruning is a write that forgets some of the oldest records of a bucket whose
// keys are ids.
type pruning interface {
	write
	// row returns the bucket, and before when what is in it is old.
	row() (_ bucket, cutoff int64)
	// old reports whether a record can be forgotten.
	old(tx *bbolt.Tx, id ulid.ULID, record []byte) (bool, error)
	// take sets what apply is to forget.
	take(ids []ulid.ULID)
	// forgotten returns how many records the last apply counted.
	forgotten() int
}

// pruneRow goes through the old end of a bucket.
func (s *Store) pruneRow(ctx context.Context, op pruning) (total int, err error) {
	row, cutoff := op.row()
	// Nothing older has a higher id.
	end := cutoff + s.group.current().skew
	for next, more := (ulid.ULID{}), true; more; {
		if err := ctx.Err(); err != nil {
			return total, err
		}
		var ids []ulid.ULID
		err := s.view(func(tx *bbolt.Tx) error {
			c := row.in(tx).Cursor()
			k, v := c.Seek(next[:])
			for range scanStep {
				if more = k != nil && timeOf(k) < end; !more || len(ids) == pruneStep {
					return nil
				}
				id := ulid.ULID(k)
				old, err := op.old(tx, id, v)
				if err != nil {
					return err
				}
				if old {
					ids = append(ids, id)
				}
				next = plus(id, 1)
				k, v = c.Next()
			}
			return nil
		})
		if err != nil {
			return total, err
		}
		if len(ids) == 0 {
			continue
		}
		op.take(ids)
		if err := s.submit(op); err != nil {
			return total, err
		}
		total += op.forgotten()
	}
	return total, nil
}

// pruneArticles forgets articles.
type pruneArticles struct {
	cutoff int64
	ids    []ulid.ULID
	count  int
}

func (op *pruneArticles) row() (bucket, int64) { return articles, op.cutoff }
func (op *pruneArticles) take(ids []ulid.ULID) { op.ids = ids }
func (op *pruneArticles) forgotten() int       { return op.count }
func (op *pruneArticles) order() (number, int) { return 0, 256 * len(op.ids) }
func (op *pruneArticles) settle(bool)          {}

func (op *pruneArticles) old(tx *bbolt.Tx, id ulid.ULID, record []byte) (bool, error) {
	h, _, err := splitArticle(id[:], record)
	if err != nil {
		return false, fmt.Errorf("article %s: %w", id, err)
	}
	if h.seen >= op.cutoff {
		return false, nil
	}
	_, m, known, err := primary(keys.in(tx), h.feed, h.key)
	standing := known && m.left == 0 && m.article == id
	return !standing, err
}

func (op *pruneArticles) apply(b *batch) error {
	op.count = 0
	for _, id := range op.ids {
		record := b.bucket(articles).Get(id[:])
		if record == nil {
			continue
		}
		// It may stand in a window again by now.
		if old, err := op.old(b.tx, id, record); err != nil || !old {
			if err != nil {
				return err
			}
			continue
		}
		h, _, err := splitArticle(id[:], record)
		if err != nil {
			return err
		}
		if len(h.rules) > 0 {
			if err := b.unindex(id, h.rules); err != nil {
				return err
			}
		}
		if err := b.bucket(byFeed).Delete(append(h.feed.key(), id[:]...)); err != nil {
			return err
		}
		if err := b.bucket(articles).Delete(id[:]); err != nil {
			return err
		}
		op.count++
	}
	return nil
}

// pruneAlerts forgets alerts with their settled deliveries.
type pruneAlerts struct {
	cutoff int64
	ids    []ulid.ULID
	count  int
}

func (op *pruneAlerts) row() (bucket, int64) { return alerts, op.cutoff }
func (op *pruneAlerts) take(ids []ulid.ULID) { op.ids = ids }
func (op *pruneAlerts) forgotten() int       { return op.count }
func (op *pruneAlerts) order() (number, int) { return 0, 256 * len(op.ids) }
func (op *pruneAlerts) settle(bool)          {}

// old is true also of an alert of which only some deliveries can be forgotten.
func (op *pruneAlerts) old(tx *bbolt.Tx, id ulid.ULID, record []byte) (bool, error) {
	h, _, err := splitAlert(id[:], record)
	if err != nil {
		return false, fmt.Errorf("alert %s: %w", id, err)
	}
	if h.at >= op.cutoff {
		return false, nil
	}
	left := false
	for place := range h.deliveries {
		d := plus(id, place+1)
		if settled.in(tx).Get(d[:]) != nil {
			return true, nil
		}
		left = left || pending.in(tx).Get(d[:]) != nil
	}
	return !left, nil
}

func (op *pruneAlerts) apply(b *batch) error {
	op.count = 0
	for _, id := range op.ids {
		record := b.bucket(alerts).Get(id[:])
		if record == nil {
			continue
		}
		h, _, err := splitAlert(id[:], record)
		if err != nil {
			return fmt.Errorf("alert %s: %w", id, err)
		}
		left := false
		for place := range h.deliveries {
			d := plus(id, place+1)
			switch {
			case b.bucket(pending).Get(d[:]) != nil:
				left = true
			case b.bucket(settled).Get(d[:]) != nil:
				if err := b.bucket(settled).Delete(d[:]); err != nil {
					return err
				}
				op.count++
			}
		}
		if left {
			continue
		}
		if err := b.bucket(alerts).Delete(id[:]); err != nil {
			return err
		}
	}
	return nil
}

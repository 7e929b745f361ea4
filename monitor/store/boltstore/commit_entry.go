package boltstore

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"github.com/oklog/ulid/v2"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/store"
	"github.com/copytaster/copytaster/notify"
)

// row is a key with its value on their way to a bucket.
type row struct{ key, value []byte }

// applyEntries records the entries that still are what Unseen found, given the
// window that the poll leaves. It returns the keys that are new.
func (op *commit) applyEntries(b *batch, window []byte) (added map[feeds.Key]bool, err error) {
	if len(op.entries) == 0 {
		return nil, nil
	}
	written := make(map[feeds.Key]bool, len(op.entries)) // true for new ones
	standing := make(map[feeds.Key]bool, len(window)/itemSize)
	for ; len(window) >= itemSize; window = window[itemSize:] {
		standing[feeds.Key(window[8:itemSize])] = true
	}
	known, stored := b.bucket(keys), b.bucket(articles)
	for i := range op.entries {
		e := &op.poll.Entries[i]
		found, m, err := sight(known, stored, op.feed, &e.Identity)
		if err != nil {
			return nil, err
		}
		if e.Novelty == store.Changed && found.Novelty == store.New {
			// Its own key says nothing; it still goes by the other one.
			id := feeds.Identity{Key: e.Known, Revision: e.Identity.Revision}
			if found, m, err = sight(known, stored, op.feed, &id); err != nil {
				return nil, err
			}
		}
		_, again := written[found.Key]
		switch {
		case again:
		case found.Novelty == store.New:
			err = op.insert(b, i, standing[e.Identity.Key])
			written[e.Identity.Key] = true
		case found.Novelty == store.Changed && e.Novelty == store.Changed:
			err = op.overwrite(b, i, found.Key, m)
			written[found.Key] = false
		}
		if err != nil {
			return nil, err
		}
	}
	return written, nil
}

// insert records a new article with its alerts.
func (op *commit) insert(b *batch, i int, inWindow bool) error {
	e, out := &op.poll.Entries[i], &op.entries[i]
	id := b.newID(op.at)
	h := articleHeader{feed: op.feed, key: e.Identity.Key, seen: op.at, rules: out.rules}
	if err := b.bucket(articles).Put(id[:], h.record(id[:], out.text)); err != nil {
		return err
	}
	if err := b.bucket(byFeed).Put(append(op.feed.key(), id[:]...), nil); err != nil {
		return err
	}
	if err := b.index(id, out); err != nil {
		return err
	}
	m := mention{article: id, revision: e.Identity.Revision}
	if !inWindow {
		m.left = minutes(op.at)
	}
	rows := op.aliasRows(e.Identity.Key, e.Identity.Aliases)
	rows = append(rows, row{knownKey(op.feed, e.Identity.Key), m.record()})
	if err := op.mention(b, rows); err != nil {
		return err
	}
	op.receipt.New++
	st := storedEntry{place: i, id: id, seen: op.at}
	for j := range out.alerts {
		alert, err := op.alert(b, id, &e.Alerts[j], &out.alerts[j])
		if err != nil {
			return err
		}
		st.alerts = append(st.alerts, alert)
	}
	op.stored = append(op.stored, st)
	return nil
}

// overwrite records another text of an article that is known under the key.
func (op *commit) overwrite(b *batch, i int, key feeds.Key, m mention) error {
	e, out := &op.poll.Entries[i], &op.entries[i]
	id := m.article
	h, _, err := splitArticle(id[:], b.bucket(articles).Get(id[:]))
	if err != nil {
		return fmt.Errorf("article %s: %w", id, err)
	}
	if !slices.Equal(h.rules, out.rules) {
		if err := b.unindex(id, h.rules); err != nil {
			return err
		}
		h.rules = out.rules
	}
	if err := b.index(id, out); err != nil {
		return err
	}
	if err := b.bucket(articles).Put(id[:], h.record(id[:], out.text)); err != nil {
		return err
	}
	m.revision = e.Identity.Revision
	rows := op.aliasRows(key, e.Identity.Aliases)
	if e.Identity.Key != key {
		// From now on the article is known under its new key as well.
		rows = append(rows, op.aliasRows(key, []feeds.Key{e.Identity.Key})...)
	}
	rows = append(rows, row{knownKey(op.feed, key), m.record()})
	if err := op.mention(b, rows); err != nil {
		return err
	}
	op.receipt.Changed++
	op.stored = append(op.stored, storedEntry{place: i, id: id, seen: h.seen, changed: true})
	return nil
}

// aliasRows returns rows that point at the key. An alias points at the article
// that carried it last.
func (op *commit) aliasRows(key feeds.Key, aliases []feeds.Key) []row {
	rows := make([]row, 0, len(aliases)+2)
	for _, alias := range aliases {
		rows = append(rows, row{knownKey(op.feed, alias), key[:]})
	}
	return rows
}

// mention writes rows in the order of their keys. An alias does not take the
// place of an article's own key.
func (op *commit) mention(b *batch, rows []row) error {
	known := b.bucket(keys)
	slices.SortFunc(rows, func(x, y row) int { return bytes.Compare(x.key, y.key) })
	for _, r := range rows {
		if len(r.value) != mentionSize && len(known.Get(r.key)) == mentionSize {
			continue
		}
		if err := known.Put(r.key, r.value); err != nil {
			return err
		}
	}
	return nil
}

// alert records an alert and its deliveries.
func (op *commit) alert(b *batch, article ulid.ULID, al *notify.Alert, out *alertText) (ulid.ULID, error) {
	id := b.newID(op.at)
	h := alertHeader{
		article:    article,
		seen:       op.at,
		at:         op.at,
		deliveries: uint64(len(out.receivers)),
		rule:       al.Rule.Name,

		ruleVersion: al.Rule.Version,
	}
	if err := b.bucket(alerts).Put(id[:], h.record(id[:], out.text)); err != nil {
		return id, err
	}
	for i, receiver := range out.receivers {
		d := delivery{
			place: uint64(i + 1), state: notify.Pending, receiver: receiver,
			since: op.at, next: op.at, created: op.at, lastAttempt: never, delivered: never,
		}
		if err := b.putPending(plus(id, d.place), &d); err != nil {
			return id, err
		}
		if op.deliveries == nil {
			op.deliveries = make(map[string]int)
		}
		op.deliveries[receiver]++
	}
	b.ids.last = plus(id, uint64(len(out.receivers)))
	op.receipt.Alerts++
	return id, nil
}

// index makes the article findable by its rules, and notes their versions.
func (b *batch) index(id ulid.ULID, e *entry) error {
	if len(e.rules) == 0 {
		return nil
	}
	for _, rule := range e.rules {
		if err := b.bucket(byRule).Put(append(prefixed(rule), id[:]...), []byte(e.versions[rule])); err != nil {
			return err
		}
	}
	return b.bucket(matched).Put(id[:], nil)
}

// unindex undoes index.
func (b *batch) unindex(id ulid.ULID, rules []string) error {
	for _, rule := range rules {
		if err := b.bucket(byRule).Delete(append(prefixed(rule), id[:]...)); err != nil {
			return err
		}
	}
	return b.bucket(matched).Delete(id[:])
}

// putPending records a delivery that waits for its time.
func (b *batch) putPending(id ulid.ULID, d *delivery) error {
	if err := b.bucket(pending).Put(id[:], d.record(id[:])); err != nil {
		return err
	}
	return b.bucket(dues).Put(d.dueKey(id[:]), nil)
}

// dropPending undoes putPending.
func (b *batch) dropPending(id ulid.ULID, d *delivery) error {
	return cmp.Or(b.bucket(pending).Delete(id[:]), b.bucket(dues).Delete(d.dueKey(id[:])))
}

package boltstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/oklog/ulid/v2"
	"go.etcd.io/bbolt"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/store"
	"github.com/copytaster/copytaster/notify"
)

// maxName is the longest name of a rule or receiver, in bytes.
const maxName = 512

// Commit compresses what it is given before it queues for the transaction.
func (s *Store) Commit(ctx context.Context, p *store.Poll) (store.Receipt, error) {
	if err := s.enter(ctx); err != nil {
		return store.Receipt{}, err
	}
	defer s.leave()
	op, err := s.prepare(p)
	if err == nil {
		err = s.submit(op)
	}
	if err != nil {
		return store.Receipt{}, fmt.Errorf("commit poll: %w", err)
	}
	return op.fill(), nil
}

// commit is the write of a poll.
type commit struct {
	s    *Store
	poll *store.Poll
	feed number
	at   int64
	size int
	// document is what the feed's document says of itself.
	document []byte
	window   []byte
	entries  []entry
	turn
	result
}

// entry is an article on its way to the file.
type entry struct {
	text     []byte
	rules    []string
	versions map[string]string // by rule
	alerts   []alertText
}

type alertText struct {
	text      []byte
	receivers []string
}

// result is what apply decided, for the time when it has landed.
type result struct {
	due, retry int64
	receipt    store.Receipt
	stored     []storedEntry
	deliveries map[string]int // new ones by receiver
	retold     bool           // the document says other things of itself
}

type storedEntry struct {
	place   int // in Poll.Entries
	id      ulid.ULID
	seen    int64
	alerts  []ulid.ULID
	changed bool
}

// prepare checks a poll and encodes what does not depend on the file.
func (s *Store) prepare(p *store.Poll) (*commit, error) {
	n, err := s.sched.number(p.Lease.Feed)
	if err != nil {
		return nil, err
	}
	if p.At.IsZero() {
		return nil, errors.New("the poll does not say when it ended")
	}
	op := &commit{s: s, poll: p, feed: n, at: millis(p.At), document: documented(&p.State)}
	if p.Window != nil {
		op.window = windowRecord(p.Window)
	}
	var source *feeds.Source
	for i := range p.Entries {
		e := &p.Entries[i]
		if e.Article == nil || e.Novelty != store.New && e.Novelty != store.Changed {
			return nil, fmt.Errorf("entry %d is neither a new nor a changed article", i)
		}
		var w writer
		appendArticle(&w, e.Article, nil)
		out := entry{text: s.packer.pack(w), rules: slices.Compact(slices.Sorted(slices.Values(e.Rules)))}
		if err := checkNames("rule", out.rules); err != nil {
			return nil, err
		}
		if e.Versions != nil {
			if len(e.Versions) != len(e.Rules) {
				return nil, fmt.Errorf("entry %d has %d rules in %d versions", i, len(e.Rules), len(e.Versions))
			}
			out.versions = make(map[string]string, len(e.Rules))
			for j, rule := range e.Rules {
				out.versions[rule] = e.Versions[j]
			}
		}
		for j := range e.Alerts {
			from := e.Article.Feed
			if from == nil {
				if source == nil {
					if source, err = s.sourceAt(n, p); err != nil {
						return nil, err
					}
				}
				from = source
			}
			a, err := s.prepareAlert(&e.Alerts[j], e.Article, from)
			if err != nil {
				return nil, err
			}
			out.alerts = append(out.alerts, a)
			op.size += len(a.text)
		}
		op.entries = append(op.entries, out)
		op.size += len(out.text) + 256
	}
	op.size += 256 + len(op.window)
	return op, nil
}

func (s *Store) prepareAlert(al *notify.Alert, a *feeds.Article, source *feeds.Source) (alertText, error) {
	var receivers []string
	for _, r := range al.Receivers {
		if !slices.Contains(receivers, r) {
			receivers = append(receivers, r)
		}
	}
	if err := errors.Join(checkNames("receiver", receivers), checkNames("rule", []string{al.Rule.Name})); err != nil {
		return alertText{}, err
	}
	var w writer
	appendAlert(&w, al, a, source)
	return alertText{text: s.packer.pack(w), receivers: receivers}, nil
}

func checkNames(what string, names []string) error {
	for _, name := range names {
		if len(name) > maxName {
			return fmt.Errorf("the name of the %s %.40q… is longer than %d bytes", what, name, maxName)
		}
	}
	return nil
}

// sourceAt returns what articles say of the feed once the poll is recorded.
func (s *Store) sourceAt(n number, p *store.Poll) (*feeds.Source, error) {
	var stored profile
	err := s.view(func(tx *bbolt.Tx) (err error) {
		stored, err = decodeProfile(profiles.in(tx).Get(n.key()))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("feed %d: %w", n, err)
	}
	stored.title, stored.site = p.State.Title, p.State.Site
	source := stored.shown()
	return &source, nil
}

func (op *commit) order() (number, int) { return op.feed, op.size }

func (op *commit) apply(b *batch) error {
	op.result = result{}
	if !op.begin(op.s.sched, op.feed, op.poll.Lease.Epoch) {
		return refusal{store.ErrLeaseLost}
	}
	key := op.feed.key()
	c, err := decodeCondition(b.bucket(states).Get(key))
	if err != nil {
		return fmt.Errorf("state of feed %d: %w", op.feed, err)
	}
	b.told(op.at)
	c.take(&op.poll.State, op.at)
	op.due, op.retry = c.due, c.retryAfter

	old := b.bucket(windows).Get(key)
	window := old
	if op.poll.Window != nil {
		window = op.window
	}
	added, err := op.applyEntries(b, window)
	if err != nil {
		return err
	}
	if op.poll.Window != nil {
		if err := op.applyWindow(b, old, added); err != nil {
			return err
		}
	}
	if c.articles == 0 {
		b.first += op.receipt.New
	} else {
		b.more += op.receipt.New
	}
	if op.receipt.New > 0 {
		c.articles += uint64(op.receipt.New)
		c.newest = op.at
	}
	if err := b.bucket(states).Put(key, c.record()); err != nil {
		return err
	}
	return op.applyDocument(b, key)
}

// applyDocument rewrites the feed's profile if its document says other things
// of itself than before.
func (op *commit) applyDocument(b *batch, key []byte) error {
	records := b.bucket(profiles)
	id, configured, sub, document, err := splitProfile(records.Get(key))
	if err != nil {
		return fmt.Errorf("feed %d: %w", op.feed, err)
	}
	if bytes.Equal(document, op.document) {
		return nil
	}
	op.retold = true
	return records.Put(key, profileRecord(id, configured, sub, op.document))
}

// applyWindow records a new window, and which keys left and entered it. What
// was added with this poll knows already.
func (op *commit) applyWindow(b *batch, old []byte, added map[feeds.Key]bool) error {
	if bytes.Equal(old, op.window) {
		return nil
	}
	left := movedKeys(old, op.window)
	entered := movedKeys(op.window, old)
	if err := b.bucket(windows).Put(op.feed.key(), op.window); err != nil {
		return err
	}
	if err := op.remember(b, left, minutes(op.at)); err != nil {
		return err
	}
	entered = slices.DeleteFunc(entered, func(key feeds.Key) bool { return added[key] })
	return op.remember(b, entered, 0)
}

// remember notes when keys left the window.
func (op *commit) remember(b *batch, moved []feeds.Key, left uint32) error {
	known := b.bucket(keys)
	for _, key := range moved {
		v := known.Get(knownKey(op.feed, key))
		if len(v) != mentionSize {
			continue // not recorded, or an alias
		}
		m, err := decodeMention(v)
		if err != nil {
			return err
		}
		if m.left == left {
			continue
		}
		m.left = left
		if err := known.Put(knownKey(op.feed, key), m.record()); err != nil {
			return err
		}
	}
	return nil
}

// settle tells the schedule and the outbox.
func (op *commit) settle(landed bool) {
	op.end(op.s.sched, op.feed, landed, func(s *schedule) {
		f := &s.feeds[op.feed]
		f.failing = op.poll.State.Failures > 0
		s.setRetry(op.feed, op.retry)
		s.setDue(op.feed, op.due)
	})
	if !landed {
		return
	}
	op.s.outbox.added(op.deliveries)
	if len(op.stored) > 0 || op.retold {
		op.s.revision.Add(1)
	}
}

// fill tells the caller what was recorded.
func (op *commit) fill() store.Receipt {
	for _, st := range op.stored {
		e := &op.poll.Entries[st.place]
		e.Article.ID, e.Article.Seen = st.id.String(), instant(st.seen)
		for j, id := range st.alerts {
			e.Alerts[j].ID, e.Alerts[j].Time = id.String(), instant(op.at)
		}
	}
	for name := range op.deliveries {
		op.receipt.Receivers = append(op.receipt.Receivers, name)
	}
	slices.Sort(op.receipt.Receivers)
	return op.receipt
}

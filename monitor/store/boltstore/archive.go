package boltstore

import (
	"bytes"
	"context"
	"fmt"

	"github.com/oklog/ulid/v2"
	"go.etcd.io/bbolt"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/store"
	"github.com/copytaster/copytaster/notify"
)

// defaultLimit is the limit of a query that sets none.
const defaultLimit = 50

// search is a Query for going through the file.
type search struct {
	store.Query
	before ulid.ULID
	since  int64
	// feeds are the numbers of Query.Feeds, nil for all feeds.
	feeds map[number]bool
	// scan is set when so many feeds are asked for that going through all
	// articles is quicker than merging theirs.
	scan bool
	done bool
	// sources are those met so far.
	sources map[number]*feeds.Source
}

func (s *Store) newSearch(q store.Query) (*search, error) {
	sr := &search{Query: q, before: highest, since: millis(q.Since), sources: make(map[number]*feeds.Source)}
	if q.Before != "" {
		var err error
		if sr.before, err = parseID(q.Before); err != nil {
			return nil, err
		}
	}
	if q.Feeds != nil {
		s.sched.mu.Lock()
		defer s.sched.mu.Unlock()
		sr.feeds = make(map[number]bool, len(q.Feeds))
		for _, id := range q.Feeds {
			if n, ok := s.sched.numbers[id]; ok {
				sr.feeds[n] = true
			}
		}
		sr.scan = len(sr.feeds) > 64 && len(sr.feeds) > len(s.sched.feeds)/4
		sr.done = len(sr.feeds) == 0
	}
	return sr, nil
}

// packed is an article as it was copied from the file.
type packed struct {
	id     ulid.ULID
	header articleHeader
	text   []byte
}

// read copies the next articles, at most limit, in one transaction.
func (sr *search) read(tx *bbolt.Tx, limit int) ([]packed, error) {
	if sr.ID != "" {
		return sr.readOne(tx)
	}
	stored := articles.in(tx)
	m := new(merge)
	switch {
	case sr.Rule != "":
		m.add(byRule.in(tx), prefixed(sr.Rule), sr.before)
	case sr.Matched:
		m.add(matched.in(tx), nil, sr.before)
	case sr.feeds != nil && !sr.scan:
		for n := range sr.feeds {
			m.add(byFeed.in(tx), n.key(), sr.before)
		}
	default:
		m.add(stored, nil, sr.before)
	}
	var found []packed
	for range scanStep {
		id, _, ok := m.next()
		// An article is never seen later than its id says.
		if !ok || timeOf(id[:]) < sr.since {
			sr.done = true
			return found, nil
		}
		sr.before = id
		p, ok, err := sr.match(tx, id, stored.Get(id[:]))
		if err != nil {
			return nil, err
		}
		if ok {
			if found = append(found, p); len(found) >= limit {
				return found, nil
			}
		}
	}
	return found, nil
}

func (sr *search) readOne(tx *bbolt.Tx) ([]packed, error) {
	sr.done = true
	id, err := ulid.ParseStrict(sr.ID)
	if err != nil || id.Compare(sr.before) >= 0 {
		return nil, nil // no article has such an id
	}
	record := articles.in(tx).Get(id[:])
	if record == nil ||
		sr.Rule != "" && byRule.in(tx).Get(append(prefixed(sr.Rule), id[:]...)) == nil ||
		sr.Matched && matched.in(tx).Get(id[:]) == nil {
		return nil, nil
	}
	p, ok, err := sr.match(tx, id, record)
	if err != nil || !ok {
		return nil, err
	}
	return []packed{p}, nil
}

// match copies an article if the query selects it.
func (sr *search) match(tx *bbolt.Tx, id ulid.ULID, record []byte) (p packed, ok bool, err error) {
	h, text, err := splitArticle(id[:], record)
	if err != nil {
		return p, false, fmt.Errorf("article %s: %w", id, err)
	}
	if h.seen < sr.since || sr.feeds != nil && !sr.feeds[h.feed] {
		return p, false, nil
	}
	if sr.sources[h.feed] == nil {
		profile, err := decodeProfile(profiles.in(tx).Get(h.feed.key()))
		if err != nil {
			return p, false, fmt.Errorf("feed %d: %w", h.feed, err)
		}
		source := profile.shown()
		sr.sources[h.feed] = &source
	}
	return packed{id, h, bytes.Clone(text)}, true, nil
}

// Articles reads a few hundred articles at a time and decodes them between
// transactions. Articles of one feed share what Article.Feed points to.
func (s *Store) Articles(ctx context.Context, q store.Query) ([]*feeds.Article, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.leave()
	sr, err := s.newSearch(q)
	if err != nil {
		return nil, fmt.Errorf("read articles: %w", err)
	}
	limit := q.Limit
	if limit <= 0 {
		limit = defaultLimit
	}
	if len(q.Rule) > maxName {
		return nil, nil // no rule has such a name
	}
	var all []*feeds.Article
	for !sr.done && len(all) < limit {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		var found []packed
		err := s.view(func(tx *bbolt.Tx) (err error) {
			found, err = sr.read(tx, min(limit-len(all), readStep))
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("read articles: %w", err)
		}
		for i := range found {
			a, err := s.unpackArticle(&found[i])
			if err != nil {
				return nil, explain(s.path, err)
			}
			a.Feed = sr.sources[found[i].header.feed]
			all = append(all, a)
		}
	}
	return all, nil
}

func (s *Store) unpackArticle(p *packed) (*feeds.Article, error) {
	text, err := s.packer.unpack(p.text)
	if err != nil {
		return nil, fmt.Errorf("article %s: %w", p.id, err)
	}
	a, err := decodeArticle(text)
	if err != nil {
		return nil, fmt.Errorf("article %s: %w", p.id, err)
	}
	a.ID, a.Seen = p.id.String(), instant(p.header.seen)
	return a, nil
}

// Matches reads what the index by rule says of one article.
func (s *Store) Matches(ctx context.Context, id string) (matches []notify.Rule, err error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.leave()
	parsed, err := ulid.ParseStrict(id)
	if err != nil {
		return nil, store.ErrNotFound // no article has such an id
	}
	err = s.view(func(tx *bbolt.Tx) error {
		record := articles.in(tx).Get(parsed[:])
		if record == nil {
			return store.ErrNotFound
		}
		h, _, err := splitArticle(parsed[:], record)
		if err != nil {
			return fmt.Errorf("article %s: %w", parsed, err)
		}
		for _, rule := range h.rules {
			version := byRule.in(tx).Get(append(prefixed(rule), parsed[:]...))
			matches = append(matches, notify.Rule{Name: rule, Version: string(version)})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read matches: %w", err)
	}
	return matches, nil
}

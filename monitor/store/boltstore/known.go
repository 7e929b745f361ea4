package boltstore

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/oklog/ulid/v2"
	"go.etcd.io/bbolt"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/store"
)

// knownKey returns the place of an article's key, or of an alias.
func knownKey(n number, key feeds.Key) []byte {
	return append(n.appendTo(make([]byte, 0, 4+len(key))), key[:]...)
}

// mention is the record of an article that is known.
type mention struct {
	article  ulid.ULID
	revision uint64
	// left is when the key left its feed's window, in minutes since 1970,
	// rounded up; 0 while it stands there.
	left uint32
}

const mentionSize = 16 + 8 + 4

func (m *mention) record() []byte {
	b := make([]byte, 0, mentionSize)
	b = append(b, m.article[:]...)
	b = binary.BigEndian.AppendUint64(b, m.revision)
	return binary.BigEndian.AppendUint32(b, m.left)
}

func decodeMention(b []byte) (m mention, err error) {
	if len(b) != mentionSize {
		return m, errRecord
	}
	copy(m.article[:], b)
	m.revision = binary.BigEndian.Uint64(b[16:])
	m.left = binary.BigEndian.Uint32(b[24:])
	return m, nil
}

// minutes turns a time in milliseconds into what mention.left holds; never 0.
func minutes(ms int64) uint32 {
	const minute = 60_000
	return uint32(min(max(ms/minute+1, 1), math.MaxUint32))
}

// primary follows a key to the one that its article is known under; ok is
// false when there is none.
func primary(known *bbolt.Bucket, n number, key feeds.Key) (_ feeds.Key, m mention, ok bool, err error) {
	v := known.Get(knownKey(n, key))
	if len(v) == len(key) {
		key = feeds.Key(v)
		v = known.Get(knownKey(n, key))
	}
	if v == nil {
		return key, m, false, nil
	}
	m, err = decodeMention(v)
	if err != nil {
		return key, m, false, fmt.Errorf("key %x of feed %d: %w", key, n, err)
	}
	return key, m, true, nil
}

// sight looks an article up by its own key, else by its aliases, in the buckets
// known and articles.
func sight(known, stored *bbolt.Bucket, n number, id *feeds.Identity) (store.Sighting, mention, error) {
	key, m, ok, err := primary(known, n, id.Key)
	if err != nil {
		return store.Sighting{}, m, err
	}
	if !ok {
		key, m, ok, err = byAliases(known, n, id)
	}
	if err != nil || !ok {
		return store.Sighting{Novelty: store.New, Key: id.Key}, m, err
	}
	s := store.Sighting{Novelty: store.Known, Key: key}
	if m.revision != id.Revision && stored.Get(m.article[:]) != nil {
		s.Novelty = store.Changed
	}
	return s, m, nil
}

// byAliases finds the known article that enough of the aliases agree on.
func byAliases(known *bbolt.Bucket, n number, id *feeds.Identity) (key feeds.Key, m mention, ok bool, err error) {
	votes := make([]feeds.Key, 0, 4)
	best := 0
	for _, alias := range id.Aliases {
		v := known.Get(knownKey(n, alias))
		if len(v) != len(key) {
			continue
		}
		votes = append(votes, feeds.Key(v))
		agree := 0
		for _, vote := range votes {
			if vote == feeds.Key(v) {
				agree++
			}
		}
		if agree > best {
			best, key = agree, feeds.Key(v)
		}
	}
	if best == 0 || !id.Same(best) {
		return key, m, false, nil
	}
	return primary(known, n, key)
}

// Unseen reads one short transaction for all identities.
func (s *Store) Unseen(ctx context.Context, feed feeds.FeedID, ids []feeds.Identity) ([]store.Sighting, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.leave()
	n, err := s.sched.number(feed)
	if err != nil {
		return nil, err
	}
	sightings := make([]store.Sighting, len(ids))
	err = s.view(func(tx *bbolt.Tx) (err error) {
		known, stored := keys.in(tx), articles.in(tx)
		for i := range ids {
			if sightings[i], _, err = sight(known, stored, n, &ids[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look up articles: %w", err)
	}
	return sightings, nil
}

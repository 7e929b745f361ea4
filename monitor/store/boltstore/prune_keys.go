package boltstore

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/copytaster/copytaster/feeds"
)

// maxKeys is how many keys of a feed are looked for at a time.
const maxKeys = 4096

// pruneKeys forgets old keys of a feed and counts them.
func (s *Store) pruneKeys(ctx context.Context, n number, cutoff int64, count *int) error {
	for more := true; more; {
		if err := ctx.Err(); err != nil {
			return err
		}
		aliases := make(map[feeds.Key][]feeds.Key)
		err := s.eachKnown(n, func(tx *bbolt.Tx, key feeds.Key, v []byte) (bool, error) {
			old, err := oldKey(tx, v, cutoff)
			if old {
				aliases[key] = nil
			}
			return len(aliases) < maxKeys, err
		})
		if err != nil {
			return err
		}
		more = len(aliases) == maxKeys
		if len(aliases) == 0 {
			return nil
		}
		err = s.eachKnown(n, func(_ *bbolt.Tx, alias feeds.Key, v []byte) (bool, error) {
			if len(v) == len(alias) {
				if of, ok := aliases[feeds.Key(v)]; ok {
					aliases[feeds.Key(v)] = append(of, alias)
				}
			}
			return true, nil
		})
		if err != nil {
			return err
		}
		if err := s.forgetKeys(n, cutoff, aliases, count); err != nil {
			return err
		}
	}
	return nil
}

// forgetKeys forgets keys with their aliases.
func (s *Store) forgetKeys(n number, cutoff int64, aliases map[feeds.Key][]feeds.Key, count *int) error {
	op := &pruneKeys{feed: n, cutoff: cutoff, aliases: aliases}
	submit := func() error {
		if err := s.submit(op); err != nil {
			return err
		}
		*count += op.count
		op.keys = op.keys[:0]
		return nil
	}
	for key := range aliases {
		if op.keys = append(op.keys, key); len(op.keys) == pruneStep {
			if err := submit(); err != nil {
				return err
			}
		}
	}
	if len(op.keys) == 0 {
		return nil
	}
	return submit()
}

// eachKnown calls fn for each key and alias of a feed until it returns false.
func (s *Store) eachKnown(n number, fn func(*bbolt.Tx, feeds.Key, []byte) (bool, error)) error {
	prefix := n.key()
	for from := prefix; from != nil; {
		err := s.view(func(tx *bbolt.Tx) error {
			c := keys.in(tx).Cursor()
			k, v := c.Seek(from)
			for range scanStep {
				if !bytes.HasPrefix(k, prefix) {
					from = nil
					return nil
				}
				more, err := fn(tx, feeds.Key(k[len(prefix):]), v)
				if err != nil {
					return fmt.Errorf("key %x: %w", k, err)
				}
				if !more {
					from = nil
					return nil
				}
				k, v = c.Next()
			}
			from = bytes.Clone(k)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// oldKey reports whether a record in the bucket known is that of a pruned
// article that left its window before the cutoff.
func oldKey(tx *bbolt.Tx, v []byte, cutoff int64) (bool, error) {
	if len(v) != mentionSize {
		return false, nil // an alias
	}
	left := int64(binary.BigEndian.Uint32(v[24:])) * 60_000
	if left == 0 || left > cutoff {
		return false, nil
	}
	m, err := decodeMention(v)
	return err == nil && articles.in(tx).Get(m.article[:]) == nil, err
}

// pruneKeys is the write that forgets keys.
type pruneKeys struct {
	feed    number
	cutoff  int64
	keys    []feeds.Key
	aliases map[feeds.Key][]feeds.Key
	count   int
}

func (op *pruneKeys) order() (number, int) { return op.feed, 64 * len(op.keys) }
func (op *pruneKeys) settle(bool)          {}

func (op *pruneKeys) apply(b *batch) error {
	op.count = 0
	known := b.bucket(keys)
	for _, key := range op.keys {
		old, err := oldKey(b.tx, known.Get(knownKey(op.feed, key)), op.cutoff)
		if err != nil {
			return fmt.Errorf("key %x: %w", key, err)
		}
		if !old {
			continue
		}
		for _, alias := range op.aliases[key] {
			row := knownKey(op.feed, alias)
			if bytes.Equal(known.Get(row), key[:]) {
				if err := known.Delete(row); err != nil {
					return err
				}
			}
		}
		if err := known.Delete(knownKey(op.feed, key)); err != nil {
			return err
		}
		op.count++
	}
	return nil
}

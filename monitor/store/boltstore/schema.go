package boltstore

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/oklog/ulid/v2"
	"go.etcd.io/bbolt"
)

// schema is the version of the file's layout that this code reads and writes.
const schema = 2

// migrations turn a file of the version that is their index into the next one,
// each within one transaction. Version 0 is an empty file.
var migrations = [schema]func(*bbolt.Tx) error{
	0: func(tx *bbolt.Tx) error {
		for _, name := range bucketNames {
			if _, err := tx.CreateBucket(name); err != nil {
				return fmt.Errorf("create bucket %s: %w", name, err)
			}
		}
		return nil
	},
	// Alerts and matches tell the version of their rule. Those that are there
	// stay as they are; the step is there so that versions of copytaster that cannot read
	// the new ones say so.
	1: func(*bbolt.Tx) error { return nil },
}

// bucket names one of the buckets that doc.go lists.
type bucket uint8

const (
	metas bucket = iota
	profiles
	states
	windows
	keys
	articles
	byFeed
	byRule
	matched
	alerts
	pending
	settled
	dues
	buckets
)

var bucketNames = [buckets][]byte{
	metas:    []byte("meta"),
	profiles: []byte("feeds"),
	states:   []byte("states"),
	windows:  []byte("windows"),
	keys:     []byte("known"),
	articles: []byte("articles"),
	byFeed:   []byte("by-feed"),
	byRule:   []byte("by-rule"),
	matched:  []byte("matched"),
	alerts:   []byte("alerts"),
	pending:  []byte("pending"),
	settled:  []byte("settled"),
	dues:     []byte("due"),
}

// in returns the bucket in a transaction. A file without it is damaged.
func (b bucket) in(tx *bbolt.Tx) *bbolt.Bucket {
	bb := tx.Bucket(bucketNames[b])
	if bb == nil {
		panic(fmt.Sprintf("bucket %s is missing", bucketNames[b]))
	}
	return bb
}

// Keys of the bucket meta.
const (
	schemaKey = "schema"
	markKey   = "mark"
)

// migrate brings the file to this schema, and starts a new series of epochs.
func (s *Store) migrate() error {
	tx, err := s.db.Begin(true)
	if err != nil {
		return err
	}
	defer rollback(tx)
	version, err := fileSchema(tx)
	if err != nil {
		return err
	}
	if version > schema {
		return fmt.Errorf("a later version of copytaster wrote this store (schema %d, this one knows %d): run that version", version, schema)
	}
	for v := version; v < schema; v++ {
		if err := migrations[v](tx); err != nil {
			return fmt.Errorf("migrate store from schema %d: %w", v, err)
		}
	}
	b := &batch{tx: tx, mark: mark{clock: never}}
	m := metas.in(tx)
	if version > 0 {
		if b.mark, err = decodeMark(m.Get([]byte(markKey))); err != nil {
			return fmt.Errorf("mark: %w", err)
		}
	}
	if b.mark.opened == math.MaxUint32 {
		return fmt.Errorf("mark: %w", errRecord)
	}
	b.mark.opened++
	b.mark.fresh = b.mark.clock
	b.ids.last = b.mark.last
	if err := m.Put([]byte(schemaKey), binary.BigEndian.AppendUint32(nil, schema)); err != nil {
		return err
	}
	if err := b.finish(); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	s.group.mark = b.mark
	return nil
}

// fileSchema returns the version of the file's layout, 0 for an empty file.
func fileSchema(tx *bbolt.Tx) (uint32, error) {
	m := tx.Bucket(bucketNames[metas])
	if m == nil {
		if name, _ := tx.Cursor().First(); name != nil {
			return 0, fmt.Errorf("%w: it belongs to another program", errRecord)
		}
		return 0, nil
	}
	v := m.Get([]byte(schemaKey))
	if len(v) != 4 || binary.BigEndian.Uint32(v) == 0 {
		return 0, fmt.Errorf("schema: %w", errRecord)
	}
	return binary.BigEndian.Uint32(v), nil
}

// mark is what every transaction leaves in the file.
type mark struct {
	// clock is the latest time that a write was told: no wait in the file
	// began later. fresh is the same since the last Rebase began; it is not
	// in the file.
	clock, fresh int64
	// skew is how far the time in an id can lie after what it stands for.
	skew int64
	// last is the last id that was given out.
	last ulid.ULID
	// opened counts how often the file was opened for writing.
	opened uint32
}

func (m *mark) record() []byte {
	var w writer
	w.byte(recordVersion)
	w.uint64(ordered(m.clock))
	w.uint64(uint64(m.skew))
	w.raw(m.last[:])
	w.uint(uint64(m.opened))
	return w
}

func decodeMark(b []byte) (m mark, err error) {
	r := reader{b: b}
	if r.byte() != recordVersion {
		return m, errRecord
	}
	m.clock = unordered(r.uint64())
	m.skew = int64(r.uint64())
	copy(m.last[:], r.raw(len(m.last)))
	opened := r.uint()
	m.opened = uint32(opened)
	if opened > math.MaxUint32 || m.skew < 0 {
		r.fail()
	}
	return m, r.err()
}

// batch is a transaction that writes share.
type batch struct {
	tx      *bbolt.Tx
	mark    mark
	ids     minter
	buckets [buckets]*bbolt.Bucket
	// first counts the new articles of feeds that had none, more the others.
	first, more int
}

// bucket returns a bucket to write to.
func (b *batch) bucket(name bucket) *bbolt.Bucket {
	if b.buckets[name] == nil {
		bb := name.in(b.tx)
		switch name {
		case articles, alerts, matched, settled:
			bb.FillPercent = 1 // their keys only grow
		}
		b.buckets[name] = bb
	}
	return b.buckets[name]
}

// told notes a time that a wait begins at.
func (b *batch) told(ms int64) {
	b.mark.clock = max(b.mark.clock, ms)
	b.mark.fresh = max(b.mark.fresh, ms)
}

// newID returns an id for something that happened at the given time.
func (b *batch) newID(ms int64) ulid.ULID {
	id := b.ids.next(ms)
	b.mark.skew = max(b.mark.skew, int64(id.Time())-ms)
	return id
}

// finish writes the mark.
func (b *batch) finish() error {
	if b.first > b.more {
		// What is written feed by feed can be packed closer than what comes
		// in between later; not so close that the next articles split pages.
		for _, name := range []bucket{keys, byFeed, windows} {
			b.bucket(name).FillPercent = 0.7
		}
	}
	b.mark.last = b.ids.last
	return b.bucket(metas).Put([]byte(markKey), b.mark.record())
}

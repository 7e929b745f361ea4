package boltstore

import (
	"bytes"

	"github.com/oklog/ulid/v2"
	"go.etcd.io/bbolt"
)

// merge goes through several rows of ids at once, downwards. A row is what of
// a bucket has keys of one prefix and an id.
type merge struct{ heads []*head }

type head struct {
	cursor *bbolt.Cursor
	prefix []byte
	id     ulid.ULID
	value  []byte
}

// byID ranks heads, the highest id first.
type byID struct{}

func (byID) before(a, b *head) bool { return a.id.Compare(b.id) > 0 }
func (byID) placed(*head, int)      {}

// add adds the row of a prefix, from the highest id below the given one.
func (m *merge) add(b *bbolt.Bucket, prefix []byte, before ulid.ULID) {
	h := &head{cursor: b.Cursor(), prefix: prefix}
	start := append(bytes.Clone(prefix), before[:]...)
	back := h.cursor.Prev
	if k, _ := h.cursor.Seek(start); k == nil {
		back = h.cursor.Last
	}
	if h.at(back()) {
		m.heads = push(m.heads, h, byID{})
	}
}

// at takes over what the cursor stands on, if it is in the row.
func (h *head) at(k, v []byte) bool {
	if !bytes.HasPrefix(k, h.prefix) || len(k) != len(h.prefix)+len(h.id) {
		return false
	}
	h.id, h.value = ulid.ULID(k[len(h.prefix):]), v
	return true
}

// next returns the next lower id; ok is false after the last.
func (m *merge) next() (id ulid.ULID, value []byte, ok bool) {
	if len(m.heads) == 0 {
		return id, nil, false
	}
	h := m.heads[0]
	id, value = h.id, h.value
	if h.at(h.cursor.Prev()) {
		fix(m.heads, 0, byID{})
	} else {
		m.heads = remove(m.heads, 0, byID{})
	}
	return id, value, true
}

package boltstore

import (
	"encoding/binary"
	"errors"
	"time"
)

// errRecord says that bytes in the file are no record of the kind expected.
var errRecord = errors.New("unreadable record")

// writer builds a record: integers as varints, strings with their length.
type writer []byte

func (w *writer) uint(v uint64)    { *w = binary.AppendUvarint(*w, v) }
func (w *writer) int(v int64)      { *w = binary.AppendVarint(*w, v) }
func (w *writer) byte(v byte)      { *w = append(*w, v) }
func (w *writer) raw(b []byte)     { *w = append(*w, b...) }
func (w *writer) uint64(v uint64)  { *w = binary.BigEndian.AppendUint64(*w, v) }
func (w *writer) string(s string)  { w.uint(uint64(len(s))); *w = append(*w, s...) }
func (w *writer) section(b []byte) { w.uint(uint64(len(b))); *w = append(*w, b...) }

func (w *writer) strings(s []string) {
	w.uint(uint64(len(s)))
	for _, s := range s {
		w.string(s)
	}
}

// time writes a time relative to base, so that times close to it are short.
func (w *writer) time(ms, base int64) {
	switch {
	case ms == never:
		w.int(0)
	case ms >= base:
		w.int(ms - base + 1)
	default:
		w.int(ms - base)
	}
}

// reader takes a record apart. After the first fault every method returns
// zero values; bad tells.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) fail() {
	r.b, r.bad = nil, true
}

func (r *reader) uint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) int() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return v
}

// raw returns the next n bytes, which are part of the record.
func (r *reader) raw(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.fail()
		return nil
	}
	b := r.b[:n:n]
	r.b = r.b[n:]
	return b
}

func (r *reader) byte() byte {
	if b := r.raw(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) uint64() uint64 {
	if b := r.raw(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

func (r *reader) section() []byte {
	return r.raw(int(r.count()))
}

func (r *reader) string() string { return string(r.section()) }

func (r *reader) strings() []string {
	n := r.count()
	if n == 0 {
		return nil
	}
	s := make([]string, 0, n)
	for range n {
		s = append(s, r.string())
	}
	return s
}

func (r *reader) time(base int64) int64 {
	switch v := r.int(); {
	case v == 0:
		return never
	case v > 0:
		return base + v - 1
	default:
		return base + v
	}
}

func (r *reader) err() error {
	if r.bad {
		return errRecord
	}
	return nil
}

// never is the zero time in milliseconds.
const never = -1 << 62

// millis returns a time in milliseconds since 1970.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return never
	}
	return t.UnixMilli()
}

// instant is the inverse of millis, in UTC.
func instant(ms int64) time.Time {
	if ms == never {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// number is a feed's number in the file: feeds are numbered from 0 as they are
// met, and the numbers stay.
type number uint32

func (n number) key() []byte { return n.appendTo(make([]byte, 0, 4)) }

func (n number) appendTo(b []byte) []byte { return binary.BigEndian.AppendUint32(b, uint32(n)) }

// ordered maps a time onto eight bytes that sort like it.
func ordered(ms int64) uint64 { return uint64(ms) ^ 1<<63 }

func unordered(v uint64) int64 { return int64(v ^ 1<<63) }

func (r *reader) number() number {
	if b := r.raw(4); b != nil {
		return number(binary.BigEndian.Uint32(b))
	}
	return 0
}

// count returns a number of things, each at least a byte long.
func (r *reader) count() uint64 {
	n := r.uint()
	if n > uint64(len(r.b)) {
		r.fail()
		return 0
	}
	return n
}

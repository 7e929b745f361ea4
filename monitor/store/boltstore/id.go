package boltstore

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"

	"github.com/oklog/ulid/v2"
)

// minter hands out ids that only ever grow.
type minter struct{ last ulid.ULID }

// next returns a new id for something that happened at the given time. When
// that is no later than the last id's, the new id is the last one plus one.
func (m *minter) next(ms int64) ulid.ULID {
	if ms > int64(m.last.Time()) && uint64(ms) <= ulid.MaxTime() {
		var id ulid.ULID
		rand.Read(id[6:]) // never fails
		_ = id.SetTime(uint64(ms))
		// Room to count up from here.
		id[6] &^= 0x80
		m.last = id
		return id
	}
	m.last = plus(m.last, 1)
	return m.last
}

// plus returns the id n places after another.
func plus(id ulid.ULID, n uint64) ulid.ULID {
	low := binary.BigEndian.Uint64(id[8:])
	binary.BigEndian.PutUint64(id[8:], low+n)
	if low+n < low {
		binary.BigEndian.PutUint64(id[:8], binary.BigEndian.Uint64(id[:8])+1)
	}
	return id
}

// minus returns the id n places before another.
func minus(id ulid.ULID, n uint64) ulid.ULID {
	low := binary.BigEndian.Uint64(id[8:])
	binary.BigEndian.PutUint64(id[8:], low-n)
	if low < n {
		binary.BigEndian.PutUint64(id[:8], binary.BigEndian.Uint64(id[:8])-1)
	}
	return id
}

// timeOf returns the time part of an id in the file.
func timeOf(id []byte) int64 { return int64(ulid.ULID(id).Time()) }

func parseID(s string) (ulid.ULID, error) {
	id, err := ulid.ParseStrict(s)
	if err != nil {
		return id, fmt.Errorf("%q is not an id: ids are 26 letters and digits", s)
	}
	return id, nil
}

package match

import "hash/maphash"

// stringTable numbers different strings from 0 in the order of their adding.
// It holds their bytes, and is safe for concurrent reading.
type stringTable struct {
	seed  maphash.Seed
	bytes []byte
	ends  []uint32
	// slots hold 1 + number in the low bits. Above them is a part of the
	// hash, so that other strings are mostly told apart without a look at them.
	slots []uint32
	low   uint8
}

// lowBits is how many bits a number takes in a slot until there are more.
const lowBits = 24

func newStringTable() *stringTable {
	return &stringTable{seed: maphash.MakeSeed(), slots: make([]uint32, 8), low: lowBits}
}

func (t *stringTable) len() int { return len(t.ends) }

// at returns a string's bytes by its number.
func (t *stringTable) at(i uint32) []byte {
	from := uint32(0)
	if i > 0 {
		from = t.ends[i-1]
	}
	return t.bytes[from:t.ends[i]]
}

// find returns the number of a string.
func (t *stringTable) find(s string) (uint32, bool) {
	if t == nil || len(t.ends) == 0 {
		return 0, false
	}
	return t.findHash(maphash.String(t.seed, s), s)
}

func (t *stringTable) findHash(h uint64, s string) (uint32, bool) {
	mask := uint64(len(t.slots) - 1)
	tag := t.tag(h)
	for ; ; h++ {
		slot := t.slots[h&mask]
		if slot == 0 {
			return 0, false
		}
		if slot>>t.low != tag {
			continue
		}
		if n := slot&(1<<t.low-1) - 1; string(t.at(n)) == s {
			return n, true
		}
	}
}

// tag returns the part of a hash that stands in a slot.
func (t *stringTable) tag(h uint64) uint32 {
	if t.low > lowBits {
		return 0
	}
	return uint32(h >> (32 + lowBits))
}

// add returns the number of a string, which is the next one when it is new.
func (t *stringTable) add(s string) (n uint32, isNew bool) {
	h := maphash.String(t.seed, s)
	if n, ok := t.findHash(h, s); ok {
		return n, false
	}
	if (len(t.ends)+1)*4 > len(t.slots)*3 {
		t.slots = make([]uint32, len(t.slots)*2)
		if len(t.slots) > 1<<lowBits {
			t.low = 32
		}
		for i := range t.ends {
			t.put(maphash.Bytes(t.seed, t.at(uint32(i))), uint32(i)+1)
		}
	}
	t.bytes = append(t.bytes, s...)
	t.ends = append(t.ends, uint32(len(t.bytes)))
	t.put(h, uint32(len(t.ends)))
	return uint32(len(t.ends) - 1), true
}

func (t *stringTable) put(h uint64, n uint32) {
	tag := t.tag(h) << lowBits
	mask := uint64(len(t.slots) - 1)
	for t.slots[h&mask] != 0 {
		h++
	}
	t.slots[h&mask] = tag | n
}

// trim gives back memory that only further adding would need.
func (t *stringTable) trim() {
	t.bytes = append(make([]byte, 0, len(t.bytes)), t.bytes...)
	t.ends = append(make([]uint32, 0, len(t.ends)), t.ends...)
}

func (t *stringTable) size() int {
	if t == nil {
		return 0
	}
	return cap(t.bytes) + 4*cap(t.ends) + 4*cap(t.slots)
}

package match

import (
	"math/bits"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/copytaster/copytaster/monitor/text"
)

// table remembers, for the words of articles, under which ids they are looked
// for, and most of all that they are not. It is bounded, and safe for
// concurrent use.
type table struct {
	words   *words
	scanner *text.Scanner
	reader  reader
	seeds   [2]uint64
	current atomic.Pointer[slots]
	mu      sync.Mutex // held to add
	added   int
	scratch []uint32
}

// slots is open addressing: a word stands in the first free slot from where
// its hash points. A slot that is filled never changes.
type slots struct {
	list  []slot
	lists atomic.Pointer[[]uint32] // the ids of sets that are no range
}

type slot struct {
	key text.Key
	// meta is, from the lowest: used (1 bit), language (7), idSet.n (24),
	// idSet.at (32). It is stored last.
	meta atomic.Uint64
}

const (
	firstSlots = 1 << 8
	// maxSlots bounds the table; when that is not enough, it starts anew. Its
	// memory is 24 times that in bytes.
	maxSlots = 1 << 20
	// maxLists bounds the ids in lists.
	maxLists = 1 << 22
)

func newTable(w *words, sc *text.Scanner, rd reader, forms int) *table {
	t := &table{words: w, scanner: sc, reader: rd, seeds: [2]uint64{rand.Uint64(), rand.Uint64()}}
	n := firstSlots
	for n < maxSlots && n*3 < forms*4 {
		n *= 2
	}
	t.start(n)
	return t
}

func (t *table) start(n int) {
	s := &slots{list: make([]slot, n)}
	s.lists.Store(new([]uint32))
	t.current.Store(s)
	t.added = 0
}

func (t *table) hash(k text.Key, l text.Stemmer) uint64 {
	hi, lo := bits.Mul64(k.Lo^t.seeds[0], k.Hi^t.seeds[1]^uint64(l)<<56)
	return hi ^ lo
}

// find returns the ids of a word by its key, false when it is not known.
func (s *slots) find(h uint64, k text.Key, l text.Stemmer) (idSet, bool) {
	mask := uint64(len(s.list) - 1)
	want := uint64(l)<<1 | 1
	for ; ; h++ {
		slot := &s.list[h&mask]
		meta := slot.meta.Load()
		if meta&0xff == want && slot.key == k {
			return idSet{uint32(meta >> 32), uint32(meta >> 8 & 0xffffff)}, true
		}
		if meta == 0 {
			return idSet{}, false
		}
	}
}

// learn finds the ids of a word that is not known, and remembers them. It
// returns the slots that hold it, which may be others than before.
func (t *table) learn(k text.Key, word string, l text.Stemmer) (idSet, *slots) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.current.Load()
	h := t.hash(k, l)
	if set, ok := s.find(h, k, l); ok {
		return set, s
	}
	t.scratch = t.words.of(t.scratch[:0], t.reader, word, l)
	return t.put(s, h, k, l, t.scratch)
}

// put remembers the ids of a word that is not in s.
func (t *table) put(s *slots, h uint64, k text.Key, l text.Stemmer, ids []uint32) (idSet, *slots) {
	if (t.added+1)*4 > len(s.list)*3 || len(*s.lists.Load()) > maxLists {
		s = t.grow(s)
	}
	set := s.add(ids)
	s.put(h, k, uint64(set.at)<<32|uint64(set.n)<<8|uint64(l)<<1|1)
	t.added++
	return set, s
}

// add returns a set of ids that ascend.
func (s *slots) add(ids []uint32) idSet {
	n := uint32(len(ids))
	if n == 0 {
		return idSet{}
	}
	if ids[n-1]-ids[0] == n-1 {
		return idSet{ids[0], n}
	}
	lists := *s.lists.Load()
	set := idSet{uint32(len(lists)), n | isList}
	lists = append(lists, ids...)
	s.lists.Store(&lists)
	return set
}

func (s *slots) put(h uint64, k text.Key, meta uint64) {
	mask := uint64(len(s.list) - 1)
	for s.list[h&mask].meta.Load() != 0 {
		h++
	}
	slot := &s.list[h&mask]
	slot.key = k
	slot.meta.Store(meta)
}

// grow makes room: twice as much, or by forgetting everything.
func (t *table) grow(old *slots) *slots {
	if len(old.list) >= maxSlots || len(*old.lists.Load()) > maxLists {
		t.start(maxSlots)
		return t.current.Load()
	}
	s := &slots{list: make([]slot, 2*len(old.list))}
	lists := slices.Clone(*old.lists.Load())
	s.lists.Store(&lists)
	for i := range old.list {
		o := &old.list[i]
		if meta := o.meta.Load(); meta != 0 {
			s.put(t.hash(o.key, text.Stemmer(meta>>1&0x7f)), o.key, meta)
		}
	}
	t.current.Store(s)
	return s
}

// learnAll learns the rules' own words in the language that most of their
// script's articles are in, so that the first articles find most of their
// words known.
func (t *table) learnAll(list []ruleWord) {
	var ids []uint32
	for i := range list {
		w := &list[i]
		k := t.scanner.KeyOf(w.word, w.language)
		h := t.hash(k, w.language)
		s := t.current.Load()
		if t.added*2 >= maxSlots {
			return
		}
		if _, ok := s.find(h, k, w.language); ok || w.language == text.NoStemmer || w.language == text.Arabic {
			continue
		}
		ids = t.words.ofForms(ids[:0], w.folded, w.stem, nil, w.language)
		t.put(s, h, k, w.language, ids)
	}
}

func (t *table) size() int {
	s := t.current.Load()
	return 24*len(s.list) + 4*cap(*s.lists.Load())
}

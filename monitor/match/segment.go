package match

import (
	"cmp"
	"runtime"
	"slices"
	"sync"

	"github.com/copytaster/copytaster/monitor/text"
)

// segment is an index of rules that never change. It is safe for concurrent
// use.
type segment struct {
	rules  []Rule
	words  *words
	table  *table
	starts []uint32 // by id: where the entries of that anchor begin
	guards []uint32 // of the entries
	tests  []test
	code   []uint32
	limits map[uint32]limits
	pool   sync.Pool // of *workspace
}

// entry is a rule at one of its anchors.
type entry struct {
	anchor, guard uint32
	test
}

// test is what remains to be tested of a rule when an article has anchor and
// guard. With the guard, which stands apart so that most entries cost four
// bytes of memory to look at, it is sixteen bytes.
type test struct {
	a, b uint32
	what uint32 // the rule in the low bits, how to test it above
}

const (
	ruleBits = 24
	maxRules = 1 << ruleBits
)

// The ways to test. Of the first, the two low bits say which of a and b must
// not be. An article that has always has anything that an entry does not use.
const (
	both       = 0 // a and b
	butNot     = 1 // a and not b
	neither    = 3 // neither a nor b
	phrase     = 4 // the guard stands a words behind the anchor, which is b
	near       = 5 // the guard stands at most a words before or behind it
	nearBehind = 6 // at most a words behind it
	nearBefore = 7 // at most a words before it
	program    = 8 // the program at a holds
	evaluate   = 9 // the evaluator says so
)

const maxParts = 8

// parallel calls f on at most maxParts parts of [0, n), at once where that is
// worth it, and waits. Parts are numbered from 0.
func parallel(n int, f func(part, from, to int)) {
	parts := min(runtime.GOMAXPROCS(0), maxParts, n/4096+1)
	var wg sync.WaitGroup
	for p := range parts {
		wg.Go(func() { f(p, n*p/parts, n*(p+1)/parts) })
	}
	wg.Wait()
}

// newSegment indexes rules, at most maxRules.
func newSegment(rules []Rule, sc *text.Scanner, rd reader) *segment {
	var parts [maxParts]*compiler
	parallel(len(rules), func(part, from, to int) {
		c := &compiler{lex: newLexicon(), uses: make([]uint32, 0, 3*(to-from)), limits: make(map[uint32]limits), first: from}
		c.rules = rules[from:to]
		for i := range c.rules {
			c.read(&c.rules[i])
		}
		parts[part] = c
	})
	compilers := slices.DeleteFunc(parts[:], func(c *compiler) bool { return c == nil })
	lex := compilers[0].lex
	for _, c := range compilers[1:] {
		numbers := lex.merge(c.lex)
		for i, n := range c.uses {
			c.uses[i] = numbers[n&7][n>>3]
		}
	}
	w, ids, list := newWords(lex)
	s := &segment{rules: rules, words: w, limits: make(map[uint32]limits)}
	var wg sync.WaitGroup
	for _, c := range compilers {
		wg.Go(func() {
			c.ids, c.rates = ids, w.rates
			c.entries = make([]entry, 0, len(c.rules)*5/4+4)
			for i := range c.rules {
				c.compile(uint32(c.first+i), &c.rules[i])
			}
			c.uses = nil
		})
	}
	wg.Wait()
	s.sort(compilers)
	w.rates = nil
	s.table = newTable(w, sc, rd, w.tables[stemmedWord].len()*5/4)
	s.table.learnAll(list)
	s.pool.New = func() any { return newWorkspace(s) }
	return s
}

// sort orders the entries by anchor, then by guard, the most frequent first, so
// that those which an article has are close to each other, and brings together
// what the compilers made.
func (s *segment) sort(compilers []*compiler) {
	counts := make([]uint32, s.words.n+1)
	for _, c := range compilers {
		base := uint32(len(s.code))
		s.code = append(s.code, c.code...)
		for i := range c.entries {
			e := &c.entries[i]
			if e.what>>ruleBits == program {
				e.a += base
			}
			counts[e.anchor+1]++
		}
		for rule, l := range c.limits {
			s.limits[rule] = l
		}
	}
	s.code = slices.Clip(s.code)
	for i := 1; i < len(counts); i++ {
		counts[i] += counts[i-1]
	}
	s.starts = slices.Clone(counts)
	all := make([]entry, counts[len(counts)-1])
	for _, c := range compilers {
		for i := range c.entries {
			e := &c.entries[i]
			all[counts[e.anchor]] = *e
			counts[e.anchor]++
		}
		c.entries = nil
	}
	s.guards, s.tests = make([]uint32, len(all)), make([]test, len(all))
	rates := s.words.rates
	parallel(len(s.starts)-1, func(_, from, to int) {
		for i := from; i < to; i++ {
			lo, hi := s.starts[i], s.starts[i+1]
			slices.SortFunc(all[lo:hi], func(a, b entry) int {
				return cmp.Or(cmp.Compare(rates[b.guard], rates[a.guard]), cmp.Compare(a.guard, b.guard), cmp.Compare(a.what, b.what))
			})
			for j := lo; j < hi; j++ {
				s.guards[j], s.tests[j] = all[j].guard, all[j].test
			}
		}
	})
}

// size returns the bytes of memory that the index takes beside the rules.
func (s *segment) size() int {
	return s.words.size() + s.table.size() + 4*(cap(s.starts)+cap(s.guards)+cap(s.code)) + 12*cap(s.tests)
}

// workspace is what one article at a time needs.
type workspace struct {
	bits    []uint64 // by id: the article has it
	multi   []uint64 // by id: words of more than one chain have it
	chain   []uint32 // by id, if the article has it: a chain of words that do
	used    []uint32 // the words of bits that may not be 0
	chains  []chain
	infos   []idSet  // by place
	next    []uint32 // by place: the next one in its chain, 0 for none
	ends    [text.Content + 1]uint32
	hashes  []uint64
	misses  []uint32
	runs    []run    // of ids that the article has, then of their entries
	found   []uint32 // entries of which the article has anchor and guard
	tests   []test   // what remains to be tested of them, words alone
	others  []uint32 // entries of which more remains
	hit     []uint64 // by rule: it matches
	hits    []uint64 // by word of hit: it is not 0
	keys    map[string]string
	touched uint64   // what was read only to have it at hand
	lists   []uint32 // of sets that are no range, as far as the table knows them
	own     []uint32 // and of others
	slots   *slots
}

// run is a run of entries.
type run struct{ from, to uint32 }

// chain links the places of words with the same ids. Place 0 is none, and so
// are the places between fields.
type chain struct {
	set         idSet
	first, last uint32
	count       uint32
}

func newWorkspace(s *segment) *workspace {
	n := s.words.n/64 + 1
	hit := len(s.rules)/64 + 1
	return &workspace{
		bits: make([]uint64, n), multi: make([]uint64, n), chain: make([]uint32, s.words.n),
		hit: make([]uint64, hit), hits: make([]uint64, hit/64+1), keys: make(map[string]string),
	}
}

func (w *workspace) has(id uint32) bool { return w.bits[id>>6]>>(id&63)&1 != 0 }

func (w *workspace) clear() {
	for _, word := range w.used {
		w.bits[word], w.multi[word] = 0, 0
	}
	w.used, w.runs, w.chains, w.own = w.used[:0], w.runs[:0], w.chains[:0], w.own[:0]
	w.slots, w.lists = nil, nil
	if cap(w.infos) > keptPlaces {
		w.infos, w.next, w.hashes, w.misses = nil, nil, nil, nil
	}
}

// keptPlaces is the size above which memory for one article is not kept.
const keptPlaces = 1 << 15

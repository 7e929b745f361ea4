package match

import (
	"math/bits"
	"slices"
	"strings"

	"github.com/copytaster/copytaster/monitor/rule"
	"github.com/copytaster/copytaster/monitor/text"
)

// find appends the rules that the article matches, in order, each plus base,
// but not those that are dead.
func (s *segment) find(dst []int32, x *article, base int32, dead []uint64) []int32 {
	w := s.pool.Get().(*workspace)
	s.lookUp(w, x)
	w.chainUp()
	s.facts(w, x)
	s.scan(w, x)
	for i, summary := range w.hits {
		for ; summary != 0; summary &= summary - 1 {
			j := i<<6 + bits.TrailingZeros64(summary)
			found := w.hit[j]
			w.hit[j] = 0
			if dead != nil {
				found &^= dead[j]
			}
			for ; found != 0; found &= found - 1 {
				dst = append(dst, base+int32(j<<6+bits.TrailingZeros64(found)))
			}
		}
		w.hits[i] = 0
	}
	w.clear()
	s.pool.Put(w)
	return dst
}

// lookUp finds the ids of the article's words. Hashes, slots and what follows
// from them are separate loops, so that the processor waits for many slots at
// a time.
func (s *segment) lookUp(w *workspace, x *article) {
	list, l := x.scan.Words, x.scan.Stemmer
	n := len(list) + int(text.Content) + 1
	if cap(w.infos) < n {
		size := n + n/2
		w.infos, w.next, w.hashes = make([]idSet, size), make([]uint32, size), make([]uint64, size)
	}
	w.infos, w.next = w.infos[:n], w.next[:n]
	hashes := w.hashes[:len(list)]
	w.misses = w.misses[:0]
	w.slots = s.table.current.Load()
	touched, slots := uint64(0), w.slots.list
	mask := uint64(len(slots) - 1)
	for i := range hashes {
		h := s.table.hash(list[i].Key, l)
		hashes[i] = h
		touched += slots[h&mask].meta.Load()
	}
	w.touched += touched
	place := uint32(1)
	from := 0
	w.infos[0] = idSet{}
	for f := text.Title; f <= text.Content; f++ {
		to := x.scan.Ends[f]
		infos := w.infos[place:]
		words, hashes := list[from:to], hashes[from:to]
		for i := range words {
			set, ok := w.slots.find(hashes[i], words[i].Key, l)
			infos[i] = set
			if !ok {
				w.misses = append(w.misses, uint32(from+i))
			}
		}
		place += uint32(to - from)
		w.ends[f] = place
		w.infos[place] = idSet{}
		place++
		from = to
	}
	if len(w.misses) > 0 {
		s.learn(w, x)
	}
	w.lists = *w.slots.lists.Load()
}

// learn looks up words that were not known.
func (s *segment) learn(w *workspace, x *article) {
	l := x.scan.Stemmer
	for _, i := range w.misses {
		set, in := s.table.learn(x.scan.Words[i].Key, x.word(i), l)
		if in != w.slots {
			s.lookAgain(w, x, in)
			return
		}
		w.infos[i+uint32(x.field(i))] = set
	}
}

// lookAgain looks up all words in another table than the one begun with.
func (s *segment) lookAgain(w *workspace, x *article, in *slots) {
	l := x.scan.Stemmer
	w.slots = in
	for i := range uint32(len(x.scan.Words)) {
		key := x.scan.Words[i].Key
		set, ok := in.find(s.table.hash(key, l), key, l)
		if !ok {
			from := len(w.own)
			w.own = append(w.own, s.words.of(nil, s.table.reader, x.word(i), l)...)
			set = idSet{uint32(from), uint32(len(w.own)-from) | isList | isOwn}
		}
		w.infos[i+uint32(x.field(i))] = set
	}
}

// list returns the ids of a set that is no range.
func (w *workspace) list(set idSet) []uint32 {
	from, to := set.at, set.at+set.n&setLength
	if set.n&isOwn != 0 {
		return w.own[from:to]
	}
	return w.lists[from:to]
}

// holds reports whether the word at a place has an id.
func (w *workspace) holds(place, id uint32) bool {
	set := w.infos[place]
	if set.n&isList == 0 {
		return id-set.at < set.n
	}
	return slices.Contains(w.list(set), id)
}

// chainUp links the places of words that have the same ids, and notes the ids.
func (w *workspace) chainUp() {
	w.chains = append(w.chains, chain{})
	w.mark(always, 0)
	infos := w.infos
	next := w.next[:len(infos)]
	for i, set := range infos {
		if set.n&setLength == 0 {
			continue
		}
		p := uint32(i)
		first := set.at
		if set.n&isList != 0 {
			first = w.list(set)[0]
		}
		next[p] = 0
		if w.has(first) {
			if c := &w.chains[w.chain[first]]; c.set == set {
				next[c.last] = p
				c.last = p
				c.count++
				continue
			}
		}
		in := uint32(len(w.chains))
		w.chains = append(w.chains, chain{set: set, first: p, last: p, count: 1})
		if set.n&isList != 0 {
			for _, id := range w.list(set) {
				w.mark(id, in)
			}
			continue
		}
		w.markRange(set, in)
	}
}

// markRange is mark for a range of ids.
func (w *workspace) markRange(set idSet, in uint32) {
	word, shift := set.at>>6, set.at&63
	bits := (uint64(1)<<set.n - 1) << shift
	if shift+set.n > 64 || w.bits[word]&bits != 0 {
		for id := set.at; id < set.at+set.n; id++ {
			w.mark(id, in)
		}
		return
	}
	if w.bits[word] == 0 {
		w.used = append(w.used, word)
	}
	w.bits[word] |= bits
	for i := range w.chain[set.at : set.at+set.n] {
		w.chain[set.at+uint32(i)] = in
	}
	w.runs = append(w.runs, run{set.at, set.at + set.n})
}

// mark notes that the article has an id, in a chain.
func (w *workspace) mark(id uint32, in uint32) {
	word, bit := id>>6, uint64(1)<<(id&63)
	if w.bits[word]&bit != 0 {
		w.multi[word] |= bit
		return
	}
	if w.bits[word] == 0 {
		w.used = append(w.used, word)
	}
	w.bits[word] |= bit
	w.chain[id] = in
	w.runs = append(w.runs, run{id, id + 1})
}

// facts notes the ids of what is known of the article beside its text.
func (s *segment) facts(w *workspace, x *article) {
	first := s.words.first
	if first[site] == first[kinds] {
		return
	}
	if first[site] < first[inLanguage] {
		rule.FactKeys(x.a, x.scan.Language, w.name, func(k rule.Kind, key string) {
			if id, ok := s.words.fact(factKind(k), key); ok && !w.has(id) {
				w.mark(id, 0)
			}
		})
	}
	if x.scan.Language == "" {
		for id := first[inLanguage]; id < first[kinds]; id++ {
			w.mark(id, 0)
		}
		return
	}
	for tag := x.scan.Language; tag != ""; tag = tag[:max(strings.LastIndexByte(tag, '-'), 0)] {
		if id, ok := s.words.fact(inLanguage, tag); ok {
			w.mark(id, 0)
		}
	}
}

// keptNames bounds the names of feeds whose keys are remembered.
const keptNames = 1 << 12

func (w *workspace) name(s string) string {
	if s == "" {
		return ""
	}
	key, ok := w.keys[s]
	if !ok {
		if len(w.keys) >= keptNames {
			clear(w.keys)
		}
		key = rule.NameKey(s)
		w.keys[strings.Clone(s)] = key
	}
	return key
}

// scan tests the entries of all ids that the article has. It goes in steps
// that each do one thing for many entries, without a branch that depends on
// them, because memory far away and branches not foreseen are what costs.
func (s *segment) scan(w *workspace, x *article) {
	total := 0
	for i, r := range w.runs {
		r = run{s.starts[r.from], s.starts[r.to]}
		w.runs[i] = r
		total += int(r.to - r.from)
	}
	touched := uint32(0)
	for _, r := range w.runs {
		if r.from < r.to {
			touched += s.guards[r.from]
		}
	}
	w.touched += uint64(touched)
	if cap(w.found) < total {
		n := total + total/2
		w.found, w.tests, w.others = make([]uint32, n), make([]test, n), make([]uint32, n)
	}
	found := w.found[:total]
	n := 0
	has := w.bits
	for _, r := range w.runs {
		at := r.from
		for _, guard := range s.guards[r.from:r.to] {
			found[n] = at
			n += int(has[guard>>6] >> (guard & 63) & 1)
			at++
		}
	}
	x.scanned += total
	x.looked += n

	found = found[:n]
	tests, others := w.tests[:n], w.others[:n]
	nt, no := 0, 0
	for _, i := range found {
		t := &s.tests[i]
		tests[nt] = *t
		others[no] = i
		other := int((t.what>>(ruleBits+2) + 63) >> 6)
		no += other
		nt += 1 - other
	}
	for i := range tests[:nt] {
		t := &tests[i]
		kind := t.what >> ruleBits
		a, b := has[t.a>>6]>>(t.a&63)^uint64(kind>>1), has[t.b>>6]>>(t.b&63)^uint64(kind)
		holds := a & b & 1
		r := t.what & (maxRules - 1)
		w.hit[r>>6] |= holds << (r & 63)
		w.hits[r>>12] |= holds << (r >> 6 & 63)
	}
	for _, i := range others[:no] {
		t, guard := &s.tests[i], s.guards[i]
		holds := false
		switch t.what >> ruleBits {
		case phrase:
			holds = w.next2(t.b, guard, t.a)
		case near:
			holds = w.near(t.b, guard, t.a, t.a, rule.Anywhere)
		case nearBehind:
			holds = w.near(t.b, guard, 0, t.a, rule.Anywhere)
		case nearBefore:
			holds = w.near(t.b, guard, t.a, 0, rule.Anywhere)
		default:
			holds = s.run(w, x, t)
		}
		if holds {
			r := t.what & (maxRules - 1)
			w.hit[r>>6] |= 1 << (r & 63)
			w.hits[r>>12] |= 1 << (r >> 6 & 63)
		}
	}
	if total > keptEntries {
		w.found, w.tests, w.others = nil, nil, nil
	}
}

// keptEntries is the number of entries above which memory for them is not
// kept.
const keptEntries = 1 << 18

// run tests what takes more than an entry.
func (s *segment) run(w *workspace, x *article, t *test) bool {
	r := t.what & (maxRules - 1)
	if w.hit[r>>6]>>(r&63)&1 != 0 {
		return false // another anchor has led here
	}
	if t.what>>ruleBits == program {
		return w.program(s.code[t.a:])
	}
	d := x.document()
	if l, ok := s.limits[r]; ok && !l.hold(d, x.a) {
		return false
	}
	return s.rules[r].Expr.Holds(d, x.a)
}

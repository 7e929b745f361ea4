package match

import (
	"github.com/copytaster/copytaster/monitor/rule"
	"github.com/copytaster/copytaster/monitor/text"
)

// places walks the places of an id, ascending.
type places struct {
	w   *workspace
	id  uint32
	at  uint32 // the current place, 0 behind the last one
	all bool   // words of several chains have the id: look at each
}

func (w *workspace) places(id uint32) places {
	p := places{w: w, id: id}
	if !w.has(id) {
		return p
	}
	if w.multi[id>>6]>>(id&63)&1 != 0 {
		p.all = true
		p.step()
		return p
	}
	p.at = w.chains[w.chain[id]].first
	return p
}

func (p *places) step() {
	if !p.all {
		p.at = p.w.next[p.at]
		return
	}
	for p.at++; p.at < uint32(len(p.w.infos)); p.at++ {
		if p.w.holds(p.at, p.id) {
			return
		}
	}
	p.at = 0
}

// field returns the field that a place lies in.
func (w *workspace) field(place uint32) text.Field {
	switch {
	case place < w.ends[text.Title]:
		return text.Title
	case place < w.ends[text.Summary]:
		return text.Summary
	}
	return text.Content
}

// next2 reports whether b stands delta places, one or minus one, behind a.
func (w *workspace) next2(a, b, delta uint32) bool {
	for p := w.places(a); p.at != 0; p.step() {
		if w.holds(p.at+delta, b) {
			return true
		}
	}
	return false
}

// near reports whether a word that is b stands at most before places before,
// or behind places behind, another that is a, in one field of a part.
func (w *workspace) near(a, b, before, behind uint32, part rule.Part) bool {
	q := w.places(b)
	last := uint32(0) // the last place of b before that of a
	for p := w.places(a); p.at != 0; p.step() {
		for q.at != 0 && q.at < p.at {
			last = q.at
			q.step()
		}
		f := w.field(p.at)
		if !part.Has(f) {
			continue
		}
		if before > 0 && last != 0 && p.at-last <= before && w.field(last) == f {
			return true
		}
		if behind == 0 || q.at == 0 {
			continue
		}
		after := q
		if after.at == p.at {
			after.step()
		}
		if after.at != 0 && after.at-p.at <= behind && w.field(after.at) == f {
			return true
		}
	}
	return false
}

// program reports whether a program holds.
func (w *workspace) program(code []uint32) bool {
	n := code[0] >> 8
	o := op(code[0] & 0xff)
	code = code[1:n]
	switch o {
	case opTerm:
		return w.term(code[1], rule.Part(code[0]))
	case opPhrase:
		return w.phrase(code[1:], rule.Part(code[0]))
	case opNear:
		return w.near(code[2], code[3], code[1], code[1], rule.Part(code[0]))
	case opOrdered:
		return w.near(code[2], code[3], 0, code[1], rule.Part(code[0]))
	case opNot:
		return !w.program(code)
	case opAnd:
		for ; len(code) > 0; code = code[code[0]>>8:] {
			if !w.program(code) {
				return false
			}
		}
		return true
	case opOr:
		for ; len(code) > 0; code = code[code[0]>>8:] {
			if w.program(code) {
				return true
			}
		}
		return false
	}
	panic("match: unknown operation")
}

func (w *workspace) term(id uint32, part rule.Part) bool {
	if part == rule.Anywhere || !w.has(id) {
		return w.has(id)
	}
	for p := w.places(id); p.at != 0; p.step() {
		if part.Has(w.field(p.at)) {
			return true
		}
	}
	return false
}

func (w *workspace) phrase(ids []uint32, part rule.Part) bool {
	// The word with the fewest places leads.
	lead, fewest := uint32(0), uint32(1<<32-1)
	for i, id := range ids {
		if !w.has(id) {
			return false
		}
		if n := w.chains[w.chain[id]].count; n < fewest && w.multi[id>>6]>>(id&63)&1 == 0 {
			lead, fewest = uint32(i), n
		}
	}
next:
	for p := w.places(ids[lead]); p.at != 0; p.step() {
		f := w.field(p.at)
		if p.at <= lead || p.at-lead+uint32(len(ids)) > uint32(len(w.infos)) || !part.Has(f) {
			continue
		}
		for i, id := range ids {
			// Between fields there is a place without a word.
			if !w.holds(p.at-lead+uint32(i), id) {
				continue next
			}
		}
		return true
	}
	return false
}

package match

import (
	"fmt"
	"hash/maphash"
	"math/bits"
	"slices"
	"sync"
)

// names finds the rules of a segment by name. It is made when it is first
// asked for.
type names struct {
	once  sync.Once
	seed  maphash.Seed
	slots []int32 // 1 + rule
}

// find appends the rules that have a name.
func (n *names) find(dst []int32, rules []Rule, name string) []int32 {
	n.once.Do(func() {
		n.seed = maphash.MakeSeed()
		n.slots = make([]int32, 1<<bits.Len(uint(len(rules)*3/2)))
		for i := range rules {
			h := n.hash(rules[i].Name)
			for n.slots[h] != 0 {
				h = (h + 1) & (len(n.slots) - 1)
			}
			n.slots[h] = int32(i + 1)
		}
	})
	for h := n.hash(name); n.slots[h] != 0; h = (h + 1) & (len(n.slots) - 1) {
		if i := n.slots[h] - 1; rules[i].Name == name {
			dst = append(dst, i)
		}
	}
	return dst
}

func (n *names) hash(name string) int {
	return int(maphash.String(n.seed, name) & uint64(len(n.slots)-1))
}

func (p *part) alive(i int32) bool { return p.dead == nil || p.dead[i>>6]>>(i&63)&1 == 0 }

// live returns the rules that were not removed, in order.
func (p *part) live() []Rule {
	if p.gone == 0 {
		return p.rules
	}
	list := make([]Rule, 0, len(p.rules)-p.gone)
	for i := range p.rules {
		if p.alive(int32(i)) {
			list = append(list, p.rules[i])
		}
	}
	return list
}

const (
	// A part whose size is this share of the one before it, or less than
	// smallest, is kept apart; a larger one is merged into it.
	share    = 16
	smallest = 64
)

// Update returns an index of the same rules without those that have a name in
// remove or are replaced by one in put, and with those of put behind all
// others, in their order. The last of several in put with one name counts. The
// receiver does not change and may be used on. It panics when an Expr is nil.
//
// It takes time for the rules that changed lately, not for all, except that
// once in a while, when those are a sixteenth of all, everything is indexed
// anew.
func (ix *Index) Update(put []Rule, remove []string) *Index {
	last := make(map[string]int, len(put))
	for i := range put {
		if put[i].Expr == nil {
			panic(fmt.Sprintf("match: rule %q has no expression", put[i].Name))
		}
		last[put[i].Name] = i
	}
	next := &Index{parts: slices.Clone(ix.parts), shared: ix.shared}
	changed := make([]bool, len(next.parts)) // whose dead are next's own
	var found []int32
	drop := func(name string) {
		for i := range next.parts {
			p := &next.parts[i]
			found = p.names.find(found[:0], p.rules, name)
			for _, r := range found {
				if !p.alive(r) {
					continue
				}
				if !changed[i] {
					changed[i] = true
					if p.dead == nil {
						p.dead = make([]uint64, len(p.rules)/64+1)
					} else {
						p.dead = slices.Clone(p.dead)
					}
				}
				p.dead[r>>6] |= 1 << (r & 63)
				p.gone++
			}
		}
	}
	for _, name := range remove {
		drop(name)
	}
	var added []Rule
	for i := range put {
		if last[put[i].Name] == i {
			drop(put[i].Name)
			added = append(added, put[i])
		}
	}
	next.add(added)
	return next
}

// add appends rules, and merges parts that have grown too large to be apart.
func (ix *Index) add(rules []Rule) {
	for len(ix.parts) > 0 {
		p := &ix.parts[len(ix.parts)-1]
		room := maxRules - len(p.rules)
		small := len(ix.parts) > 1 && len(p.rules) < smallest
		grown := len(rules) > 0 && len(rules) >= smallest && len(rules) >= len(p.rules)/share
		if !small && !grown && p.gone <= len(p.rules)/2 || len(rules) > room {
			break
		}
		rules = slices.Concat(p.live(), rules)
		ix.parts = ix.parts[:len(ix.parts)-1]
	}
	base := int32(0)
	if n := len(ix.parts); n > 0 {
		base = ix.parts[n-1].base + int32(len(ix.parts[n-1].rules))
	}
	if len(rules) > 0 || len(ix.parts) == 0 {
		// Many small parts follow each other, and each learns the same words:
		// the analyzer remembers their forms.
		var rd reader = ix.shared.analyzer
		if len(ix.parts) == 0 {
			rd = ix.shared.scanner
		}
		ix.parts = append(ix.parts, part{segment: newSegment(rules, ix.shared.scanner, rd), base: base, names: &names{}})
	}
}

// Rule returns a rule by the number that Find gives it. It must not be
// changed.
func (ix *Index) Rule(i int32) *Rule {
	for n := len(ix.parts) - 1; n > 0; n-- {
		if p := &ix.parts[n]; i >= p.base {
			return &p.rules[i-p.base]
		}
	}
	return &ix.parts[0].rules[i]
}

// Rules returns the rules in order. They must not be changed. Their numbers
// are those of Find as long as the index is one that New made.
func (ix *Index) Rules() []Rule {
	if len(ix.parts) == 1 {
		return ix.parts[0].live()
	}
	var list []Rule
	for i := range ix.parts {
		list = append(list, ix.parts[i].live()...)
	}
	return list
}

// Len returns how many rules there are.
func (ix *Index) Len() int {
	n := 0
	for i := range ix.parts {
		n += len(ix.parts[i].rules) - ix.parts[i].gone
	}
	return n
}

package match

import (
	"cmp"
	"slices"

	"github.com/copytaster/copytaster/monitor/rule"
)

// cover is a way to find a rule: an article that it matches has the anchor and
// the guard of at least one of its covers.
type cover struct{ anchor, guard uint32 }

// cost estimates how many entries of a set of covers an article makes us look
// at.
func (c *compiler) cost(covers []cover) float64 {
	sum := 0.0
	for _, cv := range covers {
		sum += float64(c.rates[cv.anchor]) * (1 + 4*float64(c.rates[cv.guard]))
	}
	return sum
}

// maxCovers bounds the entries of one rule.
const maxCovers = 1 << 14

// cover appends the best covers of a condition, false when it has none.
func (c *compiler) cover(dst []cover, i int32) ([]cover, bool) {
	n := &c.nodes[i]
	switch n.op {
	case opTerm:
		if n.neg {
			return dst, false
		}
		return append(dst, cover{n.id, always}), true
	case opPhrase, opNear, opOrdered:
		if n.neg {
			return dst, false
		}
		return append(dst, c.rarest(n.ids)), true
	case opOr:
		from := len(dst)
		for _, k := range n.kids {
			var ok bool
			if dst, ok = c.cover(dst, k); !ok || len(dst)-from > maxCovers {
				return dst[:from], false
			}
		}
		return dst, true
	case opAnd:
		from, best := len(dst), 0.0
		var terms []uint32
		for _, k := range n.kids {
			if kid := &c.nodes[k]; !kid.neg {
				switch kid.op {
				case opTerm:
					terms = append(terms, kid.id)
				case opPhrase, opNear, opOrdered:
					terms = append(terms, kid.ids...)
				}
			}
		}
		var guards cover
		if len(terms) > 0 {
			guards = c.rarest(terms)
		}
		for _, k := range n.kids {
			to := len(dst)
			var ok bool
			if dst, ok = c.cover(dst, k); !ok {
				continue
			}
			for j := to; j < len(dst); j++ {
				cv, id := &dst[j], guards.anchor
				if id == cv.anchor {
					id = guards.guard
				}
				if c.rates[id] < c.rates[cv.guard] {
					cv.guard = id
				}
			}
			cost := c.cost(dst[to:])
			if to > from && cost >= best {
				dst = dst[:to]
				continue
			}
			best = cost
			dst = append(dst[:from], dst[to:]...)
		}
		return dst, len(dst) > from
	}
	return dst, false
}

// rarest returns the two rarest ids.
func (c *compiler) rarest(ids []uint32) cover {
	cv := cover{anchor: ids[0], guard: always}
	for _, id := range ids[1:] {
		switch {
		case id == cv.anchor || id == cv.guard:
		case c.rates[id] < c.rates[cv.anchor]:
			cv = cover{id, cv.anchor}
		case cv.guard == always || c.rates[id] < c.rates[cv.guard]:
			cv.guard = id
		}
	}
	return cv
}

// emit makes the entries of a condition.
func (c *compiler) emit(rule uint32, root int32, unknown bool) {
	if !unknown && c.simple(rule, root) {
		return
	}
	covers, ok := c.cover(c.covers[:0], root)
	c.covers = covers
	if !ok {
		covers = append(covers, cover{always, always})
	}
	e := entry{test: test{what: evaluate<<ruleBits | rule}}
	if !unknown {
		e.test = test{what: program<<ruleBits | rule, a: uint32(len(c.code))}
		c.write(root)
	}
	slices.SortFunc(covers, func(a, b cover) int {
		return cmp.Or(cmp.Compare(a.anchor, b.anchor), cmp.Compare(a.guard, b.guard))
	})
	for _, cv := range slices.Compact(covers) {
		e.anchor, e.guard = cv.anchor, cv.guard
		c.entries = append(c.entries, e)
	}
}

// anywhere reports whether a node is a plain word or fact.
func (n *node) anywhere() bool { return n.op == opTerm && n.part == rule.Anywhere }

// maxAlternatives is how many alternatives become entries of their own.
const maxAlternatives = 4

// simple makes entries that hold a whole condition, if it is of their kinds.
func (c *compiler) simple(i uint32, root int32) bool {
	n := &c.nodes[root]
	if len(n.ids) == 2 && !n.neg && n.part == rule.Anywhere {
		cv := c.rarest(n.ids)
		if cv.guard == always {
			cv.guard = cv.anchor
		}
		e := entry{anchor: cv.anchor, guard: cv.guard, test: test{a: n.distance, b: cv.anchor}}
		first := cv.anchor == n.ids[0]
		switch {
		case n.op == opNear:
			e.what = near
		case n.op == opOrdered && first:
			e.what = nearBehind
		case n.op == opOrdered:
			e.what = nearBefore
		case first:
			e.what, e.a = phrase, 1
		default:
			e.what, e.a = phrase, ^uint32(0)
		}
		e.what = e.what<<ruleBits | i
		c.entries = append(c.entries, e)
		return true
	}
	kids := n.kids
	if n.op != opAnd {
		kids = []int32{root}
	}
	c.terms, c.nots, c.alts = c.terms[:0], c.nots[:0], c.alts[:0]
	for _, k := range kids {
		kid := &c.nodes[k]
		switch {
		case kid.anywhere() && kid.neg:
			c.nots = append(c.nots, kid.id)
		case kid.anywhere():
			c.terms = append(c.terms, kid.id)
		case kid.op == opOr && len(c.alts) == 0 && len(kid.kids) <= maxAlternatives:
			c.alts = append(c.alts, kid.kids...)
		default:
			return false
		}
	}
	slices.Sort(c.terms)
	c.terms = slices.Compact(c.terms)
	rest := len(c.terms) + len(c.nots) - 2
	if len(c.alts) == 0 {
		if rest > 2 || len(c.terms) == 0 || len(c.terms) == 1 && len(c.nots) > 2 {
			return false
		}
		c.conjunction(i, c.terms)
		return true
	}
	if rest+1 > 2 || len(c.terms) == 0 && len(c.nots) > 2 {
		return false
	}
	for _, k := range c.alts {
		if kid := &c.nodes[k]; !kid.anywhere() || kid.neg {
			return false
		}
	}
	own := len(c.terms)
	for _, k := range c.alts {
		id := c.nodes[k].id
		c.terms = c.terms[:own]
		if !slices.Contains(c.terms, id) {
			c.terms = append(c.terms, id)
		}
		c.conjunction(i, slices.Clone(c.terms))
	}
	return true
}

// conjunction makes the entry of one to four terms, of which those in c.nots
// must not be.
func (c *compiler) conjunction(i uint32, terms []uint32) {
	slices.SortFunc(terms, func(a, b uint32) int {
		return cmp.Or(cmp.Compare(c.rates[a], c.rates[b]), cmp.Compare(a, b))
	})
	e := entry{anchor: terms[0]}
	if len(terms) > 1 {
		e.guard = terms[1]
	}
	rest := terms[min(len(terms), 2):]
	switch {
	case len(c.nots) == 2:
		e.what, e.a, e.b = neither, c.nots[0], c.nots[1]
	case len(c.nots) == 1 && len(rest) == 1:
		e.what, e.a, e.b = butNot, rest[0], c.nots[0]
	case len(c.nots) == 1:
		e.what, e.b = butNot, c.nots[0]
	case len(rest) == 2:
		e.what, e.a, e.b = both, rest[0], rest[1]
	case len(rest) == 1:
		e.what, e.a = both, rest[0]
	default:
		e.what = both
	}
	e.what = e.what<<ruleBits | i
	c.entries = append(c.entries, e)
}

// write appends a condition's program: its length and operation, then its
// operands. Programs nest like conditions.
func (c *compiler) write(i int32) {
	n := c.nodes[i]
	at := len(c.code)
	o := n.op
	if n.neg {
		c.code = append(c.code, 0)
		n.neg = false
		c.nodes[i] = n
		c.write(i)
		c.code[at] = uint32(len(c.code)-at)<<8 | uint32(opNot)
		return
	}
	c.code = append(c.code, 0)
	switch o {
	case opTerm:
		c.code = append(c.code, uint32(n.part), n.id)
	case opPhrase:
		c.code = append(append(c.code, uint32(n.part)), n.ids...)
	case opNear, opOrdered:
		c.code = append(c.code, uint32(n.part), n.distance, n.ids[0], n.ids[1])
	default:
		for _, k := range n.kids {
			c.write(k)
		}
	}
	c.code[at] = uint32(len(c.code)-at)<<8 | uint32(o)
}

package rule

import (
	"cmp"
	"slices"

	"github.com/copytaster/copytaster/monitor/text"
)

// places returns the places of a window's part, in order and without repeats.
func (ev *evaluation) places(n Node, part Part) []place {
	var list []place
	switch n := n.(type) {
	case *Phrase:
		s := n.search(ev.document(part), part)
		for first, last, ok := s.next(); ok; first, last, ok = s.next() {
			list = append(list, place{first, last})
		}
	case *In:
		return ev.places(n.Node, n.Within(part))
	case *Or:
		for _, alternative := range n.Nodes {
			list = append(list, ev.places(alternative, part)...)
		}
		slices.SortFunc(list, place.compare)
		list = slices.Compact(list)
	}
	return list
}

// windows calls yield, until it returns false, with the places of the parts,
// in order of the parts, in each window of a Near. Windows are taken from the
// left, each with as few other words as the words up to its last allow, and do
// not overlap.
func (ev *evaluation) windows(n *Near, part Part, yield func(chosen []place) bool) bool {
	s := windowSearch{n: n, d: ev.document(part)}
	all := s.candidates(func(p Node) []place { return ev.places(p, part) })
	if len(all) == 0 {
		return true
	}
	s.best = make([]choice, 1<<len(n.Parts))
	behind, unit := -1, int32(-1)
	for _, c := range all {
		if c.first <= behind {
			continue
		}
		if n.Unit != Words {
			u := s.unit(c.first)
			if u != s.unit(c.last) {
				continue
			}
			if u != unit {
				s.forget()
				unit = u
			}
		}
		if chosen, ok := s.add(c); ok {
			if !yield(chosen) {
				return false
			}
			behind = c.last
			s.forget()
		}
	}
	return true
}

// candidate is a place of one of the parts.
type candidate struct {
	place
	part int
}

// candidates returns the places of all parts that may be in a window, in order:
// those near enough to a place of the part that has the fewest.
func (s *windowSearch) candidates(places func(Node) []place) []candidate {
	lists := make([][]place, len(s.n.Parts))
	rarest, reach := 0, s.n.Distance
	for i, p := range s.n.Parts {
		if lists[i] = places(p); len(lists[i]) == 0 {
			return nil
		}
		if len(lists[i]) < len(lists[rarest]) {
			rarest = i
		}
		longest := 0
		for _, p := range lists[i] {
			longest = max(longest, p.last-p.first+1)
		}
		reach += longest
	}
	tokens := s.d.Tokens()
	rare := make([]int, len(lists[rarest])) // positions, or sentences or paragraphs
	for i, p := range lists[rarest] {
		if rare[i] = int(tokens[p.first].Pos); s.n.Unit != Words {
			rare[i], reach = int(s.unit(p.first)), 0
		}
	}
	var all []candidate
	for part, list := range lists {
		for _, p := range list {
			at := int(tokens[p.first].Pos)
			if s.n.Unit != Words {
				at = int(s.unit(p.first))
			}
			if i, _ := slices.BinarySearch(rare, at-reach); i < len(rare) && rare[i] <= at+reach {
				all = append(all, candidate{p, part})
			}
		}
	}
	slices.SortFunc(all, func(a, b candidate) int { return cmp.Or(a.place.compare(b.place), cmp.Compare(a.part, b.part)) })
	return all
}

// choice is a set of parts with a place for each, of which none overlap.
type choice struct {
	parts uint16
	// others is how many words between the first place and the last are in
	// none of them, less the position of the last word. Of two choices for the
	// same parts the one with less is never worse for what follows both.
	others int32
	last   int32 // token
	places [MaxParts]struct{ first, last int32 }
}

func (c *choice) add(p candidate) {
	c.parts |= 1 << p.part
	c.last = int32(p.last)
	c.places[p.part].first, c.places[p.part].last = int32(p.first), int32(p.last)
}

// windowSearch finds windows among candidates, which come in the order of
// their first words.
type windowSearch struct {
	n *Near
	d *text.Document
	// best holds the best choice for a set of parts, if the set is in known.
	// All its places end before the next candidate.
	best  []choice
	known []uint16
	// open are choices whose last place may not have ended.
	open []choice
}

func (s *windowSearch) unit(token int) int32 {
	if s.n.Unit == Sentence {
		return s.d.Sentence(token)
	}
	return s.d.Paragraph(token)
}

func (s *windowSearch) forget() {
	for _, set := range s.known {
		s.best[set].parts = 0
	}
	s.known, s.open = s.known[:0], s.open[:0]
}

// add takes the next candidate and returns the places of a window that it
// completes.
func (s *windowSearch) add(c candidate) ([]place, bool) {
	s.settle(c.first)
	tokens := s.d.Tokens()
	from, to := tokens[c.first].Pos, tokens[c.last].Pos
	bit := uint16(1) << c.part
	if !s.n.Ordered || c.part == 0 {
		first := choice{others: -to}
		first.add(c)
		s.open = append(s.open, first)
	}
	known := s.known[:0]
	for _, set := range s.known {
		others := s.best[set].others + from - 1
		if s.n.Unit == Words && int(others) > s.n.Distance {
			s.best[set].parts = 0 // too far for all that follow, too
			continue
		}
		known = append(known, set)
		if set&bit != 0 || s.n.Ordered && set != bit-1 {
			continue
		}
		next := s.best[set]
		next.others = others - to
		next.add(c)
		if int(next.parts) == len(s.best)-1 {
			chosen := make([]place, len(s.n.Parts))
			for i := range chosen {
				chosen[i] = place{int(next.places[i].first), int(next.places[i].last)}
			}
			return chosen, true
		}
		s.open = append(s.open, next)
	}
	s.known = known
	return nil, false
}

// settle makes choices that end before a token available to it.
func (s *windowSearch) settle(token int) {
	open := s.open[:0]
	for i := range s.open {
		c := s.open[i]
		if int(c.last) >= token {
			open = append(open, c)
			continue
		}
		switch known := &s.best[c.parts]; {
		case known.parts == 0:
			s.known = append(s.known, c.parts)
			*known = c
		case c.others < known.others:
			*known = c
		}
	}
	s.open = open
}

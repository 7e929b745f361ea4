package rule

import (
	"cmp"
	"strings"
	"unicode/utf8"

	"github.com/copytaster/copytaster/monitor/text"
)

// place is a stretch of tokens.
type place struct{ first, last int }

func (p place) compare(q place) int {
	return cmp.Or(cmp.Compare(p.first, q.first), cmp.Compare(p.last, q.last))
}

// each calls yield with the places of a node, and the first token of each or
// -1, until it returns false. The places of a Near are those of its parts.
func (ev *evaluation) each(n Node, part Part, yield func(s text.Span, token int) bool) bool {
	return ev.walk(n, part, false, yield)
}

// eachWhole is each with the windows of a Near as its places.
func (ev *evaluation) eachWhole(n Node, part Part, yield func(s text.Span, token int) bool) bool {
	return ev.walk(n, part, true, yield)
}

func (ev *evaluation) walk(n Node, part Part, whole bool, yield func(s text.Span, token int) bool) bool {
	switch n := n.(type) {
	case *Phrase:
		d := ev.document(part)
		s := n.search(d, part)
		for {
			first, last, ok := s.next()
			if !ok {
				return true
			}
			if !yield(d.Span(first, last), first) {
				return false
			}
		}
	case *Near:
		d := ev.document(part)
		return ev.windows(n, part, func(chosen []place) bool {
			if whole {
				first, last := chosen[0].first, chosen[0].last
				for _, p := range chosen {
					first, last = min(first, p.first), max(last, p.last)
				}
				return yield(d.Span(first, last), first)
			}
			for _, p := range chosen {
				if !yield(d.Span(p.first, p.last), p.first) {
					return false
				}
			}
			return true
		})
	case *Regexp:
		return ev.matches(n, part, yield)
	case *AtLeast:
		return ev.walk(n.Node, part, whole, yield)
	case *In:
		return ev.walk(n.Node, n.Within(part), whole, yield)
	case *Or:
		for _, alternative := range n.Nodes {
			if !ev.walk(alternative, part, whole, yield) {
				return false
			}
		}
		return true
	}
	panic("rule: unknown node")
}

// entry is a text that a regular expression looks at.
type entry struct {
	field text.Field
	text  string
	from  int // its first byte in the field
	start int // its first code point in the field
}

// entries calls yield with the texts of a part, until it returns false.
func (ev *evaluation) entries(part Part, yield func(e entry) bool) bool {
	d := ev.document(part)
	for f := text.Title; f <= text.URL; f++ {
		if !part.Has(f) {
			continue
		}
		e := entry{field: f, text: d.Text(f)}
		more := f > text.Content
		for rest := e.text; ; {
			if more {
				e.text, rest, more = strings.Cut(rest, "\n")
			}
			if !yield(e) {
				return false
			}
			if !more {
				break
			}
			e.from += len(e.text) + 1
			e.start += utf8.RuneCountInString(e.text) + 1
		}
	}
	return true
}

func (ev *evaluation) matchesAny(n *Regexp, part Part) bool {
	return !ev.entries(part, func(e entry) bool { return !n.Re.MatchString(e.text) })
}

// matches calls yield with the matches of a regular expression that do not
// overlap, until it returns false.
func (ev *evaluation) matches(n *Regexp, part Part, yield func(s text.Span, token int) bool) bool {
	d := ev.document(part)
	return ev.entries(part, func(e entry) bool {
		at, runes := 0, e.start
		for _, m := range n.Re.FindAllStringIndex(e.text, -1) {
			runes += utf8.RuneCountInString(e.text[at:m[0]])
			s := text.Span{Field: e.field, Start: runes, Text: e.text[m[0]:m[1]]}
			runes += utf8.RuneCountInString(s.Text)
			s.End, at = runes, m[1]
			token, ok := d.TokenAt(e.field, e.from+m[0])
			if !ok {
				token = -1
			}
			if !yield(s, token) {
				return false
			}
		}
		return true
	})
}

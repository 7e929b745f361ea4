package rule

import (
	"strings"

	"github.com/copytaster/copytaster/monitor/text"
)

// nearPart says why a node that stands at a column cannot be part of a window.
func (p *parser) nearPart(n Node, column int, op string) error {
	wrong := func(n Node, msg, hint string) error {
		return &SyntaxError{Column: p.within(n, column), Msg: msg, Hint: hint}
	}
	switch n := n.(type) {
	case *Phrase:
		return nil
	case *Or:
		for _, alternative := range n.Nodes {
			if err := p.nearPart(alternative, column, op); err != nil {
				return err
			}
		}
		return nil
	case *In:
		if n.Part&Anywhere == 0 {
			return wrong(n, n.Part.String()+": does not go beside "+op, "write "+n.Part.String()+":(a "+op+" b)")
		}
		return p.nearPart(n.Node, column, op)
	case *Not:
		return wrong(n, op+" cannot look for what must not occur", "what must not occur stands outside: a "+op+" b -c")
	case *And:
		for _, part := range n.Nodes {
			if _, ok := part.(*Not); ok {
				return p.nearPart(part, column, op)
			}
		}
		return wrong(n, op+" has words that must all occur on one side: "+quote(shown(n)), "for one window of all write a "+op+" b "+op+" c; for alternatives (a OR b)")
	case *Near:
		return wrong(n, op+" has a distance on one side: "+quote(shown(n)), "a chain has one window for all: a "+op+" b "+op+" c")
	case *AtLeast:
		return wrong(n, "ATLEAST counts in the whole article and does not go beside "+op, "write it apart: a "+op+" b ATLEAST/3 a")
	case *Regexp:
		return wrong(n, op+" cannot measure from a regular expression", "use words, phrases, wildcards and OR-groups of them")
	}
	return wrong(n, op+" cannot look for "+quote(shown(n)), "use words, phrases, wildcards and OR-groups of them")
}

// within returns where a node begins that is part of what stands at a column.
func (p *parser) within(n Node, column int) int { return max(p.column(n), column) }

// uncountable returns the first node in n that has no places; nil if all do.
func uncountable(n Node) Node {
	switch n := n.(type) {
	case *Phrase, *Near, *Regexp:
		return nil
	case *In:
		return uncountable(n.Node)
	case *Or:
		for _, alternative := range n.Nodes {
			if bad := uncountable(alternative); bad != nil {
				return bad
			}
		}
		return nil
	}
	return n
}

// partOf returns the fields in which a part of a window can be.
func partOf(n Node) Part {
	switch n := n.(type) {
	case *In:
		return n.Part & partOf(n.Node)
	case *Or:
		part := Part(0)
		for _, alternative := range n.Nodes {
			part |= partOf(alternative)
		}
		return part
	case *Near:
		part := ^Part(0)
		for _, p := range n.Parts {
			part &= partOf(p)
		}
		return part
	}
	return ^Part(0)
}

// urlWords returns a node as it is looked for in URLs, which are cut at every
// sign: example.org is a phrase of two words there.
func (p *parser) urlWords(n Node, column int) (Node, error) {
	list := func(nodes []Node) ([]Node, error) {
		cut := make([]Node, len(nodes))
		for i, n := range nodes {
			var err error
			if cut[i], err = p.urlWords(n, column); err != nil {
				return nil, err
			}
		}
		return cut, nil
	}
	var copied Node
	var err error
	switch n := n.(type) {
	case *And:
		c := *n
		c.Nodes, err = list(n.Nodes)
		copied = &c
	case *Or:
		c := *n
		c.Nodes, err = list(n.Nodes)
		copied = &c
	case *Some:
		c := *n
		c.Nodes, err = list(n.Nodes)
		copied = &c
	case *Near:
		c := *n
		c.Parts, err = list(n.Parts)
		copied = &c
	case *Not:
		c := *n
		c.Node, err = p.urlWords(n.Node, column)
		copied = &c
	case *In:
		c := *n
		c.Node, err = p.urlWords(n.Node, column)
		copied = &c
	case *AtLeast:
		c := *n
		c.Node, err = p.urlWords(n.Node, column)
		copied = &c
	case *Phrase:
		return p.urlPhrase(n, column)
	default:
		return n, nil
	}
	p.columns = append(p.columns, placed{copied, p.within(n, column)})
	return copied, err
}

func (p *parser) urlPhrase(n *Phrase, column int) (Node, error) {
	whole := true
	for i := range n.Words {
		whole = whole && text.PlainURL(n.Words[i].source()) == n.Words[i].source()
	}
	if whole {
		return n, nil
	}
	c := &Phrase{Form: n.Form}
	for i := range n.Words {
		w := n.Words[i]
		if w.Pattern != "" {
			c.Words = append(c.Words, w)
			continue
		}
		for _, part := range text.Words(text.PlainURL(w.Term.Word())) {
			c.Words = append(c.Words, p.lex.word(part))
		}
	}
	if len(c.Words) == 0 || len(c.Words) > maxWords {
		return nil, &SyntaxError{Column: column, Msg: "expected between 1 and 1,000 words after url:, found " + quote(shown(n))}
	}
	p.place(c, p.within(n, column))
	return c, nil
}

// shown prints a node for an error or an explanation, cut off where it is
// long.
func shown(n Node) string {
	p := printer{limit: 300}
	n.print(&p)
	s := p.String()
	if !p.full() {
		return s
	}
	r := []rune(strings.ToValidUTF8(s, ""))
	return string(r[:min(len(r), 200)]) + "…"
}

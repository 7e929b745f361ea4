package rule

import (
	"strconv"
	"strings"
	"unicode"
)

// String prints the expression in the language's plainest form. Parsing that
// gives the same expression.
func (e *Expr) String() string {
	var p printer
	e.root.print(&p)
	return p.String()
}

type printer struct {
	strings.Builder
	limit int // bytes after which printing may stop; 0 for none
}

func (p *printer) full() bool { return p.limit > 0 && p.Len() > p.limit }

func (p *printer) join(nodes []Node, sep string) {
	for i, n := range nodes {
		if p.full() {
			return
		}
		if i > 0 {
			p.WriteString(sep)
		}
		p.operand(n)
	}
}

// operand prints a node so that it holds together whatever stands around it.
func (p *printer) operand(n Node) {
	switch n.(type) {
	case *And, *Or, *Near:
		p.group(n)
	default:
		n.print(p)
	}
}

func (p *printer) group(n Node) {
	p.WriteByte('(')
	n.print(p)
	p.WriteByte(')')
}

func (n *And) print(p *printer) { p.join(n.Nodes, " ") }
func (n *Or) print(p *printer)  { p.join(n.Nodes, " OR ") }

func (n *Not) print(p *printer) {
	p.WriteByte('-')
	if _, ok := n.Node.(*Not); ok {
		p.group(n.Node)
		return
	}
	p.operand(n.Node)
}

func (n *In) print(p *printer) {
	p.WriteString(n.Part.String())
	p.WriteByte(':')
	p.single(n.Node)
}

// single prints a node behind a mark.
func (p *printer) single(n Node) {
	switch n.(type) {
	case *Phrase, *Regexp:
		n.print(p)
	default:
		p.group(n)
	}
}

func (n *Near) print(p *printer) {
	op := " NEAR/"
	if n.Ordered {
		op = " ONEAR/"
	}
	switch n.Unit {
	case Sentence:
		op += "S "
	case Paragraph:
		op += "P "
	default:
		op += strconv.Itoa(n.Distance) + " "
	}
	p.join(n.Parts, op)
}

func (n *AtLeast) print(p *printer) {
	p.WriteString("ATLEAST/" + strconv.Itoa(n.N) + " ")
	p.single(n.Node)
}

func (n *Some) print(p *printer) {
	p.WriteString(strconv.Itoa(n.N) + " OF (")
	p.joinBare(n.Nodes, ", ")
	p.WriteByte(')')
}

func (p *printer) joinBare(nodes []Node, sep string) {
	for i, n := range nodes {
		if p.full() {
			return
		}
		if i > 0 {
			p.WriteString(sep)
		}
		n.print(p)
	}
}

func (n *Regexp) print(p *printer) {
	p.WriteString("/" + n.Source + "/")
	if n.Fold {
		p.WriteByte('i')
	}
}

func (n *Phrase) print(p *printer) {
	p.WriteString([...]string{Stemmed: "", Exact: "=", Cased: "+"}[n.Form])
	if len(n.Words) == 1 && (n.Words[0].Pattern != "" || isPlain(n.Words[0].Term.Word())) {
		p.WriteString(n.Words[0].source())
		return
	}
	p.WriteByte('"')
	for i := range n.Words {
		if i > 0 {
			p.WriteByte(' ')
		}
		p.WriteString(n.Words[i].source())
	}
	p.WriteByte('"')
}

func (w *Word) source() string {
	if w.Pattern != "" {
		return w.Pattern
	}
	return w.Term.Word()
}

func (n *Fact) print(p *printer) {
	p.WriteString(n.Kind.String())
	p.WriteByte(':')
	for _, r := range n.Value {
		if !isWordRune(r) && r != '.' && r != '-' {
			p.WriteString(`"` + n.Value + `"`)
			return
		}
	}
	p.WriteString(n.Value)
}

// isPlain reports whether a word can stand without quotes.
func isPlain(w string) bool {
	for _, r := range w {
		if !isWordRune(r) {
			return false
		}
	}
	return !isKeyword(w)
}

// isWordRune reports whether r is part of words and means nothing else.
func isWordRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r)
}

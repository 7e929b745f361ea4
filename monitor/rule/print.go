package rule

import (
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

type printer struct{ strings.Builder }

func (p *printer) join(nodes []Node, sep string) {
	for i, n := range nodes {
		if i > 0 {
			p.WriteString(sep)
		}
		p.operand(n)
	}
}

// operand prints a node so that it holds together whatever stands around it.
func (p *printer) operand(n Node) {
	switch n.(type) {
	case *And, *Or:
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
	if n.Part == Title {
		p.WriteString("title:")
	} else {
		p.WriteString("body:")
	}
	if _, ok := n.Node.(*Phrase); ok {
		n.Node.print(p)
		return
	}
	p.group(n.Node)
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

package rule

import "strings"

// checker finds expressions that cannot be meant.
type checker struct {
	column func(Node) int
}

func (c *checker) fail(n Node, msg, hint string) error {
	return &SyntaxError{Column: c.column(n), Msg: msg, Hint: hint}
}

func (c *checker) check(root Node, scoped bool) error {
	if err := c.clauses(root, false, Anywhere); err != nil {
		return err
	}
	if scoped {
		return nil
	}
	if n := negative(root, false); n != nil {
		return c.fail(n, "expected something that must occur: alone, this matches every article without it",
			"add a word, a phrase, or a scope such as site: or lang:")
	}
	return nil
}

// negative returns the outermost negation by which n, or with neg its
// opposite, holds for an article that has nothing in it; nil when it does not
// hold.
func negative(n Node, neg bool) Node {
	switch n := n.(type) {
	case *And:
		return negatives(n.Nodes, neg, most(len(n.Nodes), !neg))
	case *Or:
		return negatives(n.Nodes, neg, most(len(n.Nodes), neg))
	case *Not:
		inner := negative(n.Node, !neg)
		if inner != nil && !neg {
			return n
		}
		return inner
	case *In:
		return negative(n.Node, neg)
	case *Some:
		least := n.N
		if neg {
			least = len(n.Nodes) - n.N + 1
		}
		return negatives(n.Nodes, neg, least)
	}
	if neg {
		return n
	}
	return nil
}

// negatives returns the first of the negations by which at least so many of
// the nodes hold.
func negatives(nodes []Node, neg bool, least int) Node {
	var first Node
	for _, n := range nodes {
		if found := negative(n, neg); found != nil {
			if least--; first == nil {
				first = found
			}
		}
	}
	if least > 0 {
		return nil
	}
	return first
}

// most returns how many of n nodes must hold: all, or one.
func most(n int, all bool) int {
	if all {
		return n
	}
	return 1
}

// clause is a leaf, or its opposite, among others that must all hold or of
// which any must.
type clause struct {
	node Node
	neg  bool
	part Part
}

// maxPairs bounds how many pairs of words are compared in one group. Larger
// groups are taken as they are.
const maxPairs = 1 << 18

// clauses looks below n for clauses that exclude one another or leave nothing
// out.
func (c *checker) clauses(n Node, neg bool, part Part) error {
	switch n := n.(type) {
	case *Not:
		return c.clauses(n.Node, !neg, part)
	case *In:
		inner := n.Within(part)
		if inner == 0 {
			return c.fail(n, n.Part.String()+": and the field around it exclude each other: this can never match", "use one of them, or join them with OR")
		}
		return c.clauses(n.Node, neg, inner)
	case *And:
		if err := c.group(n.Nodes, neg, part, !neg); err != nil {
			return err
		}
		return c.each(n.Nodes, neg, part)
	case *Or:
		if err := c.group(n.Nodes, neg, part, neg); err != nil {
			return err
		}
		return c.each(n.Nodes, neg, part)
	case *Some:
		return c.each(n.Nodes, neg, part)
	case *Near:
		return c.each(n.Parts, neg, part)
	case *AtLeast:
		return c.clauses(n.Node, neg, part)
	}
	return nil
}

func (c *checker) each(nodes []Node, neg bool, part Part) error {
	for _, n := range nodes {
		if err := c.clauses(n, neg, part); err != nil {
			return err
		}
	}
	return nil
}

// group compares the clauses of an And (all) or an Or.
func (c *checker) group(nodes []Node, neg bool, part Part, all bool) error {
	var unwanted []clause
	wanted := make([]clause, 0, len(nodes))
	for _, n := range nodes {
		cl, ok := asClause(clause{n, neg, part})
		switch {
		case ok && cl.neg:
			unwanted = append(unwanted, cl)
		case ok:
			wanted = append(wanted, cl)
		case all && !cl.neg:
			wanted = append(wanted, implied(cl)...)
		}
	}
	if size(wanted)*size(unwanted) <= maxPairs {
		for _, u := range unwanted {
			for _, w := range wanted {
				switch {
				case all && implies(w, u):
					return c.fail(u.node, "this can never match: "+print(u.node)+" must not occur, but "+print(w.node)+" must", "")
				case !all && implies(u, w):
					return c.fail(u.node, "this always matches: "+print(w.node)+" must occur, or "+print(u.node)+" must not", "")
				}
			}
		}
	}
	if all {
		return c.facts(wanted)
	}
	return nil
}

// implied returns what must be there for a distance or a count to hold.
func implied(cl clause) []clause {
	var list []clause
	add := func(n Node) {
		part, ok := asClause(clause{n, false, cl.part})
		if ok && !part.neg {
			list = append(list, part)
		}
	}
	switch n := cl.node.(type) {
	case *Near:
		for _, p := range n.Parts {
			add(p)
		}
	case *AtLeast:
		add(n.Node)
	}
	return list
}

// size counts the words of clauses.
func size(clauses []clause) int {
	n := 0
	for _, cl := range clauses {
		n++
		if p, ok := cl.node.(*Phrase); ok {
			n += len(p.Words)
		}
	}
	return n
}

// facts finds two sites or two languages that must both be the article's.
func (c *checker) facts(wanted []clause) error {
	var last [2]*Fact // Site and Lang
	for _, w := range wanted {
		f, ok := w.node.(*Fact)
		if !ok || f.Kind != Site && f.Kind != Lang {
			continue
		}
		i := 0
		if f.Kind == Lang {
			i = 1
		}
		if g := last[i]; g != nil && !f.implies(g) && !g.implies(f) {
			return c.fail(f, "this can never match: an article has one "+[]string{"site", "language"}[i], "join them with OR")
		}
		last[i] = f
	}
	return nil
}

// asClause takes the NOTs and fields off a leaf.
func asClause(cl clause) (clause, bool) {
	for {
		switch n := cl.node.(type) {
		case *Not:
			cl.node, cl.neg = n.Node, !cl.neg
		case *In:
			cl.node, cl.part = n.Node, n.Within(cl.part)
		case *Phrase, *Fact:
			return cl, true
		default:
			return cl, false
		}
	}
}

// implies reports whether b is plainly there wherever a is.
func implies(a, b clause) bool {
	switch x := a.node.(type) {
	case *Fact:
		y, ok := b.node.(*Fact)
		return ok && x.implies(y)
	case *Phrase:
		y, ok := b.node.(*Phrase)
		return ok && a.part&^b.part == 0 && x.implies(y)
	}
	return false
}

func (n *Fact) implies(m *Fact) bool {
	if n.Kind != m.Kind {
		return false
	}
	switch n.Kind {
	case Site:
		return n.key == m.key || strings.HasSuffix(n.key, "."+m.key)
	case Lang:
		return n.key == m.key || strings.HasPrefix(n.key, m.key+"-")
	}
	return n.key == m.key
}

// implies reports whether m's words stand side by side in n.
func (n *Phrase) implies(m *Phrase) bool {
	if n.Form < m.Form {
		return false
	}
	for i := 0; i+len(m.Words) <= len(n.Words); i++ {
		same := true
		for j := range m.Words {
			same = same && n.Words[i+j].implies(n.Form, &m.Words[j], m.Form)
		}
		if same {
			return true
		}
	}
	return false
}

func (w *Word) implies(own Form, v *Word, form Form) bool {
	switch {
	case w.Pattern != "" || v.Pattern != "":
		return w.Pattern == v.Pattern
	case own == Stemmed:
		// Words that differ in accents may have different stems.
		return strings.EqualFold(w.surface, v.surface)
	case form == Cased:
		return w.surface == v.surface
	}
	return w.Term.Folded() == v.Term.Folded()
}

func print(n Node) string { return quote(shown(n)) }

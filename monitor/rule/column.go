package rule

import "slices"

// placed is a node, and where in the source it begins.
type placed struct {
	node   Node
	column int
}

// column returns where a node begins; one of a definition begins where its
// name stands.
func (p *parser) column(n Node) int {
	for _, c := range p.columns {
		if c.node == n {
			return c.column
		}
	}
	for _, c := range p.columns {
		if contains(c.node, n) {
			return c.column
		}
	}
	return 1
}

func contains(tree, n Node) bool {
	if tree == n {
		return true
	}
	return slices.ContainsFunc(children(tree), func(c Node) bool { return contains(c, n) })
}

// children returns the nodes directly below n.
func children(n Node) []Node {
	switch n := n.(type) {
	case *And:
		return n.Nodes
	case *Or:
		return n.Nodes
	case *Some:
		return n.Nodes
	case *Near:
		return n.Parts
	case *Not:
		return []Node{n.Node}
	case *In:
		return []Node{n.Node}
	case *AtLeast:
		return []Node{n.Node}
	}
	return nil
}

// place notes where a node begins and how large it is.
func (p *parser) place(n Node, column int) {
	p.columns = append(p.columns, placed{n, column})
	p.size++
	switch n := n.(type) {
	case *Phrase:
		p.size += len(n.Words)
	case *Near:
		p.size += 2 * len(n.Parts)
	}
}

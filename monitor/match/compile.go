package match

import (
	"github.com/copytaster/copytaster/monitor/rule"
	"github.com/copytaster/copytaster/monitor/text"
)

// compiler turns rules into conditions on ids.
type compiler struct {
	rules []Rule
	first int // the number of the first of them

	lex   *lexicon
	uses  []uint32 // the lexicon's numbers in the order in which rules ask
	next  int      // in uses, when they are compiled
	ids   [kinds][]uint32
	rates []float32

	nodes   []node
	entries []entry
	code    []uint32
	// limits are those of rules that are left to the evaluator.
	limits map[uint32]limits

	terms, nots []uint32
	alts        []int32
	covers      []cover
}

// node is a condition. It stands in compiler.nodes before those it is made of.
type node struct {
	op   op
	part rule.Part
	neg  bool // a term that must not be
	id   uint32
	// distance, for near: how far apart two words' places may be.
	distance uint32
	ids      []uint32
	kids     []int32
}

type op uint8

const (
	opTerm    op = iota // an id
	opPhrase            // ids next to each other
	opNear              // two ids within a distance
	opOrdered           // the same, in their order
	opNot
	opAnd
	opOr
	opUnknown // what only the evaluator can tell
)

// walk calls word and fact for everything in a rule that is numbered, in the
// order in which compile asks for the numbers.
func (c *compiler) walk(n rule.Node) {
	switch n := n.(type) {
	case *rule.And:
		c.walkAll(n.Nodes)
	case *rule.Or:
		c.walkAll(n.Nodes)
	case *rule.Some:
		c.walkAll(n.Nodes)
	case *rule.Near:
		c.walkAll(n.Parts)
	case *rule.Not:
		c.walk(n.Node)
	case *rule.AtLeast:
		c.walk(n.Node)
	case *rule.In:
		c.walk(n.Node)
	case *rule.Fact:
		c.uses = append(c.uses, c.lex.add(factKind(n.Kind), n.Key(), 1))
	case *rule.Phrase:
		for i := range n.Words {
			w := &n.Words[i]
			switch {
			case w.Pattern != "":
				c.uses = append(c.uses, c.lex.add(pattern, w.Pattern, 1))
			case n.Form == rule.Stemmed:
				c.uses = append(c.uses, c.lex.word(w.Term.Word()))
			default:
				c.uses = append(c.uses, c.lex.add(exactWord, w.Term.Folded(), 1))
			}
		}
	}
}

func (c *compiler) walkAll(nodes []rule.Node) {
	for _, n := range nodes {
		c.walk(n)
	}
}

// read numbers what a rule asks for.
func (c *compiler) read(r *Rule) {
	c.walk(r.Expr.Root())
	if len(r.In) > 0 || r.Language != "" {
		l := newLimits(r)
		for _, f := range l.feeds {
			c.uses = append(c.uses, c.lex.add(factKind(f.Kind), f.Key(), 1))
		}
		if l.language != "" {
			c.uses = append(c.uses, c.lex.add(inLanguage, l.language, 1))
		}
	}
}

func (c *compiler) use() uint32 {
	n := c.uses[c.next]
	c.next++
	return c.ids[n&7][n>>3]
}

// maxNodes bounds what becomes a program. Larger rules are the evaluator's.
const maxNodes = 1 << 20

// compile makes the entries of a rule that was read.
func (c *compiler) compile(i uint32, r *Rule) {
	c.nodes = c.nodes[:0]
	root, unknown := c.node(r.Expr.Root(), false, rule.Anywhere), false
	if len(r.In) > 0 || r.Language != "" {
		l := newLimits(r)
		kids := []int32{root}
		if l.scoped {
			var feeds []int32
			for range l.feeds {
				feeds = append(feeds, c.make(node{op: opTerm, part: rule.Anywhere, id: c.use()}))
			}
			if len(feeds) > 0 {
				kids = append(kids, c.group(opOr, feeds))
			}
		}
		if l.language != "" {
			kids = append(kids, c.make(node{op: opTerm, part: rule.Anywhere, id: c.use()}))
		}
		root = c.group(opAnd, kids)
		if l.scoped && len(l.feeds) == 0 {
			return // a scope that names nothing
		}
		defer func() {
			if unknown {
				c.limits[i] = l
			}
		}()
	}
	unknown = len(c.nodes) > maxNodes
	for j := range c.nodes {
		unknown = unknown || c.nodes[j].op == opUnknown
	}
	c.emit(i, root, unknown)
}

func (c *compiler) make(n node) int32 {
	c.nodes = append(c.nodes, n)
	return int32(len(c.nodes) - 1)
}

func (c *compiler) group(o op, kids []int32) int32 {
	if len(kids) == 1 {
		return kids[0]
	}
	flat := kids[:0:0]
	for _, k := range kids {
		if c.nodes[k].op == o {
			flat = append(flat, c.nodes[k].kids...)
		} else {
			flat = append(flat, k)
		}
	}
	return c.make(node{op: o, kids: flat})
}

func (c *compiler) unknown() int32 { return c.make(node{op: opUnknown}) }

// node compiles n, or with neg its opposite, within a part.
func (c *compiler) node(n rule.Node, neg bool, part rule.Part) int32 {
	all := func(nodes []rule.Node, o op) int32 {
		kids := make([]int32, len(nodes))
		for i := range nodes {
			kids[i] = c.node(nodes[i], neg, part)
		}
		return c.group(o, kids)
	}
	// partly compiles what is behind the evaluator's clause n, of which all
	// nodes, or any, must hold for n to hold.
	partly := func(nodes []rule.Node, o op) int32 {
		kids := make([]int32, len(nodes))
		for i := range nodes {
			kids[i] = c.node(nodes[i], false, part)
		}
		if neg {
			return c.unknown()
		}
		return c.group(opAnd, []int32{c.group(o, kids), c.unknown()})
	}
	switch n := n.(type) {
	case *rule.And:
		if neg {
			return all(n.Nodes, opOr)
		}
		return all(n.Nodes, opAnd)
	case *rule.Or:
		if neg {
			return all(n.Nodes, opAnd)
		}
		return all(n.Nodes, opOr)
	case *rule.Not:
		return c.node(n.Node, !neg, part)
	case *rule.In:
		return c.node(n.Node, neg, n.Within(part))
	case *rule.AtLeast:
		return partly([]rule.Node{n.Node}, opAnd)
	case *rule.Some:
		if n.N == len(n.Nodes) {
			return partly(n.Nodes, opAnd)
		}
		return partly(n.Nodes, opOr)
	case *rule.Near:
		return c.near(n, neg, part, func() int32 { return partly(n.Parts, opAnd) })
	case *rule.Fact:
		return c.make(node{op: opTerm, part: rule.Anywhere, id: c.use(), neg: neg})
	case *rule.Phrase:
		return c.phrase(n, neg, part)
	}
	return c.unknown()
}

func (c *compiler) phrase(n *rule.Phrase, neg bool, part rule.Part) int32 {
	ids := make([]uint32, len(n.Words))
	for i := range ids {
		ids[i] = c.use()
	}
	p := node{op: opPhrase, part: part, neg: neg, ids: ids}
	if len(ids) == 1 {
		p = node{op: opTerm, part: part, neg: neg, id: ids[0]}
	}
	switch {
	case part&^rule.Anywhere != 0 || part == 0:
		// Authors, categories and URLs are no words of the article.
		return c.unknown()
	case n.Form != rule.Cased:
		return c.make(p)
	case neg:
		return c.unknown()
	}
	return c.group(opAnd, []int32{c.make(p), c.unknown()})
}

// near compiles two single words near each other, else what otherwise does.
func (c *compiler) near(n *rule.Near, neg bool, part rule.Part, otherwise func() int32) int32 {
	plain := len(n.Parts) == 2 && n.Unit == rule.Words && part&^rule.Anywhere == 0 && part != 0 && n.Distance < text.FieldGap
	for _, p := range n.Parts {
		word, ok := p.(*rule.Phrase)
		plain = plain && ok && len(word.Words) == 1 && word.Form != rule.Cased
	}
	if !plain {
		return otherwise()
	}
	o := opNear
	if n.Ordered {
		o = opOrdered
	}
	ids := []uint32{c.use(), c.use()}
	return c.make(node{op: o, part: part, neg: neg, ids: ids, distance: uint32(n.Distance) + 1})
}

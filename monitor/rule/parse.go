package rule

import (
	"cmp"
	"slices"
	"strconv"
)

// Bounds of an expression. What exceeds them is a SyntaxError.
const (
	// MaxSource is the longest source in bytes.
	MaxSource = 1 << 20
	// MaxDepth is how deep parentheses, NOTs and fields may nest.
	MaxDepth = 1000

	maxPatterns = 1000    // words with wildcards
	maxWords    = 1000    // words in one phrase
	maxSize     = 1 << 20 // nodes and words, with those of definitions
)

// Parse reads an expression. An error is a *SyntaxError.
//
// An expression that can never match, that has a part which can never match or
// always does, or that would match everything but what it excludes is an
// error where that is plain to see.
func Parse(src string) (*Expr, error) {
	return ParseWith(src, Options{})
}

// ParseScoped is Parse for an expression that something outside limits, such
// as a rule's own list of feeds: it may consist of negative parts alone.
func ParseScoped(src string) (*Expr, error) {
	return ParseWith(src, Options{Scoped: true})
}

// ParseWith is Parse with options.
func ParseWith(src string, o Options) (*Expr, error) {
	return parse(src, o, o.Define.find)
}

func parse(src string, o Options, find func(string) (*Expr, *SyntaxError)) (*Expr, error) {
	l, err := newLexer(src)
	if err != nil {
		return nil, err
	}
	p := &parser{lex: l, find: find, columns: make([]placed, 0, 4)}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.tok.kind == end {
		return nil, &SyntaxError{Column: 1, Msg: "expected a word, a phrase or (, found nothing"}
	}
	root, err := p.or("")
	if err != nil {
		return nil, err
	}
	if p.tok.kind == closing {
		return nil, p.fail("this ) closes nothing", "")
	}
	c := checker{column: p.column}
	if err := c.check(root, o.Scoped); err != nil {
		return nil, err
	}
	slices.SortStableFunc(l.warnings, func(a, b Warning) int { return cmp.Compare(a.Column, b.Column) })
	return &Expr{root: root, size: p.size, depth: p.deepest, warnings: l.warnings}, nil
}

type parser struct {
	lex     *lexer
	tok     token
	find    func(name string) (*Expr, *SyntaxError)
	depth   int
	deepest int
	size    int
	columns []placed
}

func (p *parser) advance() (err error) {
	p.tok, err = p.lex.next()
	return err
}

func (p *parser) fail(msg, hint string) error {
	return &SyntaxError{Column: p.tok.column, Msg: msg, Hint: hint}
}

// expected says that an operand is missing at the current token. after is what
// stands before it.
func (p *parser) expected(after string) error {
	msg := "expected a word, a phrase or ("
	if after != "" {
		msg += " after " + after
	}
	hint := ""
	if p.tok.kind == end {
		msg += ", found the end"
	} else {
		msg += ", found " + p.tok.text()
		switch p.tok.kind {
		case or, and, near:
			hint = "to look for the word itself, put it in quotes"
		}
	}
	return p.fail(msg, hint)
}

// or reads alternatives up to a ), a comma or the end. after is what stands
// before them.
func (p *parser) or(after string) (Node, error) {
	var nodes []Node
	mixed, first := false, 0
	for {
		n, count, err := p.and(after)
		if err != nil {
			return nil, err
		}
		mixed = mixed || count > 1
		if inner, ok := n.(*Or); ok {
			nodes = append(nodes, inner.Nodes...)
		} else {
			nodes = append(nodes, n)
		}
		if p.tok.kind != or {
			break
		}
		if first == 0 {
			first = p.tok.column
		}
		after = p.tok.text()
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
	if len(nodes) == 1 {
		return nodes[0], nil
	}
	n := &Or{Nodes: nodes}
	p.size++
	if mixed && first > 0 {
		p.lex.warn(first-1, "OR among words that must all occur: this is read as "+quote(shown(n)), "put the words that belong together in parentheses")
	}
	return n, nil
}

// and reads what stands side by side, and counts it.
func (p *parser) and(after string) (Node, int, error) {
	var nodes []Node
	count := 0
	for {
		n, err := p.not(after)
		if err != nil {
			return nil, 0, err
		}
		count++
		if inner, ok := n.(*And); ok {
			nodes = append(nodes, inner.Nodes...)
		} else {
			nodes = append(nodes, n)
		}
		switch p.tok.kind {
		case end, closing, or, comma:
			if len(nodes) == 1 {
				return nodes[0], count, nil
			}
			p.size++
			return &And{Nodes: nodes}, count, nil
		}
		after = ""
		if p.tok.kind == and {
			after = p.tok.text()
			if err := p.advance(); err != nil {
				return nil, 0, err
			}
		}
	}
}

// enter counts the depth of what encloses the current token.
func (p *parser) enter() error {
	if p.depth++; p.depth > MaxDepth {
		return p.fail("parentheses, NOTs and fields nest deeper than 1,000", "")
	}
	p.deepest = max(p.deepest, p.depth)
	return nil
}

// not reads an operand with the NOTs before it.
func (p *parser) not(after string) (Node, error) {
	tok := p.tok
	if tok.kind != not {
		return p.near(after)
	}
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	if err := p.advance(); err != nil {
		return nil, err
	}
	n, err := p.not(tok.text())
	if err != nil {
		return nil, err
	}
	neg := &Not{Node: n}
	p.place(neg, tok.column)
	return neg, nil
}

// near reads operands with NEAR between them.
func (p *parser) near(after string) (Node, error) {
	start := p.tok.column
	n, err := p.operand(after)
	if err != nil || p.tok.kind != near {
		return n, err
	}
	op := p.tok
	window, column := op.near, start
	for {
		if err := p.nearPart(n, column, op.text()); err != nil {
			return nil, err
		}
		window.Parts = append(window.Parts, n)
		if p.tok.kind != near {
			break
		}
		if t := p.tok.near; t.Distance != op.near.Distance || t.Unit != op.near.Unit || t.Ordered != op.near.Ordered {
			return nil, p.fail("expected "+op.text()+", found "+p.tok.text()+": a chain has one window for all its words", "use the same distance throughout, or two expressions side by side")
		}
		if len(window.Parts) == MaxParts {
			return nil, p.fail("more than 8 parts in one window", "put alternatives into one part: (a OR b)")
		}
		after := p.tok.text()
		if err := p.advance(); err != nil {
			return nil, err
		}
		if column = p.tok.column; p.tok.kind == not {
			return nil, p.fail("expected a word, a phrase or ( after "+after+", found "+p.tok.text(), "what must not occur stands outside: a "+after+" b -c")
		}
		if n, err = p.operand(after); err != nil {
			return nil, err
		}
	}
	if partOf(&window) == 0 {
		return nil, &SyntaxError{Column: op.column, Msg: "this can never match: the sides of " + op.text() + " are in different fields", Hint: "leave out the fields, or " + op.text()}
	}
	p.place(&window, start)
	return &window, nil
}

// operand reads one word, phrase, fact or group with the field or ATLEAST
// before it.
func (p *parser) operand(after string) (Node, error) {
	tok := p.tok
	switch tok.kind {
	case leaf:
		if tok.loose {
			p.lex.likeOperator(&tok)
		}
		p.place(tok.node, tok.column)
		return tok.node, p.advance()
	case named:
		return p.named()
	case open, field, atLeast, some:
	default:
		return nil, p.expected(after)
	}
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	if err := p.advance(); err != nil {
		return nil, err
	}
	switch tok.kind {
	case field:
		if p.tok.kind == not {
			return nil, p.fail("expected a word, a phrase or ( after "+tok.text(), "NOT stands before the field: -"+tok.text()+"word")
		}
		n, err := p.operand(tok.text())
		if err != nil {
			return nil, err
		}
		if tok.part == URL {
			if n, err = p.urlWords(n, tok.column); err != nil {
				return nil, err
			}
		}
		in := &In{Part: tok.part, Node: n}
		p.place(in, tok.column)
		return in, nil
	case atLeast:
		return p.atLeast(tok)
	case some:
		return p.some(tok)
	}
	n, err := p.or("(")
	if err != nil {
		return nil, err
	}
	if p.tok.kind != closing {
		return nil, &SyntaxError{Column: tok.column, Msg: "this ( is never closed", Hint: "add a ) where the group ends"}
	}
	return n, p.advance()
}

// named puts a definition in the place of its name.
func (p *parser) named() (Node, error) {
	e, err := p.find(p.tok.name)
	if err != nil {
		err.Column = p.tok.column
		return nil, err
	}
	switch {
	case p.depth+e.depth > MaxDepth:
		return nil, p.fail("with what @"+p.tok.name+" stands for, parentheses, NOTs and fields nest deeper than 1,000", "")
	case p.size+e.size > maxSize:
		return nil, p.fail("with what @"+p.tok.name+" stands for, the expression has more than a million words", "use fewer or smaller definitions")
	}
	p.deepest = max(p.deepest, p.depth+e.depth)
	p.size += e.size
	p.columns = append(p.columns, placed{e.root, p.tok.column})
	return e.root, p.advance()
}

// atLeast reads what ATLEAST/n counts.
func (p *parser) atLeast(tok token) (Node, error) {
	column := p.tok.column
	if p.tok.kind == not {
		return nil, p.fail("expected a word, a phrase or ( after "+tok.text()+", found "+p.tok.text(), "NOT stands before it: NOT "+tok.text()+" word")
	}
	n, err := p.operand(tok.text())
	if err != nil {
		return nil, err
	}
	if bad := uncountable(n); bad != nil {
		return nil, &SyntaxError{Column: p.within(bad, column), Msg: tok.text() + " cannot count " + quote(shown(bad)),
			Hint: "it counts words, phrases, NEAR, regular expressions and OR-groups of them"}
	}
	if tok.n == 1 {
		p.lex.warn(tok.column-1, tok.text()+" says no more than what stands behind it", "leave it out")
	}
	node := &AtLeast{N: tok.n, Node: n}
	p.place(node, tok.column)
	return node, nil
}

// some reads the list of n OF.
func (p *parser) some(tok token) (Node, error) {
	node := &Some{N: tok.n}
	after := tok.text()
	for {
		n, err := p.or(after)
		if err != nil {
			return nil, err
		}
		node.Nodes = append(node.Nodes, n)
		if p.tok.kind != comma {
			break
		}
		after = p.tok.text()
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
	if p.tok.kind != closing {
		return nil, &SyntaxError{Column: tok.column, Msg: "the list of " + tok.text() + " is never closed", Hint: "add a ) where it ends"}
	}
	of := strconv.Itoa(tok.n) + " OF"
	switch n := len(node.Nodes); {
	case tok.n > n:
		return nil, &SyntaxError{Column: tok.column, Msg: "this can never match: " + of + " a list of " + strconv.Itoa(n), Hint: "separate the list with commas"}
	case tok.n == n:
		p.lex.warn(tok.column-1, of+" "+strconv.Itoa(n)+" asks for all of the list", "write the words side by side")
	case tok.n == 1:
		p.lex.warn(tok.column-1, of+" a list asks for any of it", "write OR between the words")
	}
	p.place(node, tok.column)
	return node, p.advance()
}

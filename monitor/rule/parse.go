package rule

// Bounds of an expression. What exceeds them is a SyntaxError.
const (
	// MaxSource is the longest source in bytes.
	MaxSource = 1 << 20
	// MaxDepth is how deep parentheses, NOTs and fields may nest.
	MaxDepth = 1000

	maxPatterns = 1000 // words with wildcards
	maxWords    = 1000 // words in one phrase
)

// Parse reads an expression. An error is a *SyntaxError.
//
// An expression that can never match, that has a part which can never match or
// always does, or that would match everything but what it excludes is an
// error where that is plain to see.
func Parse(src string) (*Expr, error) {
	return parse(src, false)
}

// ParseScoped is Parse for an expression that something outside limits, such
// as a rule's own list of feeds: it may consist of negative parts alone.
func ParseScoped(src string) (*Expr, error) {
	return parse(src, true)
}

func parse(src string, scoped bool) (*Expr, error) {
	l, err := newLexer(src)
	if err != nil {
		return nil, err
	}
	p := &parser{lex: l, columns: make(map[Node]int)}
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
	c := checker{columns: p.columns}
	if err := c.check(root, scoped); err != nil {
		return nil, err
	}
	return &Expr{root: root}, nil
}

type parser struct {
	lex     *lexer
	tok     token
	depth   int
	columns map[Node]int // of leaves and NOTs
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
		msg += ", found " + p.tok.text
		if p.tok.kind == or || p.tok.kind == and {
			hint = "to look for the word itself, put it in quotes"
		}
	}
	return p.fail(msg, hint)
}

// or reads alternatives up to a ) or the end. after is what stands before
// them.
func (p *parser) or(after string) (Node, error) {
	var nodes []Node
	for {
		n, err := p.and(after)
		if err != nil {
			return nil, err
		}
		if inner, ok := n.(*Or); ok {
			nodes = append(nodes, inner.Nodes...)
		} else {
			nodes = append(nodes, n)
		}
		if p.tok.kind != or {
			break
		}
		after = p.tok.text
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
	if len(nodes) == 1 {
		return nodes[0], nil
	}
	return &Or{Nodes: nodes}, nil
}

// and reads what stands side by side.
func (p *parser) and(after string) (Node, error) {
	var nodes []Node
	for {
		n, err := p.operand(after)
		if err != nil {
			return nil, err
		}
		if inner, ok := n.(*And); ok {
			nodes = append(nodes, inner.Nodes...)
		} else {
			nodes = append(nodes, n)
		}
		if p.tok.kind == end || p.tok.kind == closing || p.tok.kind == or {
			break
		}
		after = ""
		if p.tok.kind == and {
			after = p.tok.text
			if err := p.advance(); err != nil {
				return nil, err
			}
		}
	}
	if len(nodes) == 1 {
		return nodes[0], nil
	}
	return &And{Nodes: nodes}, nil
}

// operand reads one word, phrase, fact or group with the marks before it.
func (p *parser) operand(after string) (Node, error) {
	tok := p.tok
	switch tok.kind {
	case leaf:
		p.columns[tok.node] = tok.column
		return tok.node, p.advance()
	case open, not, field:
	default:
		return nil, p.expected(after)
	}
	if p.depth++; p.depth > MaxDepth {
		return nil, p.fail("parentheses, NOTs and fields nest deeper than 1,000", "")
	}
	defer func() { p.depth-- }()
	if err := p.advance(); err != nil {
		return nil, err
	}
	switch tok.kind {
	case not:
		n, err := p.operand(tok.text)
		if err != nil {
			return nil, err
		}
		neg := &Not{Node: n}
		p.columns[neg] = tok.column
		return neg, nil
	case field:
		if p.tok.kind == not {
			return nil, p.fail("expected a word, a phrase or ( after "+tok.text, "NOT stands before the field: -"+tok.text+"word")
		}
		n, err := p.operand(tok.text)
		if err != nil {
			return nil, err
		}
		in := &In{Part: tok.part, Node: n}
		p.columns[in] = tok.column
		return in, nil
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

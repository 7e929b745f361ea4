package rule

// Warning says what in an expression may not be meant, although it can be
// read.
type Warning struct {
	// Column counts code points of the source from 1.
	Column int    `json:"column"`
	Msg    string `json:"message"`
	// Hint says what to write instead; it may be empty.
	Hint string `json:"hint,omitempty"`
}

func (w Warning) String() string {
	return (&SyntaxError{Column: w.Column, Msg: w.Msg, Hint: w.Hint}).Error()
}

// Lint returns what in the expression may not be meant, in the order of the
// source, at most maxWarnings. Warnings of a definition are its own
// expression's.
func (e *Expr) Lint() []Warning { return e.warnings }

const maxWarnings = 20

// warn notes a warning at an index of the source.
func (l *lexer) warn(at int, msg, hint string) {
	if len(l.warnings) < maxWarnings {
		l.warnings = append(l.warnings, Warning{at + 1, msg, hint})
	}
}

// likeOperator warns of a word that is almost an operator.
func (l *lexer) likeOperator(t *token) {
	hint := ""
	switch string(t.runes) {
	case "or", "Or":
		hint = "write OR for either of two"
	case "and", "And":
		hint = "leave it out: words next to each other must all occur"
	case "not", "Not":
		hint = "write NOT or - for what must not occur"
	case "near", "Near":
		hint = "write NEAR for a distance"
	case "AROUND":
		hint = "write AROUND(10) for a distance"
	case "OF":
		hint = "write 2 OF (a, b, c) for two of a list"
	default:
		return
	}
	l.warn(t.column-1, quote(t.text())+" is looked for as a word", hint+"; or put quotes around the word")
}

package rule

import "fmt"

// SyntaxError says why an expression is none, and where.
type SyntaxError struct {
	// Column counts code points of the source from 1. A column behind the
	// last one means the end.
	Column int
	// Msg says what is wrong and what was expected.
	Msg string
	// Hint says what to write instead; it may be empty.
	Hint string
}

func (e *SyntaxError) Error() string {
	if e.Hint == "" {
		return fmt.Sprintf("column %d: %s", e.Column, e.Msg)
	}
	return fmt.Sprintf("column %d: %s (%s)", e.Column, e.Msg, e.Hint)
}

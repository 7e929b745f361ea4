package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// maxProblems is how many problems are told at most: nobody reads more, and a
// broken file of a hundred thousand feeds must not fill the memory.
const maxProblems = 10_000

// Problem is one mistake in the configuration.
type Problem struct {
	// File is the file to look into, as the user would name it.
	File string
	// Line and Column count from 1, Column in code points. Both are 0 when
	// the mistake has no place in the file.
	Line, Column int
	// Path names the value, such as "feeds[2].tags[0]", list positions
	// counted from 0; "" for the file as a whole.
	Path string
	// Msg says what is wrong and what to do. It shows no secret and no value
	// of an environment variable.
	Msg string
}

// String returns the problem on one line: "FILE:LINE:COLUMN: PATH: MSG", less
// what is not known.
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", p.Line, p.Column)
	}
	b.WriteString(": ")
	if p.Path != "" {
		b.WriteString(p.Path)
		b.WriteString(": ")
	}
	b.WriteString(p.Msg)
	return b.String()
}

// Problems are all the mistakes in a configuration, in the order of the files
// in which they stand: the configuration itself first, then the OPML files it
// names, by name.
type Problems []Problem

// Error returns the problems, one a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// sorted returns the problems in their final order, each once. main is the
// name of the configuration file itself.
func (ps Problems) sorted(main string) Problems {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		aMain, bMain := 1, 1
		if a.File == main {
			aMain = 0
		}
		if b.File == main {
			bMain = 0
		}
		return cmp.Or(
			cmp.Compare(aMain, bMain),
			cmp.Compare(a.File, b.File),
			cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Column, b.Column),
		)
	})
	ps = slices.Compact(ps)
	if len(ps) > maxProblems {
		ps = append(ps[:maxProblems], Problem{
			File: main,
			Msg:  fmt.Sprintf("more than %d problems: the rest is not shown", maxProblems),
		})
	}
	return ps
}

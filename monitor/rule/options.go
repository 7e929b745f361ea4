package rule

import (
	"maps"
	"slices"
	"strings"
)

// Options says how ParseWith reads an expression.
type Options struct {
	// Scoped: something outside limits the expression, such as a rule's own
	// list of feeds, so it may consist of negative parts alone.
	Scoped bool
	// Define holds what @names stand for.
	Define Definitions
}

// Definitions are named expressions, by their names without "@".
type Definitions map[string]*Expr

// maxName is the longest name of a definition in bytes.
const maxName = 64

// ParseDefinitions reads named expressions, which may refer to one another by
// @name in any order, but not in a circle. It returns those that can be read
// and, by name, what is wrong with each of the others; an error is a
// *SyntaxError, its column that of the definition. A definition may consist of
// negative parts alone.
func ParseDefinitions(src map[string]string) (Definitions, map[string]error) {
	r := resolver{src: src, done: make(Definitions), errs: make(map[string]error), open: make(map[string]bool)}
	for _, name := range slices.Sorted(maps.Keys(src)) {
		r.resolve(name)
	}
	return r.done, r.errs
}

// resolver parses definitions in the order in which they need one another.
type resolver struct {
	src  map[string]string
	done Definitions
	errs map[string]error
	open map[string]bool // being parsed now
}

// maxChain is how many definitions may refer to one another in a row.
const maxChain = 1000

func (r *resolver) resolve(name string) {
	if r.done[name] != nil || r.errs[name] != nil {
		return
	}
	if !isName(name) {
		r.errs[name] = &SyntaxError{Column: 1, Msg: "the name " + quote(name) + " is none",
			Hint: "a name is letters, digits, - and _, at most 64 bytes"}
		return
	}
	r.open[name] = true
	defer delete(r.open, name)
	e, err := parse(r.src[name], Options{Scoped: true}, r.find)
	if err != nil {
		r.errs[name] = err
		return
	}
	r.done[name] = e
}

// find returns the definition that another refers to. An error has no column.
func (r *resolver) find(name string) (*Expr, *SyntaxError) {
	switch _, known := r.src[name]; {
	case !known:
		return nil, unknownName(name, slices.Collect(maps.Keys(r.src)))
	case r.open[name]:
		return nil, &SyntaxError{Msg: "@" + name + " stands for itself: the definitions go in a circle", Hint: "write out one of them"}
	case len(r.open) >= maxChain:
		return nil, &SyntaxError{Msg: "more than 1,000 definitions refer to one another in a row", Hint: "write out one of them"}
	}
	r.resolve(name)
	if r.errs[name] != nil {
		return nil, &SyntaxError{Msg: "@" + name + " has an error of its own", Hint: "mend its definition first"}
	}
	return r.done[name], nil
}

// find returns a definition. An error has no column.
func (d Definitions) find(name string) (*Expr, *SyntaxError) {
	if e := d[name]; e != nil {
		return e, nil
	}
	return nil, unknownName(name, slices.Collect(maps.Keys(d)))
}

func unknownName(name string, known []string) *SyntaxError {
	err := &SyntaxError{Msg: "no expression is defined as @" + name}
	slices.Sort(known)
	switch n := len(known); {
	case n == 0:
		err.Hint = "names stand in the define: section of the configuration; to look for the word itself, put it in quotes"
	case n > 5:
		err.Hint = "defined are @" + strings.Join(known[:5], ", @") + " and others"
	default:
		err.Hint = "defined are @" + strings.Join(known, ", @")
	}
	for _, k := range known {
		if strings.EqualFold(k, name) {
			err.Hint = "did you mean @" + k + "?"
		}
	}
	return err
}

// isName reports whether s can name a definition.
func isName(s string) bool {
	for _, r := range s {
		if !isNameRune(r) {
			return false
		}
	}
	return s != "" && len(s) <= maxName
}

func isNameRune(r rune) bool { return isWordRune(r) || r == '-' || r == '_' }

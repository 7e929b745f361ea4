package rule

import (
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

const (
	maxRegexps = 100  // in one expression
	maxRegexp  = 1000 // code points of one
	maxSteps   = 1000 // of one regular expression: what it costs per character at most
)

// regexp reads /…/ or /…/i.
func (l *lexer) regexp() (Node, error) {
	start := l.pos
	i := start + 1
	for i < len(l.raw) && l.raw[i] != '/' && l.raw[i] != '\n' {
		if l.raw[i] == '\\' {
			i++
		}
		i++
	}
	if i >= len(l.raw) || l.raw[i] != '/' {
		return nil, fail(start, "this regular expression is never closed", `end it with /, and write \/ for a slash within`)
	}
	if l.regexps++; l.regexps > maxRegexps {
		return nil, fail(start, "more than 100 regular expressions", "split the expression into several rules")
	}
	if i-start-1 > maxRegexp {
		return nil, fail(start, "a regular expression of more than 1,000 characters", "split it into several, joined with OR")
	}
	n := &Regexp{Source: string(l.raw[start+1 : i])}
	l.pos = i + 1
	stop := l.runEnd()
	switch flags := string(l.src[l.pos:stop]); flags {
	case "":
	case "i":
		n.Fold = true
	default:
		return nil, fail(l.pos, "expected a space or i behind a regular expression, found "+quote(flags), `write \/ for a slash within`)
	}
	l.pos = stop
	tree, err := n.compile(start + 1)
	if err != nil {
		return nil, err
	}
	if !demands(tree, 2) {
		l.warn(start, "this regular expression asks for no two letters in a row, so it is tried on every article", "add letters that must be there, or a word beside it")
	}
	return n, nil
}

// compile reads the source, which stands at an index of the expression's.
func (n *Regexp) compile(at int) (*syntax.Regexp, error) {
	if n.Source == "" {
		return nil, fail(at, "expected a regular expression between the slashes", "")
	}
	src := n.Source
	flags := syntax.Perl
	if n.Fold {
		flags |= syntax.FoldCase
	}
	tree, err := syntax.Parse(src, flags)
	if err != nil {
		return nil, regexpError(err, src, at)
	}
	switch shortest, steps := measure(tree); {
	case shortest == 0:
		return nil, fail(at, "this regular expression matches without any text: it would match everything", "leave out what may be missing at both ends, such as .*")
	case shortest >= never:
		return nil, fail(at, "this regular expression can never match", "")
	case steps > maxSteps:
		return nil, fail(at, "this regular expression is too expensive: repetitions multiply it to more than 1,000 steps", "use smaller numbers in {}, or * and +")
	case isAnyLetter(tree):
		return nil, fail(at, "this regular expression would match everything that has a letter", "add letters that must be there")
	}
	if n.Fold {
		src = "(?i)" + src
	}
	if n.Re, err = regexp.Compile(src); err != nil {
		return nil, regexpError(err, n.Source, at)
	}
	return tree, nil
}

// regexpError says where in a regular expression at an index of the source a
// mistake is.
func regexpError(err error, src string, at int) error {
	msg, hint := err.Error(), "the syntax is RE2's: no backreferences and no lookaround"
	if e, ok := err.(*syntax.Error); ok {
		msg = e.Code.String() + ": " + quote(e.Expr)
		if i := strings.Index(src, e.Expr); i > 0 {
			at += utf8.RuneCountInString(src[:i])
		}
		if e.Code == syntax.ErrMissingParen || e.Code == syntax.ErrUnexpectedParen || e.Code == syntax.ErrMissingBracket {
			hint = `write a parenthesis or bracket that is meant as a sign with a \ before it`
		}
	}
	return fail(at, "this regular expression cannot be read: "+msg, hint)
}

// never is the length of what can never match.
const never = 1 << 20

// measure returns the length in code points of the shortest text that matches,
// and how many steps the expression has when its repetitions are written out.
func measure(re *syntax.Regexp) (shortest, steps int) {
	sum, least, biggest, all := 0, never, 0, 0
	for _, sub := range re.Sub {
		s, n := measure(sub)
		sum, least, biggest = min(sum+s, never), min(least, s), max(biggest, s)
		all = min(all+n, never)
	}
	switch re.Op {
	case syntax.OpNoMatch:
		return never, 1
	case syntax.OpLiteral:
		return len(re.Rune), len(re.Rune)
	case syntax.OpCharClass:
		if len(re.Rune) == 0 {
			return never, 1
		}
		return 1, 1
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return 1, 1
	case syntax.OpStar, syntax.OpQuest:
		return 0, all + 1
	case syntax.OpPlus:
		return sum, all + 1
	case syntax.OpRepeat:
		times := max(re.Min, re.Max, 1)
		return min(sum*re.Min, never), min((all+1)*times, never)
	case syntax.OpAlternate:
		return least, all + 1
	case syntax.OpConcat, syntax.OpCapture:
		return sum, all + 1
	}
	return 0, 1 // assertions
}

// isAnyLetter reports whether one character of many kinds is all that an
// expression asks for.
func isAnyLetter(re *syntax.Regexp) bool {
	shortest, _ := measure(re)
	if shortest > 1 {
		return false
	}
	for _, sub := range re.Sub {
		if re.Op == syntax.OpAlternate && isAnyLetter(sub) {
			return true
		}
	}
	switch re.Op {
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return true
	case syntax.OpCharClass:
		for i := 0; i+1 < len(re.Rune); i += 2 {
			if re.Rune[i] <= 'a' && 'z' <= re.Rune[i+1] {
				return true
			}
		}
		return false
	case syntax.OpPlus, syntax.OpRepeat, syntax.OpCapture:
		return isAnyLetter(re.Sub[0])
	case syntax.OpConcat:
		// The shortest text is one character long, so one part asks for it.
		for _, sub := range re.Sub {
			if s, _ := measure(sub); s == 1 {
				return isAnyLetter(sub)
			} else if sub.Op != syntax.OpStar && sub.Op != syntax.OpQuest && sub.Op != syntax.OpRepeat {
				return false // an assertion
			}
		}
	}
	return false
}

// demands reports whether an expression asks for at least n letters in a row
// that are known, as those of a word are.
func demands(re *syntax.Regexp, n int) bool {
	switch re.Op {
	case syntax.OpLiteral:
		return len(re.Rune) >= n
	case syntax.OpCapture, syntax.OpPlus:
		return demands(re.Sub[0], n)
	case syntax.OpRepeat:
		return re.Min > 0 && demands(re.Sub[0], n)
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			if !demands(sub, n) {
				return false
			}
		}
		return true
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			if demands(sub, n) {
				return true
			}
		}
	}
	return false
}

package rule

import (
	"strconv"
	"strings"
	"unicode"
)

// Bounds of the operators that count. What exceeds them is a SyntaxError.
const (
	// MaxDistance is the most other words that a window may have.
	MaxDistance = 255
	// MaxParts is how many parts one window may have.
	MaxParts = 8
	// MaxTimes is the most that ATLEAST can ask for.
	MaxTimes = 1000

	bareDistance = 4 // of NEAR without a number
)

// operator reads an operator whose name a run is or begins with; the run ends
// at stop. It leaves t alone when the run is none.
func (l *lexer) operator(t *token, run string, stop int) (done bool, err error) {
	start := l.pos
	name, arg, slash := strings.Cut(run, "/")
	switch name {
	case "NEAR", "ONEAR", "W", "PRE":
		// W and PRE alone, or before anything but a distance, are words.
		if name[0] == 'W' || name[0] == 'P' {
			if !slash || !isDistance(arg) {
				return false, nil
			}
		}
		t.kind = near
		t.near = Near{Distance: bareDistance, Ordered: name == "ONEAR" || name == "PRE"}
		l.pos = stop
		if slash {
			err = t.near.measure(arg, start+len(name)+1, name+"/")
		}
		return true, err
	case "AROUND":
		if slash || stop == len(l.src) || l.src[stop] != '(' {
			return false, nil
		}
		end := stop + 1
		for end < len(l.src) && l.src[end] != ')' && !unicode.IsSpace(l.src[end]) {
			end++
		}
		if end == len(l.src) || l.src[end] != ')' {
			return true, fail(stop, "expected a number in parentheses after AROUND", "such as AROUND(10)")
		}
		t.kind, l.pos = near, end+1
		return true, t.near.measure(string(l.src[stop+1:end]), stop+1, "AROUND(")
	case "ATLEAST":
		if !slash {
			return true, fail(start, "expected a number after ATLEAST", "write ATLEAST/3 for at least three times, or quotes around the word")
		}
		t.kind, l.pos = atLeast, stop
		at := start + len("ATLEAST/")
		if t.n, err = number(arg, at, "ATLEAST/", MaxTimes); err != nil {
			return true, err
		}
		if t.n == 0 {
			return true, fail(at, "everything occurs at least 0 times: this always matches", "the least is ATLEAST/1")
		}
		return true, nil
	}
	return l.listOperator(t, run, stop)
}

// listOperator reads "n OF (".
func (l *lexer) listOperator(t *token, run string, stop int) (done bool, err error) {
	if strings.Trim(run, "0123456789") != "" {
		return false, nil
	}
	i := l.skipSpace(stop)
	if i == stop || i+2 > len(l.src) || string(l.src[i:i+2]) != "OF" {
		return false, nil
	}
	if i = l.skipSpace(i + 2); i == len(l.src) || l.src[i] != '(' {
		return false, nil
	}
	t.kind = some
	start := l.pos
	l.pos = i + 1
	l.lists = append(l.lists, true)
	if t.n, err = number(run, start, "", MaxSource); err == nil && t.n == 0 {
		err = fail(start, "0 of a list are always there: this always matches", "the least is 1 OF (…)")
	}
	return true, err
}

func (l *lexer) skipSpace(i int) int {
	for i < len(l.src) && unicode.IsSpace(l.src[i]) {
		i++
	}
	return i
}

// measure reads a distance, S or P, which stands at an index of the source
// behind an operator's name.
func (n *Near) measure(arg string, at int, after string) error {
	switch arg {
	case "S":
		n.Unit, n.Distance = Sentence, 0
		return nil
	case "P":
		n.Unit, n.Distance = Paragraph, 0
		return nil
	}
	if !isDistance(arg) {
		return fail(at, "expected a number, S or P after "+after+", found "+orEnd(arg),
			"NEAR/10 allows ten words between, NEAR/S one sentence, NEAR/P one paragraph")
	}
	var err error
	n.Distance, err = number(arg, at, after, MaxDistance)
	return err
}

func orEnd(s string) string {
	if s == "" {
		return "nothing"
	}
	return quote(s)
}

// number reads a number of ASCII digits that stands at an index of the source.
func number(s string, at int, after string, limit int) (int, error) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, fail(at, "expected a number after "+after+", found "+orEnd(s), "")
	}
	n, err := strconv.Atoi(s)
	if err != nil || n > limit {
		hint := ""
		if limit == MaxDistance {
			hint = "for words far apart use NEAR/P, or leave NEAR out"
		}
		return 0, fail(at, "expected at most "+strconv.Itoa(limit)+", found "+quote(s), hint)
	}
	return n, nil
}

func isDistance(s string) bool {
	return s == "S" || s == "P" || s != "" && strings.Trim(s, "0123456789") == ""
}

// reference reads an @name.
func (l *lexer) reference() (string, error) {
	start := l.pos
	l.pos++
	for l.pos < len(l.src) && isNameRune(l.src[l.pos]) {
		l.pos++
	}
	name := string(l.src[start+1 : l.pos])
	switch {
	case name == "":
		return "", fail(start, "expected a name directly after @", "such as @mediators, defined in the define: section of the configuration")
	case len(name) > maxName:
		return "", fail(start, "the name "+quote(name)+" is longer than 64 bytes", "")
	}
	return name, nil
}

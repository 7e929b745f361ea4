package rule

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// kind is what a token is.
type kind uint8

const (
	end kind = iota
	open
	closing
	or
	and
	not
	field   // title: and its like
	near    // NEAR and its like
	atLeast // ATLEAST/n
	some    // n OF (
	comma   // in the list of n OF
	named   // @name
	leaf    // a phrase, a window, a regular expression or a fact
)

// token is a piece of the source, with its first column.
type token struct {
	kind   kind
	column int
	runes  []rune // as it stands in the source
	part   Part
	node   Node
	near   Near   // what a near says, without parts
	n      int    // of atLeast and some
	name   string // of named
	loose  bool   // a word that stands there without quotes or marks
}

func (t *token) text() string { return string(t.runes) }

// lexer cuts an expression into tokens.
type lexer struct {
	src      []rune // with typographic forms made plain, rune by rune
	raw      []rune // as it was written
	pos      int
	patterns int // words with wildcards so far
	regexps  int
	intern   map[string]*Word
	lists    []bool // the open parentheses: whether each is that of n OF
	warnings []Warning
}

// newLexer checks the source's size and encoding.
func newLexer(src string) (*lexer, error) {
	if len(src) > MaxSource {
		return nil, &SyntaxError{Column: 1, Msg: "the expression is longer than 1 MB", Hint: "split it into several rules"}
	}
	l := &lexer{src: make([]rune, 0, len(src))}
	altered := false
	for i, r := range src {
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(src[i:]); n == 1 {
				return nil, &SyntaxError{Column: len(l.src) + 1, Msg: "this is not UTF-8 text"}
			}
		}
		p := plain(r)
		altered = altered || p != r
		l.src = append(l.src, p)
	}
	if l.raw = l.src; altered {
		l.raw = []rune(src)
	}
	return l, nil
}

// plain returns the plain form of a typographic or full-width character.
func plain(r rune) rune {
	switch r {
	case '“', '”', '„', '‟', '«', '»', '″', '〝', '〞', '〟', '「', '」', '『', '』':
		return '"'
	case '‘', '’', '‛':
		return '\''
	case '\u3000', '\u200b', '\ufeff':
		return ' '
	}
	if '！' <= r && r <= '～' {
		return r - '！' + '!'
	}
	return r
}

// fail returns an error at an index of the source.
func fail(at int, msg, hint string) error {
	return &SyntaxError{Column: at + 1, Msg: msg, Hint: hint}
}

// peek returns the rune n behind the next one, 0 at the end.
func (l *lexer) peek(n int) rune {
	if l.pos+n < len(l.src) {
		return l.src[l.pos+n]
	}
	return 0
}

// next returns the next token.
func (l *lexer) next() (token, error) {
	for l.pos < len(l.src) && unicode.IsSpace(l.src[l.pos]) {
		l.pos++
	}
	start := l.pos
	t := token{column: start + 1}
	if start == len(l.src) {
		return t, nil
	}
	var err error
	switch r := l.src[start]; r {
	case '(':
		t.kind = open
		l.pos++
		l.lists = append(l.lists, false)
	case ')':
		t.kind = closing
		l.pos++
		l.lists = l.lists[:max(len(l.lists)-1, 0)]
	case '|':
		t.kind = or
		l.pos++
	case '-', '–', '—', '−':
		t.kind = not
		l.pos++
		if l.detached() {
			return t, fail(start, `expected a word, a phrase or ( directly after "-"`, "leave a lone dash out; words are found with and without it")
		}
	case '/':
		t.kind = leaf
		t.node, err = l.regexp()
	case '@':
		t.kind = named
		t.name, err = l.reference()
	case '!':
		return t, fail(start, `"!" means nothing here`, "write NOT or - for what must not occur")
	case '=', '+':
		l.pos++
		form := Exact
		if r == '+' {
			form = Cased
		}
		if l.detached() {
			return t, fail(start, "expected a word or a phrase directly after "+quote(string(r)), "")
		}
		t.kind = leaf
		t.node, err = l.phrase(form)
	case '"':
		t.kind = leaf
		t.node, err = l.phrase(Stemmed)
	default:
		if l.isComma(start) {
			t.kind = comma
			l.pos++
			break
		}
		t, err = l.run()
	}
	t.runes = l.src[start:l.pos]
	return t, err
}

// detached reports whether nothing that a mark could belong to follows.
func (l *lexer) detached() bool {
	r := l.peek(0)
	return r == 0 || unicode.IsSpace(r) || r == ')' || r == '|' || l.isComma(l.pos)
}

// isComma reports whether a comma at i separates the entries of n OF (…).
func (l *lexer) isComma(i int) bool {
	if i >= len(l.src) || len(l.lists) == 0 || !l.lists[len(l.lists)-1] {
		return false
	}
	return l.src[i] == ',' || l.src[i] == '、' || l.src[i] == '،'
}

// runEnd returns where the run of characters at the position ends that belong
// together without quotes.
func (l *lexer) runEnd() int {
	i := l.pos
	for i < len(l.src) && !unicode.IsSpace(l.src[i]) && !strings.ContainsRune("()|", l.src[i]) && !l.isQuote(i) && !l.isComma(i) {
		i++
	}
	return i
}

// isQuote reports whether a quotation mark stands at i. Between two Hebrew
// letters it is a letter: the gershayim of an abbreviation.
func (l *lexer) isQuote(i int) bool {
	return l.src[i] == '"' && (i == 0 || i+1 == len(l.src) ||
		!unicode.Is(unicode.Hebrew, l.src[i-1]) || !unicode.Is(unicode.Hebrew, l.src[i+1]))
}

// maxFieldName is at least the length of the longest field's name.
const maxFieldName = 10

// run reads a keyword, a field mark, a fact or a word.
func (l *lexer) run() (token, error) {
	start := l.pos
	t := token{column: start + 1}
	// Fields first: many in a row would make each run long.
	for i := start; i < len(l.src) && i-start <= maxFieldName; i++ {
		if l.src[i] == ':' && i > start {
			if name := string(l.src[start:i]); isASCIILetters(name) {
				if done, err := l.field(&t, name, i+1); done || err != nil {
					return t, err
				}
			}
			break
		}
	}
	stop := l.runEnd()
	run := string(l.src[start:stop])
	switch run {
	case "OR", "AND", "NOT":
		l.pos = stop
		t.kind = map[string]kind{"OR": or, "AND": and, "NOT": not}[run]
		return t, nil
	}
	if done, err := l.operator(&t, run, stop); done || err != nil {
		return t, err
	}
	if i := strings.IndexByte(run, ':'); i > maxFieldName && isASCIILetters(run[:i]) {
		if done, err := l.field(&t, run[:i], start+i+1); done || err != nil {
			return t, err
		}
	}
	t.loose = true
	var err error
	t.kind = leaf
	t.node, err = l.phrase(Stemmed)
	return t, err
}

// field reads what a name with a colon begins, if it is a field; at is where
// its value begins.
func (l *lexer) field(t *token, name string, at int) (done bool, err error) {
	start := l.pos
	attached := at < len(l.src) && !unicode.IsSpace(l.src[at]) && !strings.ContainsRune(")|", l.src[at])
	name = strings.ToLower(name)
	needsValue := func() error {
		if attached {
			return nil
		}
		return fail(min(at, len(l.src)), "expected a word or a phrase directly after "+name+":", "put text that ends in a colon in quotes")
	}
	switch name {
	case "site", "feed", "tag", "lang":
		if err := needsValue(); err != nil {
			return true, err
		}
		t.kind = leaf
		l.pos = at
		t.node, err = l.fact(Kind(slices.Index(kindNames[:], name)))
		return true, err
	}
	if part := partNamed(name); part != 0 {
		t.kind, t.part = field, part
		l.pos = at
		return true, needsValue()
	}
	if !attached {
		return false, nil // "Breaking: …" is a word
	}
	return true, fail(start, "unknown field "+quote(name+":"), "the fields are title: body: author: category: url: site: feed: tag: lang:; put text with a colon in quotes")
}

// fact reads the value of a fact.
func (l *lexer) fact(k Kind) (Node, error) {
	at := l.pos
	if l.peek(0) == '(' {
		return nil, fail(at, "expected a word or a quoted phrase after "+k.String()+":", "for several write ("+k.String()+":a OR "+k.String()+":b)")
	}
	value, err := l.value()
	if err != nil {
		return nil, err
	}
	f, err := NewFact(k, string(value))
	if err != nil {
		err.(*SyntaxError).Column = at + 1
		return nil, err
	}
	return f, nil
}

// value reads a quoted text or a run and returns it without its quotes.
func (l *lexer) value() ([]rune, error) {
	start := l.pos
	if l.src[start] != '"' {
		l.pos = l.runEnd()
		return l.src[start:l.pos], nil
	}
	for i := start + 1; i < len(l.src); i++ {
		if l.isQuote(i) {
			l.pos = i + 1
			return l.src[start+1 : i], nil
		}
	}
	return nil, fail(start, "this quotation mark is never closed", "")
}

// isKeyword reports whether a word must be quoted to be one.
func isKeyword(w string) bool {
	switch w {
	case "OR", "AND", "NOT", "NEAR", "ONEAR", "AROUND", "W", "PRE", "ATLEAST", "OF":
		return true
	}
	return false
}

func isASCIILetters(s string) bool {
	for i := range len(s) {
		if c := s[i] | 0x20; c < 'a' || c > 'z' {
			return false
		}
	}
	return true
}

// quote shows a piece of the source in an error, shortened.
func quote(s string) string {
	if r := []rune(s); len(r) > 40 {
		s = string(r[:40]) + "…"
	}
	return "“" + s + "”"
}

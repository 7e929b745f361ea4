package rule

import (
	"slices"
	"strings"
	"unicode"

	"github.com/copytaster/copytaster/monitor/text"
)

// phrase reads a quoted phrase or a run, whose words stand together: "wi-fi"
// is a phrase of two. A quoted phrase with ~n behind it is a window.
func (l *lexer) phrase(form Form) (Node, error) {
	start := l.pos
	quoted := l.src[start] == '"'
	content, err := l.value()
	if err != nil {
		return nil, err
	}
	if len(content) == 0 && !quoted {
		return nil, fail(start, "expected a word or a phrase", "")
	}
	if quoted && l.peek(0) == '~' {
		return l.window(form, start, content)
	}
	if !quoted {
		if i := slices.IndexFunc(content, func(r rune) bool { return r == '~' || r == '^' }); i > 0 {
			return nil, fail(start+i, quote(string(content[i]))+" behind a word means nothing", "for words that begin alike write "+string(content[:i])+"*")
		}
	}
	at := start
	if quoted {
		at++
	}
	words, err := l.words(content, at, quoted)
	if err != nil {
		return nil, err
	}
	if len(words) == 0 {
		return nil, fail(start, "expected a word, found "+quote(string(content))+", which has no letter or digit", "words next to each other need no sign: both must occur")
	}
	return newPhrase(form, words, start, quoted)
}

// newPhrase returns a phrase that stands at an index of the source.
func newPhrase(form Form, words []Word, start int, quoted bool) (Node, error) {
	if len(words) > maxWords {
		return nil, fail(start, "a phrase of more than 1,000 words", "close its quotation mark earlier")
	}
	for i := range words {
		switch w := &words[i]; {
		case w.Pattern != "" && form != Stemmed:
			return nil, fail(start, "= and + do not go with a wildcard", "leave the mark out: a wildcard looks at the word as it is written")
		case w.Pattern != "" && !quoted && len(words) > 1:
			return nil, fail(start, "a wildcard word stands alone", "put a space between the words, or quotes around them")
		}
	}
	return &Phrase{Form: form, Words: words}, nil
}

// window reads what stands behind a quoted phrase that began at an index of
// the source: ~n. What stands between two spaces is one part.
func (l *lexer) window(form Form, start int, content []rune) (Node, error) {
	mark := l.pos
	l.pos++
	stop := l.runEnd()
	n, err := number(string(l.src[l.pos:stop]), l.pos, `"…"~`, MaxDistance)
	if err != nil {
		return nil, err
	}
	l.pos = stop
	near := &Near{Distance: n}
	for i := 0; i < len(content); i++ {
		from := i
		for i < len(content) && !unicode.IsSpace(content[i]) {
			i++
		}
		words, err := l.words(content[from:i], start+1+from, true)
		if err != nil {
			return nil, err
		}
		if len(words) == 0 {
			continue
		}
		p, err := newPhrase(form, words, start+1+from, true)
		if err != nil {
			return nil, err
		}
		if len(near.Parts) == MaxParts {
			return nil, fail(start, "a window of more than 8 words", "leave out frequent words, or join several windows")
		}
		near.Parts = append(near.Parts, p)
	}
	if len(near.Parts) < 2 {
		return nil, fail(mark, `a window needs at least two words before "~"`, "for words that begin alike write word*")
	}
	return near, nil
}

// words cuts text that begins at an index of the source into words: those with
// wildcards by hand, the others as an article is cut.
func (l *lexer) words(content []rune, at int, quoted bool) ([]Word, error) {
	if isPlainASCII(content) {
		return []Word{l.word(string(content))}, nil
	}
	var words []Word
	literal := func(r []rune) {
		for _, w := range text.Words(string(r)) {
			words = append(words, l.word(w))
		}
	}
	done := 0
	for i := 0; i < len(content); {
		from, wild := i, false
		for i < len(content) && (isWordRune(content[i]) || isWild(content, i, quoted)) {
			wild = wild || !isWordRune(content[i])
			i++
		}
		if wild {
			literal(content[done:from])
			w, err := l.pattern(content[from:i], at+from)
			if err != nil {
				return nil, err
			}
			words = append(words, w)
			done = i
		}
		if i == from {
			i++
		}
	}
	literal(content[done:])
	return words, nil
}

// isPlainASCII reports whether a text is one word of ASCII letters and digits.
func isPlainASCII(r []rune) bool {
	for _, c := range r {
		if (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return len(r) > 0
}

// isWild reports whether a wildcard stands at i. In quotes a question mark
// between letters is one, any other is punctuation.
func isWild(r []rune, i int, quoted bool) bool {
	if r[i] == '*' {
		return true
	}
	return r[i] == '?' && (!quoted || i > 0 && i+1 < len(r) && isWordRune(r[i-1]) && isWordRune(r[i+1]))
}

// word returns a word without wildcards. In a large expression repeated words
// share their term.
func (l *lexer) word(w string) Word {
	if len(l.src) < internedSource {
		return Word{Term: text.NewTerm(w), surface: text.Surface(w)}
	}
	known, ok := l.intern[w]
	if !ok {
		if l.intern == nil {
			l.intern = make(map[string]*Word)
		}
		known = &Word{Term: text.NewTerm(w), surface: text.Surface(w)}
		l.intern[w] = known
	}
	return *known
}

// internedSource is the length in code points from which words are shared.
const internedSource = 256

// pattern returns the word with wildcards that stands at an index of the
// source.
func (l *lexer) pattern(r []rune, at int) (Word, error) {
	if l.patterns++; l.patterns > maxPatterns {
		return Word{}, fail(at, "more than 1,000 words with wildcards", "split the expression into several rules")
	}
	letters := 0
	for _, c := range r {
		if unicode.IsLetter(c) || unicode.IsNumber(c) {
			letters++
		}
	}
	if letters < 2 {
		return Word{}, fail(at, "expected at least two letters beside the wildcards in "+quote(string(r)), "")
	}
	if letters == 2 && slices.Contains(r, '*') {
		l.warn(at, "the wildcard "+quote(string(r))+" is very wide: it matches a large part of all words", "add letters")
	}
	pattern := text.Fold(string(r))
	for strings.Contains(pattern, "**") {
		pattern = strings.ReplaceAll(pattern, "**", "*")
	}
	literal := strings.NewReplacer("*", "", "?", "").Replace(pattern)
	foreign := strings.ContainsFunc(literal, func(c rune) bool { return !isWordRune(c) })
	if foreign || len(text.Words(literal)) != 1 {
		return Word{}, fail(at, "a wildcard must stand in one word, but "+quote(string(r))+" is several", "in scripts without spaces leave the wildcard out")
	}
	return Word{Pattern: pattern}, nil
}

package rule

import (
	"strings"
	"unicode"

	"github.com/copytaster/copytaster/monitor/text"
)

// phrase reads a quoted phrase or a run, whose words stand together: "wi-fi"
// is a phrase of two.
func (l *lexer) phrase(form Form) (*Phrase, error) {
	start := l.pos
	quoted := l.src[start] == '"'
	content, err := l.value()
	if err != nil {
		return nil, err
	}
	if content == "" && !quoted {
		return nil, fail(start, "expected a word or a phrase", "")
	}
	if quoted && l.peek(0) == '~' {
		return nil, later(l.pos, `a distance behind a phrase ("…"~n)`)
	}
	if !quoted {
		if i := strings.IndexAny(content, "~^"); i > 0 {
			return nil, fail(start+len([]rune(content[:i])), quote(content[i:i+1])+" behind a word means nothing", "for words that begin alike write "+content[:i]+"*")
		}
	}
	at := start
	if quoted {
		at++
	}
	words, err := l.words([]rune(content), at, quoted)
	if err != nil {
		return nil, err
	}
	if len(words) == 0 {
		return nil, fail(start, "expected a word, found "+quote(content)+", which has no letter or digit", "words next to each other need no sign: both must occur")
	}
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

// words cuts text that begins at an index of the source into words: those with
// wildcards by hand, the others as an article is cut.
func (l *lexer) words(content []rune, at int, quoted bool) ([]Word, error) {
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

// isWild reports whether a wildcard stands at i. In quotes a question mark
// between letters is one, any other is punctuation.
func isWild(r []rune, i int, quoted bool) bool {
	if r[i] == '*' {
		return true
	}
	return r[i] == '?' && (!quoted || i > 0 && i+1 < len(r) && isWordRune(r[i-1]) && isWordRune(r[i+1]))
}

// word returns a word without wildcards. Reading it in every language costs
// more than all else, so repeated words share their term.
func (l *lexer) word(w string) Word {
	known, ok := l.intern[w]
	if !ok {
		known = &Word{Term: text.NewTerm(w), surface: text.Surface(w)}
		l.intern[w] = known
	}
	return *known
}

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

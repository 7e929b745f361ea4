package text

import (
	"sync/atomic"
	"unicode/utf8"
)

// Term is a word that is looked for, read in the languages of its script in
// the way in which an article's words are read. It is immutable, and cheap to
// make and to copy: a stem is worked out when it is first asked for. The zero
// Term is the empty word.
type Term struct{ *term }

type term struct {
	word   string
	folded string
	script script
	stems  atomic.Pointer[stemmed] // those that were asked for
}

// stemmed is the stem of a term in one language.
type stemmed struct {
	language Stemmer
	stem     string
	next     *stemmed
}

var emptyTerm term

// NewTerm returns the term of one word, as Words returns them.
func NewTerm(word string) Term {
	return Term{&term{word: word, folded: Fold(word), script: wordScript(word)}}
}

func (t *Term) get() *term {
	if t.term == nil {
		return &emptyTerm
	}
	return t.term
}

// Word returns the word as it was given.
func (t *Term) Word() string { return t.get().word }

// Folded returns the word's folded form.
func (t *Term) Folded() string { return t.get().folded }

// In reports whether a language has words in the term's script. In any other
// its stem is its folded form, and the stem of nothing else.
func (t *Term) In(l Stemmer) bool {
	s := t.get().script
	return s != noScript && stemmers[l].script == s
}

// Stem returns the word's stem in a language.
func (t *Term) Stem(l Stemmer) string {
	if !t.In(l) {
		return t.Folded()
	}
	first := t.stems.Load()
	for s := first; s != nil; s = s.next {
		if s.language == l {
			return s.stem
		}
	}
	s := &stemmed{language: l, stem: l.stem(t.word, t.folded), next: first}
	// Whoever loses the race has worked out the same, and adds it next time.
	t.stems.CompareAndSwap(first, s)
	return s.stem
}

// wordScript returns the script of the first letter of a word that has one.
func wordScript(word string) script {
	for i := 0; i < len(word); {
		r, n := utf8.DecodeRuneInString(word[i:])
		if s := scriptOf(r); s != noScript {
			return s
		}
		i += n
	}
	return noScript
}

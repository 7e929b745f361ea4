package text

import "unicode/utf8"

// Term is a word that is looked for, read once in every language of its
// script, in the way in which an article's words are read. It is immutable.
type Term struct {
	word   string
	folded string
	script script
	stems  []string        // the different stems
	which  [Stemmers]uint8 // 1 + index in stems; 0 for the folded form
}

// NewTerm returns the term of one word, as Words returns them.
func NewTerm(word string) Term {
	t := Term{word: word, folded: Fold(word), script: wordScript(word)}
	for l := Arabic; l < Stemmers; l++ {
		if !t.In(l) {
			continue
		}
		if stem := l.stem(word, t.folded); stem != t.folded {
			t.which[l] = t.add(stem)
		}
	}
	return t
}

func (t *Term) add(stem string) uint8 {
	for i, s := range t.stems {
		if s == stem {
			return uint8(i + 1)
		}
	}
	t.stems = append(t.stems, stem)
	return uint8(len(t.stems))
}

// Word returns the word as it was given.
func (t *Term) Word() string { return t.word }

// Folded returns the word's folded form.
func (t *Term) Folded() string { return t.folded }

// In reports whether a language has words in the term's script. In any other
// its stem is its folded form, and the stem of nothing else.
func (t *Term) In(l Stemmer) bool { return t.script != noScript && stemmers[l].script == t.script }

// Stem returns the word's stem in a language.
func (t *Term) Stem(l Stemmer) string {
	if i := t.which[l]; i > 0 {
		return t.stems[i-1]
	}
	return t.folded
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

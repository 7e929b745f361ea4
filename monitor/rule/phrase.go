package rule

import (
	"slices"
	"unicode/utf8"

	"github.com/copytaster/copytaster/monitor/text"
)

// search walks the places where a phrase stands in an article.
type search struct {
	p      *Phrase
	d      *text.Document
	part   Part
	cursor text.Cursor // places of the first word
	at     int         // the next token to look at, for a first word with wildcards
}

func (p *Phrase) search(d *text.Document, part Part) search {
	s := search{p: p, d: d, part: part}
	switch w := &p.Words[0]; {
	case w.Pattern != "":
	case p.Form == Stemmed:
		s.cursor = d.Find(&w.Term)
	default:
		s.cursor = d.FindExact(&w.Term)
	}
	return s
}

// next returns the next place: the phrase's first and last token.
func (s *search) next() (first, last int, ok bool) {
	for {
		first, ok := s.candidate()
		if !ok {
			return 0, 0, false
		}
		if s.standsAt(first) {
			return first, first + len(s.p.Words) - 1, true
		}
	}
}

// candidate returns the next token at which the phrase may begin.
func (s *search) candidate() (int, bool) {
	if s.p.Words[0].Pattern == "" {
		return s.cursor.Next()
	}
	s.at++
	return s.at - 1, s.at <= len(s.d.Tokens())
}

func (s *search) standsAt(first int) bool {
	tokens := s.d.Tokens()
	if first+len(s.p.Words) > len(tokens) || !s.part.Has(tokens[first].Field) {
		return false
	}
	for i := range s.p.Words {
		t := &tokens[first+i]
		if int(t.Pos-tokens[first].Pos) != i || !s.p.Words[i].is(t, s.p.Form, s.d) {
			return false
		}
	}
	return true
}

// is reports whether a token of an article is the word.
func (w *Word) is(t *text.Token, form Form, d *text.Document) bool {
	switch {
	case w.Pattern != "":
		return glob(w.Pattern, t.Folded())
	case t.Folded() == w.Term.Folded():
		return form != Cased || d.Surface(t) == w.surface
	}
	if form != Stemmed {
		return false
	}
	stem := w.Term.Stem(d.Stemmer())
	return t.Stem() == stem || slices.Contains(t.Alternates(), stem)
}

// glob reports whether a folded word has the form of a pattern, in which *
// stands for any letters and ? for one. The time is bounded by the product of
// the lengths.
func glob(pattern, word string) bool {
	star, retry := -1, 0
	p, w := 0, 0
	for w < len(word) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, retry = p, w
			p++
			continue
		case p < len(pattern) && pattern[p] == '?':
			_, n := utf8.DecodeRuneInString(word[w:])
			p++
			w += n
			continue
		case p < len(pattern) && pattern[p] == word[w]:
			p++
			w++
			continue
		case star < 0:
			return false
		}
		_, n := utf8.DecodeRuneInString(word[retry:])
		retry += n
		p, w = star+1, retry
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

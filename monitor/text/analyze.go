package text

import (
	"hash/maphash"
	"strings"
	"sync/atomic"
)

// Analyzer turns articles into documents. It remembers the forms of words that
// it met lately, in bounded memory (under ten megabytes), and is safe for
// concurrent use.
type Analyzer struct {
	seed  maphash.Seed
	slots []atomic.Pointer[form]
}

const (
	cacheSlots = 1 << 16
	cacheWays  = 4
	// maxCached is the longest word, in bytes, that is remembered.
	maxCached = 48
)

// form is a word as it is written, and what it is compared by. It is
// immutable.
type form struct {
	word   string
	folded string
	stem   string
	// alternates are further stems, of other readings of the word.
	alternates []string
	stemmer    Stemmer
}

// NewAnalyzer returns an analyzer that remembers nothing yet.
func NewAnalyzer() *Analyzer {
	return &Analyzer{seed: maphash.MakeSeed(), slots: make([]atomic.Pointer[form], cacheSlots)}
}

// Analyze takes an article apart into d, whose former contents are lost. Any
// text will do: what is not UTF-8 separates words.
func (an *Analyzer) Analyze(d *Document, src Source) {
	d.reset()
	d.texts[Title], d.texts[Summary], d.texts[Content] = src.Title, src.Summary, src.Content
	g := &d.segments
	pos := int32(0)
	for f := Title; f <= Content; f++ {
		g.reset(d.texts[f])
		for len(d.tokens) < MaxWords {
			seg, ok := g.next()
			if !ok {
				break
			}
			seg = g.core(seg)
			d.tokens = append(d.tokens, Token{
				Field: f, Pos: pos,
				Start: int32(seg.start), End: int32(seg.end),
				from: int32(seg.from), to: int32(seg.to),
			})
			pos++
		}
		pos += FieldGap
	}
	d.setLanguage(src.Language)
	for i := range d.tokens {
		t := &d.tokens[i]
		t.form = an.form(d.raw(t), d.stemmer)
	}
}

// form returns the forms of a word, remembered if it can be.
func (an *Analyzer) form(word string, l Stemmer) *form {
	if len(word) > maxCached {
		return newForm(word, l)
	}
	h := maphash.String(an.seed, word) + uint64(l)*0x9e3779b97f4a7c15
	// A word has a few places. A new one takes the first, and what was there
	// moves on, so a rare word does not drive out a frequent one at once.
	at := h >> 32 % (cacheSlots / cacheWays) * cacheWays
	places := an.slots[at : at+cacheWays]
	for i := range places {
		if f := places[i].Load(); f != nil && f.stemmer == l && f.word == word {
			return f
		}
	}
	f := newForm(strings.Clone(word), l)
	for i := cacheWays - 1; i > 0; i-- {
		places[i].Store(places[i-1].Load())
	}
	places[0].Store(f)
	return f
}

func newForm(word string, l Stemmer) *form {
	folded := Fold(word)
	f := &form{word: word, folded: folded, stem: folded, stemmer: l}
	if l != NoStemmer {
		f.stem = l.stem(word, folded)
		f.alternates = l.alternates(folded, f.stem)
	}
	return f
}

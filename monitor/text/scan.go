package text

import (
	"hash/maphash"
	"math/bits"
	"strings"
	"sync/atomic"
	"unicode/utf8"
)

// Scanner finds the words of articles, the same that an Analyzer does, and
// gives each a key instead of its forms: for those who know most words already
// by their keys. It is safe for concurrent use. Keys of different Scanners do
// not compare.
type Scanner struct {
	seeds    [2]maphash.Seed
	declared [64]atomic.Pointer[declaration]
}

// declaration is what a declared language means for an article in ASCII.
type declaration struct {
	declared, tag string
	stemmer       Stemmer
	believed      bool
}

// NewScanner returns a Scanner with keys of its own.
func NewScanner() *Scanner {
	return &Scanner{seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}}
}

// Key stands for a word as it is written; words that differ in the case of
// ASCII letters alone may share it where that makes no difference to their
// forms. Up to 16 bytes of ASCII are in the key as they are. Other words are
// known by a keyed hash of 128 bits.
type Key struct{ Lo, Hi uint64 }

// hashed marks the key of a word that is not in it. ASCII has no such bit.
const hashed = 1 << 63

// ScannedWord is a word of an article: bytes [From, To) of its field.
type ScannedWord struct {
	Key
	From, To int32
}

// Scan holds the words of one article. The zero Scan is ready to be filled
// again and again: it keeps its memory.
type Scan struct {
	// Words are all words in order.
	Words []ScannedWord
	// Ends tells where the words of a field end; they begin where those of
	// the field before it do.
	Ends [Content + 1]int
	// Language and Stemmer are what Document's methods of the same name say.
	Language string
	Stemmer  Stemmer

	texts    [fields]string
	segments segmenter
	doc      Document     // to tell the language of what is not ASCII
	foreign  bool         // a word that tells the language is not ASCII
	declared *declaration // of the article before
}

// Text returns a field.
func (s *Scan) Text(f Field) string { return s.texts[f] }

// Forms returns the forms of a word in a language: folded, its stem, and the
// stems of its other readings, as Token does.
func (sc *Scanner) Forms(word string, l Stemmer) (folded, stem string, alternates []string) {
	if word != "" && '0' <= word[0] && word[0] <= '9' {
		// Much of what is new every day, and it has no grammar.
		folded = Fold(word)
		return folded, folded, nil
	}
	f := newForm(word, l)
	return f.folded, f.stem, f.alternates
}

// Forms is Scanner.Forms for words that were met lately or will be again soon.
func (an *Analyzer) Forms(word string, l Stemmer) (folded, stem string, alternates []string) {
	f := an.form(word, l)
	return f.folded, f.stem, f.alternates
}

// KeyOf returns the key under which Scan gives a word in a language.
func (sc *Scanner) KeyOf(word string, l Stemmer) Key {
	if len(word) <= 16 && !(l == Turkish && strings.IndexByte(word, 'I') >= 0) {
		var k [2]uint64
		i := 0
		for ; i < len(word) && word[i] < utf8.RuneSelf; i++ {
			c := word[i]
			if 'A' <= c && c <= 'Z' {
				c |= 0x20
			}
			k[i/8] |= uint64(c) << (i % 8 * 8)
		}
		if i == len(word) {
			return Key{k[0], k[1]}
		}
	}
	return Key{maphash.String(sc.seeds[0], word), maphash.String(sc.seeds[1], word) | hashed}
}

// Scan takes an article apart into s, whose former contents are lost.
func (sc *Scanner) Scan(s *Scan, src Source) {
	if cap(s.Words) > keptWords {
		*s = Scan{}
	}
	s.Words, s.foreign = s.Words[:0], false
	s.texts = [fields]string{Title: src.Title, Summary: src.Summary, Content: src.Content}
	for f := Title; f <= Content; f++ {
		sc.field(s, s.texts[f])
		s.Ends[f] = len(s.Words)
	}
	sc.language(s, src.Language)
	if s.Stemmer == Turkish {
		// Its capital I is not that of i.
		for f := Title; f <= Content; f++ {
			for i := s.Ends[f-1]; i < s.Ends[f]; i++ {
				w := &s.Words[i]
				w.Key = sc.KeyOf(s.texts[f][w.From:w.To], Turkish)
			}
		}
	}
}

// Bytes of a word of eight, and their highest bits.
const (
	ones  = 0x0101010101010101
	highs = 0x80 * ones
)

// eight returns the eight bytes of s from i, as far as there are any.
func eight(s string, i int) uint64 {
	if i+8 <= len(s) {
		b := s[i : i+8]
		return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
			uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
	}
	return rest(s, i)
}

func rest(s string, i int) (x uint64) {
	for j := i; j < len(s); j++ {
		x |= uint64(s[j]) << ((j - i) * 8)
	}
	return x
}

// letters returns how many of eight bytes, from the first, are ASCII letters,
// digits or underscores, and these bytes in lower case without the others.
func letters(x uint64) (n int, lower uint64) {
	y := x &^ highs
	low := y | 0x20*ones
	letter := (low + (0x80-'a')*ones) &^ (low + (0x80-'z'-1)*ones)
	digit := (y + (0x80-'0')*ones) &^ (y + (0x80-'9'-1)*ones)
	underscore := highs - (y ^ '_'*ones)
	letter &= highs &^ x
	other := ^(letter | (digit|underscore)&^x) & highs
	lower = x | letter>>2
	if other == 0 {
		return 8, lower
	}
	at := bits.TrailingZeros64(other) &^ 7
	return at / 8, lower & (1<<at - 1)
}

// field adds the words of one field. It decides as segmenter.scan does, eight
// bytes at a time, and leaves to it what is not plain.
func (sc *Scanner) field(s *Scan, t string) {
	words := s.Words
	defer func() { s.Words = words }()
	for i := 0; i < len(t); {
		c := t[i]
		if c >= utf8.RuneSelf {
			goto slow
		}
		if ascii[c]&isInner == 0 {
			if i+1 < len(t) && t[i+1] >= utf8.RuneSelf {
				goto slow
			}
			i++
			continue
		}
		{
			n, lo := letters(eight(t, i))
			hi := uint64(0)
			if n == 8 {
				var m int
				m, hi = letters(eight(t, i+8))
				if n += m; n == 16 {
					goto slow
				}
			}
			if to := i + n; to < len(t) {
				c := t[to]
				if c >= utf8.RuneSelf {
					goto slow
				}
				if class := ascii[c]; class != 0 && to+1 < len(t) {
					next := t[to+1]
					if next >= utf8.RuneSelf || ascii[next]&isInner != 0 {
						goto slow
					}
				}
			}
			if c == '_' && strings.Trim(t[i:i+n], "_") == "" {
				i += n
				continue
			}
			if len(words) == MaxWords {
				return
			}
			words = append(words, ScannedWord{Key{lo, hi}, int32(i), int32(i + n)})
			i += n
			continue
		}
	slow:
		if len(words) == MaxWords {
			return
		}
		g := &s.segments
		g.s, g.byte = t, i
		to, word, pure := g.scan()
		if word {
			w := t[i:to]
			from, end := 0, len(w)
			if !pure || strings.IndexByte(w, '\'') >= 0 {
				from, end = coreOf(w)
			}
			s.foreign = s.foreign || !pure && len(words) < sampled
			words = append(words, ScannedWord{sc.KeyOf(w[from:end], NoStemmer), int32(i + from), int32(i + end)})
		}
		i = to
	}
}

// language says of s what Analyze says of the same article.
func (sc *Scanner) language(s *Scan, declared string) {
	if !s.foreign && declared != "" {
		d := s.declared
		if d == nil || d.declared != declared {
			slot := &sc.declared[maphash.String(sc.seeds[0], declared)%uint64(len(sc.declared))]
			if d = slot.Load(); d == nil || d.declared != declared {
				d = asciiLanguage(declared)
				slot.Store(d)
			}
			s.declared = d
		}
		if d.believed {
			s.Language, s.Stemmer = d.tag, d.stemmer
			return
		}
	}
	d := &s.doc
	d.reset()
	copy(d.texts[:], s.texts[:])
	for f := Title; f <= Content; f++ {
		for i := s.Ends[f-1]; i < s.Ends[f] && i < sampled; i++ {
			d.tokens = append(d.tokens, Token{Field: f, from: s.Words[i].From, to: s.Words[i].To})
		}
	}
	d.setLanguage(declared)
	s.Language, s.Stemmer = d.language, d.stemmer
}

// asciiLanguage asks what a declared language means for an article whose only
// script is Latin, or which has no letter at all.
func asciiLanguage(declared string) *declaration {
	declared = strings.Clone(declared)
	d := Document{texts: [fields]string{Title: "a"}, tokens: []Token{{Field: Title, to: 1}}}
	d.setLanguage(declared)
	tag := CanonicalLanguage(declared)
	return &declaration{declared, d.language, d.stemmer, tag != "" && d.language == tag}
}

// Frequent reports whether a word in lower case is among the most frequent
// ones of a language in Latin script.
func Frequent(word string) bool { return stopWords[word] != 0 }

package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/words"
)

// segmenter walks the words of a text: the segments of UAX #29 (Unicode word
// boundaries) that hold a letter or a number. Almost all news is ASCII between
// its words' ends, so that case is decided here; the rest is left to the
// library, which gives the same segments.
type segmenter struct {
	s    string
	byte int // where the next segment begins
	rune int // the same in code points; an invalid byte counts as one
	it   *words.Iterator[string]
}

// segment is a word in a text: bytes [from, to), code points [start, end).
type segment struct {
	from, to   int
	start, end int
	apostrophe bool // may hold one
}

const (
	isLetter = 1 << iota
	isDigit
	isUnderscore // ExtendNumLet: joins what it touches
	joinsLetters // MidNumLet and Single_Quote, between letters
	joinsDigits  // the same and MidNum, between digits

	isInner = isLetter | isDigit | isUnderscore
)

// ascii holds the word-break properties of the ASCII characters.
var ascii = func() (t [utf8.RuneSelf]uint8) {
	for c := 'a'; c <= 'z'; c++ {
		t[c], t[unicode.ToUpper(c)] = isLetter, isLetter
	}
	for c := '0'; c <= '9'; c++ {
		t[c] = isDigit
	}
	t['_'] = isUnderscore
	t['\''], t['.'] = joinsLetters|joinsDigits, joinsLetters|joinsDigits
	t[','], t[';'] = joinsDigits, joinsDigits
	t[':'] = joinsLetters
	return t
}()

// reset starts over on s.
func (g *segmenter) reset(s string) {
	g.s, g.byte, g.rune = s, 0, 0
}

// next returns the next word.
func (g *segmenter) next() (segment, bool) {
	for g.byte < len(g.s) {
		to, word, pure := g.scan()
		seg := segment{from: g.byte, to: to, start: g.rune}
		if pure {
			g.rune += to - g.byte
		} else {
			g.rune += utf8.RuneCountInString(g.s[g.byte:to])
		}
		g.byte, seg.end = to, g.rune
		if word {
			seg.apostrophe = !pure || strings.IndexByte(g.s[seg.from:to], '\'') >= 0
			return seg, true
		}
	}
	return segment{}, false
}

// scan returns where the segment at g.byte ends, whether it is a word, and
// whether it is ASCII. What is no word may be less than a whole segment.
func (g *segmenter) scan() (to int, word, pure bool) {
	s, i := g.s, g.byte
	c := s[i]
	if c >= utf8.RuneSelf {
		return g.slow()
	}
	last := ascii[c]
	i++
	if last&isInner == 0 {
		if i < len(s) && s[i] >= utf8.RuneSelf {
			return g.slow()
		}
		return i, false, true
	}
	seen := last
	for i < len(s) {
		if c = s[i]; c >= utf8.RuneSelf {
			return g.slow()
		}
		class := ascii[c]
		if class&isInner == 0 {
			// A joiner counts when the same kind stands on both sides.
			if class == 0 || i+1 == len(s) {
				break
			}
			c = s[i+1]
			if c >= utf8.RuneSelf {
				return g.slow()
			}
			if !(class&joinsLetters != 0 && last&ascii[c]&isLetter != 0) &&
				!(class&joinsDigits != 0 && last&ascii[c]&isDigit != 0) {
				break
			}
			class = ascii[c]
			i++
		}
		last = class
		seen |= class
		i++
	}
	return i, seen&(isLetter|isDigit) != 0, true
}

func (g *segmenter) slow() (to int, word, pure bool) {
	if g.it == nil {
		g.it = words.FromString("")
	}
	g.it.SetText(g.s[g.byte:])
	g.it.Next()
	token := g.it.Value()
	for i, r := range token {
		if r != utf8.RuneError {
			if r >= firstSyllabic && isSyllabic(r) {
				if i > 0 {
					// A sign that joined the syllable joins nothing any more.
					_, first := utf8.DecodeRuneInString(token)
					return g.byte + max(len(trimJoiners(token[:i])), first), word, false
				}
				return g.byte + syllable(token), true, false
			}
			word = word || unicode.IsLetter(r) || unicode.IsNumber(r)
			continue
		}
		// The library takes what is cut off at the end of the text for part
		// of the last segment. Here no invalid byte belongs to a word.
		if _, n := utf8.DecodeRuneInString(token[i:]); n == 1 {
			return g.byte + max(i, 1), word, false
		}
	}
	return g.byte + len(token), word, false
}

// trimJoiners takes from the end of a word what only joined it to more, with
// the marks that sit on that.
func trimJoiners(word string) string {
	for {
		bare := strings.TrimRightFunc(word, func(r rune) bool { return unicode.In(r, unicode.M, unicode.Cf) })
		trimmed := strings.TrimRightFunc(bare, isJoiner)
		if len(trimmed) == len(bare) {
			return word
		}
		word = trimmed
	}
}

// isJoiner reports whether r, within a word, only joins what stands around it.
func isJoiner(r rune) bool {
	return !unicode.In(r, unicode.L, unicode.N, unicode.M, unicode.Pc, unicode.Cf)
}

// core takes from a word what grammar wrote onto it with an apostrophe: a
// possessive 's ("Qatar's") and an elided article or pronoun ("l'accord").
func (g *segmenter) core(seg segment) segment {
	if !seg.apostrophe {
		return seg
	}
	word := g.s[seg.from:seg.to]
	from, to := coreOf(word)
	seg.start += utf8.RuneCountInString(word[:from])
	seg.end -= utf8.RuneCountInString(word[to:])
	seg.from, seg.to = seg.from+from, seg.from+to
	return seg
}

// elisions are what French, Italian and Catalan write before an apostrophe.
// They are taken off in every language, so that "Côte d'Ivoire" reads the same
// in an English article.
const elisions = " l d j m t s n c qu jusqu lorsqu puisqu quoiqu un dell all nell sull dall coll quell quest gl "

// coreOf returns the part [from, to) of a word that core keeps. Taking the
// core of a core changes nothing.
func coreOf(word string) (from, to int) {
	to = len(word)
	for {
		w := word[from:to]
		if last := len(w) - 1; last > 0 && w[last]|0x20 == 's' {
			if n := trailingApostrophe(w[:last]); n > 0 && endsInAlnum(w[:last-n]) {
				to -= n + 1
				continue
			}
		}
		if n := elision(w); n > 0 {
			from += n
			continue
		}
		return from, to
	}
}

// elision returns the length of the elided word at the start of w, apostrophe
// included.
func elision(w string) int {
	i := 0
	for i < len(w) && i < 7 && w[i]|0x20 >= 'a' && w[i]|0x20 <= 'z' {
		i++
	}
	if i == 0 {
		return 0
	}
	n := leadingApostrophe(w[i:])
	if n == 0 || !strings.Contains(elisions, " "+asciiLower(w[:i])+" ") {
		return 0
	}
	if r, _ := utf8.DecodeRuneInString(w[i+n:]); !unicode.IsLetter(r) {
		return 0
	}
	return i + n
}

func isApostrophe(r rune) bool { return r == '\'' || r == '’' || r == '＇' || r == '‘' }

func leadingApostrophe(w string) int {
	if r, n := utf8.DecodeRuneInString(w); isApostrophe(r) {
		return n
	}
	return 0
}

func trailingApostrophe(w string) int {
	if r, n := utf8.DecodeLastRuneInString(w); isApostrophe(r) {
		return n
	}
	return 0
}

func endsInAlnum(w string) bool {
	r, _ := utf8.DecodeLastRuneInString(w)
	return unicode.IsLetter(r) || unicode.IsNumber(r)
}

// Words returns the words of s as an article's are taken: segmented, without
// possessive and elision, as they are written.
func Words(s string) []string {
	var g segmenter
	g.reset(s)
	var list []string
	for seg, ok := g.next(); ok; seg, ok = g.next() {
		seg = g.core(seg)
		list = append(list, s[seg.from:seg.to])
	}
	return list
}

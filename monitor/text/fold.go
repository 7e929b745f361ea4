package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Fold returns s in the form in which words are compared: NFKC, case folded,
// without accents, ligatures as their letters, ı as i, Arabic letters without
// diacritics and tatweel and in one form each, digits as ASCII. Letters that
// only look accented stay what they are (Cyrillic й and ї, Japanese が), and
// scripts whose vowels are marks keep them. Folding twice changes nothing.
func Fold(s string) string {
	upper, plain := false, true
	for i := range len(s) {
		plain = plain && s[i] < utf8.RuneSelf
		upper = upper || 'A' <= s[i] && s[i] <= 'Z'
	}
	switch {
	case !plain:
		return foldUnicode(s)
	case upper:
		return asciiLower(s)
	}
	return s
}

func foldUnicode(s string) string {
	s = norm.NFKC.String(s)
	s = strings.ToLower(cases.Fold().String(s)) // Cherokee folds to capitals
	s = norm.NFKD.String(s)
	var b strings.Builder
	b.Grow(len(s))
	var base rune // the letter that marks stand on
	for _, r := range s {
		if isMark(r) {
			if unicode.Is(unicode.Cyrillic, base) && (r == breve || r == diaeresis && base != 'е') {
				b.WriteRune(r)
			}
			continue
		}
		if unicode.Is(unicode.Cf, r) {
			continue
		}
		if letters, ok := foldedLetters[r]; ok {
			b.WriteString(letters)
			continue
		}
		base = unifyArabic(r)
		b.WriteRune(base)
	}
	return norm.NFC.String(b.String())
}

const (
	breve     = '\u0306'
	diaeresis = '\u0308'
)

// foldedLetters are letters that Unicode does not take apart although readers
// and keyboards do, and the typographic forms of what stands inside a word.
var foldedLetters = map[rune]string{
	'ı': "i", 'ø': "o", 'ł': "l", 'đ': "d", 'ð': "d", 'ħ': "h", 'ŧ': "t",
	'æ': "ae", 'œ': "oe", 'þ': "th", 'ə': "e",
	'’': "'", '‘': "'", '׳': "'", '״': `"`, '‐': "-", '‑': "-",
}

// isMark reports whether r is a sign on a letter that comparison ignores.
// Marks of scripts that write vowels with them (Devanagari, Thai and others)
// and of kana are none.
func isMark(r rune) bool {
	switch {
	case r < 0x300:
		return false
	case r <= 0x36f, // combining diacritical marks
		0x0591 <= r && r <= 0x05c7 && unicode.Is(unicode.Mn, r), // Hebrew points
		0x1ab0 <= r && r <= 0x1aff, 0x1dc0 <= r && r <= 0x1dff,  // more diacritical marks
		0x20d0 <= r && r <= 0x20ff,                               // marks for symbols
		0xfe00 <= r && r <= 0xfe0f, 0xe0100 <= r && r <= 0xe01ef, // variation selectors
		0xfe20 <= r && r <= 0xfe2f: // half marks
		return true
	}
	return isArabicMark(r)
}

// Surface returns a word as it is written, for comparison with case and
// accents: NFC, without invisible characters, with plain apostrophes.
func Surface(s string) string {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return norm.NFC.String(strings.Map(visible, s))
		}
	}
	return s
}

func visible(r rune) rune {
	switch {
	case isApostrophe(r):
		return '\''
	case unicode.Is(unicode.Cf, r):
		return -1
	}
	return r
}

func asciiLower(s string) string {
	for i := range len(s) {
		if 'A' <= s[i] && s[i] <= 'Z' {
			return strings.ToLower(s)
		}
	}
	return s
}

package text

import (
	"unicode"
	"unicode/utf8"
)

// script is a writing system, as far as it tells languages apart.
type script uint8

const (
	noScript script = iota // digits, signs
	latin
	cyrillic
	greek
	arabicScript
	hebrew
	han
	kana
	hangul
	thai
	otherScript

	scripts
)

// scriptOf returns the script of a letter.
func scriptOf(r rune) script {
	switch {
	case r < 0x80:
		if 'a' <= r|0x20 && r|0x20 <= 'z' {
			return latin
		}
		return noScript
	case r < 0x370:
		if r >= 0xc0 && r != '×' && r != '÷' || r == 'ª' || r == 'º' {
			return latin
		}
		return noScript
	case r < 0x400:
		return greek
	case r < 0x530:
		return cyrillic
	case 0x590 <= r && r < 0x600:
		return hebrew
	case 0x600 <= r && r < 0x700, 0x750 <= r && r < 0x780, 0x8a0 <= r && r < 0x900,
		0xfb50 <= r && r < 0xfe00, 0xfe70 <= r && r < 0xfeff:
		return arabicScript
	case 0xe00 <= r && r < 0xe80:
		return thai
	case 0x1e00 <= r && r < 0x1f00, 0xff21 <= r && r <= 0xff5a, 0xfb00 <= r && r <= 0xfb06:
		return latin
	case 0x1f00 <= r && r < 0x2000:
		return greek
	case 0x3040 <= r && r < 0x3100, 0x31f0 <= r && r < 0x3200, 0xff66 <= r && r < 0xffa0:
		return kana
	case 0x1100 <= r && r < 0x1200, 0x3130 <= r && r < 0x3190, 0xac00 <= r && r < 0xd7b0:
		return hangul
	case 0x3400 <= r && r < 0xa000, 0xf900 <= r && r < 0xfb00, 0x20000 <= r && r < 0x32000:
		return han
	case unicode.IsLetter(r):
		return otherScript
	}
	return noScript
}

// firstSyllabic is the first code point for which isSyllabic can be true.
const firstSyllabic = 0x1100

// The half-width voicing marks are letters by category and marks by use.
const (
	voiced     = 0xff9e
	halfVoiced = 0xff9f
)

// isSyllabic reports whether r belongs to a script in which a text is searched
// syllable by syllable, although Unicode keeps a run of it together: Hangul,
// where particles are written onto words, and Katakana, where names are
// written onto one another. Each syllable is a word of its own, as each
// character is in Han, Hiragana, Thai, Lao, Khmer and Myanmar, and what is
// looked for is a phrase of them.
func isSyllabic(r rune) bool {
	switch scriptOf(r) {
	case hangul, kana:
		return unicode.IsLetter(r) && r != voiced && r != halfVoiced
	}
	return (0xa960 <= r && r < 0xa980 || 0xd7b0 <= r && r < 0xd800 || 0xffa0 <= r && r < 0xffe0) && unicode.IsLetter(r)
}

// syllable returns the length of the syllable that s begins with: a letter
// with its marks, or the Jamo of one Hangul syllable.
func syllable(s string) int {
	last, end := rune(0), 0
	for i, r := range s {
		if i > 0 && !unicode.Is(unicode.M, r) && !unicode.Is(unicode.Cf, r) && r != voiced && r != halfVoiced && !jamoFollows(last, r) {
			return i
		}
		if r == utf8.RuneError {
			return max(i, 1)
		}
		last, end = r, i+utf8.RuneLen(r)
	}
	return end
}

// jamoFollows reports whether Jamo b belongs to the same Hangul syllable as a
// (UAX #29, GB6 to GB8).
func jamoFollows(a, b rune) bool {
	lead := 0x1100 <= a && a < 0x1160 || 0xa960 <= a && a < 0xa980
	vowel := 0x1160 <= a && a < 0x11a8 || 0xd7b0 <= a && a < 0xd7c7
	tail := 0x11a8 <= a && a < 0x1200 || 0xd7cb <= a && a < 0xd7fc
	whole := 0xac00 <= a && a < 0xd7a4
	open := whole && (a-0xac00)%28 == 0
	switch {
	case 0x1100 <= b && b < 0x1160, 0xa960 <= b && b < 0xa980:
		return lead
	case 0xac00 <= b && b < 0xd7a4:
		return lead
	case 0x1160 <= b && b < 0x11a8, 0xd7b0 <= b && b < 0xd7c7:
		return lead || vowel || open
	case 0x11a8 <= b && b < 0x1200, 0xd7cb <= b && b < 0xd7fc:
		return vowel || tail || whole
	}
	return false
}

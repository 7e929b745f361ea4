package text

import "unicode"

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

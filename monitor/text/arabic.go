package text

import (
	"strings"
	"unicode/utf8"
)

const tatweel = 'ـ'

// isArabicMark reports whether r is a vowel sign, a hamza on a carrier, a
// Quranic sign, or the tatweel that stretches a word.
func isArabicMark(r rune) bool {
	return r == tatweel || 0x0610 <= r && r <= 0x061a || 0x064b <= r && r <= 0x065f || r == 0x0670 ||
		0x06d6 <= r && r <= 0x06dc || 0x06df <= r && r <= 0x06e4 || r == 0x06e7 || r == 0x06e8 ||
		0x06ea <= r && r <= 0x06ed || 0x08d3 <= r && r <= 0x08e1 || 0x08e3 <= r && r <= 0x08ff
}

// unifyArabic gives letters that writers use for one another one form: alef
// wasla as alef, alef maksura and Farsi yeh as yeh, teh marbuta as heh, keheh
// as kaf, and Arabic and Persian digits as ASCII ones. Alef with madda or
// hamza has become alef when its mark went.
func unifyArabic(r rune) rune {
	switch {
	case r < 0x0629 || r > 0x06f9:
		return r
	case r == 'ٱ':
		return 'ا'
	case r == 'ى' || r == 'ی':
		return 'ي'
	case r == 'ة' || r == 'ۀ' || r == 'ہ' || r == 'ە':
		return 'ه'
	case r == 'ک':
		return 'ك'
	case 0x0660 <= r && r <= 0x0669:
		return '0' + r - 0x0660
	case 0x06f0 <= r && r <= 0x06f9:
		return '0' + r - 0x06f0
	}
	return r
}

// arabicPrefixes are the article with the conjunctions and prepositions that
// are written onto it, longest first.
var arabicPrefixes = [...]string{"وبال", "وكال", "فبال", "وال", "فال", "بال", "كال", "ولل", "فلل", "ال", "لل"}

// trimArabic takes a leading article, with what is written onto it, or a
// leading "and" from a folded word, as long as three letters remain. Snowball
// alone stems a word otherwise when it carries them.
func trimArabic(w string) string {
	for _, p := range arabicPrefixes {
		if rest, ok := strings.CutPrefix(w, p); ok && utf8.RuneCountInString(rest) >= 3 {
			return rest
		}
	}
	if rest, ok := strings.CutPrefix(w, "و"); ok && utf8.RuneCountInString(rest) >= 3 {
		return rest
	}
	return w
}

// arabicAlternates returns the stems of an article's word without the
// conjunction (و ف), the preposition (ب ل ك) or both that may be written onto
// it, as far as they differ from its stem. Only a dictionary can tell لقطر ("to
// Qatar") from a word that begins with that letter, so the word is found in
// each reading: قطر in a rule finds قطر, لقطر and وبقطر, and لبنان still finds
// لبنان. At least three letters must remain, and only one of each kind goes.
// A rule's word is read as it is written: لقطر in a rule does not find قطر.
func arabicAlternates(folded, stem string) []string {
	var list []string
	add := func(w string) {
		s := Arabic.stem(w, w)
		if s == stem {
			return
		}
		for _, known := range list {
			if known == s {
				return
			}
		}
		list = append(list, s)
	}
	w := folded
	if rest, ok := cutLetter(w, 'و', 'ف', 'ف'); ok {
		add(rest)
		w = rest
	}
	if rest, ok := cutLetter(w, 'ب', 'ل', 'ك'); ok {
		add(rest)
	}
	return list
}

// cutLetter takes one of three letters from the front of an Arabic word of
// which at least three remain.
func cutLetter(w string, a, b, c rune) (string, bool) {
	r, n := utf8.DecodeRuneInString(w)
	if r != a && r != b && r != c || utf8.RuneCountInString(w[n:]) < 3 {
		return w, false
	}
	return w[n:], true
}

package text

import (
	"strings"
	"unicode/utf8"
)

// CanonicalLanguage returns a BCP 47 tag in lower case with "-" between its
// parts, Norwegian's two written forms as "no", and "" for what is no tag or
// names no language. Only the form is checked, not a registry.
func CanonicalLanguage(tag string) string {
	tag = strings.ReplaceAll(strings.ToLower(strings.TrimSpace(tag)), "_", "-")
	primary, rest, _ := strings.Cut(tag, "-")
	if len(tag) > 35 || len(primary) < 2 || len(primary) > 3 || !isASCIIAlnum(primary) ||
		primary[0] <= '9' || !isASCIIAlnum(strings.ReplaceAll(rest, "-", "")) {
		return ""
	}
	switch primary {
	case "und", "mul", "mis", "zxx":
		return ""
	case "nb", "nn":
		primary = "no"
	case "iw":
		primary = "he"
	case "in":
		primary = "id"
	}
	rest = strings.Trim(rest, "-")
	if rest == "" {
		return primary
	}
	return primary + "-" + rest
}

func isASCIIAlnum(s string) bool {
	for i := range len(s) {
		if c := s[i] | 0x20; s[i] >= utf8.RuneSelf || (c < 'a' || c > 'z') && (s[i] < '0' || s[i] > '9') {
			return false
		}
	}
	return true
}

// LanguageIs reports whether a canonical tag is of the wanted canonical
// language: "pt-br" is of "pt" and of "pt-br", "pt" is not of "pt-br".
func LanguageIs(tag, want string) bool {
	rest, ok := strings.CutPrefix(tag, want)
	return ok && want != "" && (rest == "" || rest[0] == '-')
}

// writtenIn lists, for languages that are known, the scripts they are written
// in. A declared language that is not listed is believed.
var writtenIn = map[string][]script{
	"ar": {arabicScript}, "fa": {arabicScript}, "ur": {arabicScript}, "ps": {arabicScript},
	"ru": {cyrillic}, "uk": {cyrillic}, "be": {cyrillic}, "bg": {cyrillic}, "mk": {cyrillic},
	"sr": {cyrillic, latin}, "el": {greek}, "he": {hebrew}, "yi": {hebrew},
	"zh": {han}, "ja": {kana, han}, "ko": {hangul, han}, "th": {thai},
	"da": {latin}, "nl": {latin}, "en": {latin}, "fi": {latin}, "fr": {latin}, "de": {latin},
	"hu": {latin}, "it": {latin}, "no": {latin}, "pt": {latin}, "ro": {latin}, "es": {latin},
	"sv": {latin}, "tr": {latin}, "pl": {latin}, "cs": {latin}, "sk": {latin}, "sl": {latin},
	"hr": {latin}, "ca": {latin}, "gl": {latin}, "eu": {latin}, "et": {latin}, "lv": {latin},
	"lt": {latin}, "is": {latin}, "ga": {latin}, "cy": {latin}, "sq": {latin}, "vi": {latin},
	"id": {latin}, "ms": {latin}, "tl": {latin}, "sw": {latin}, "af": {latin},
	"hi": {otherScript}, "mr": {otherScript}, "bn": {otherScript}, "ta": {otherScript},
	"te": {otherScript}, "ka": {otherScript}, "hy": {otherScript}, "am": {otherScript},
}

// stemmerOf returns the stemmer of a canonical tag.
func stemmerOf(tag string) Stemmer {
	primary, _, _ := strings.Cut(tag, "-")
	for l := Arabic; l < Stemmers; l++ {
		if stemmers[l].tag == primary {
			return l
		}
	}
	return NoStemmer
}

// sampled is how many words, from the first, decide on the language.
const sampled = 200

// setLanguage decides in which language the article is written: the declared
// one if the article is in its script (a third of the sampled words is
// enough), else what the script and the most frequent words say. An article
// whose language stays open has none, and is stemmed as most articles in its
// script are.
func (d *Document) setLanguage(declared string) {
	sample := d.tokens[:min(len(d.tokens), sampled)]
	var counts [scripts]int
	total := 0
	for i := range sample {
		if s := wordScript(d.raw(&sample[i])); s != noScript {
			counts[s]++
			total++
		}
	}
	if tag := CanonicalLanguage(declared); tag != "" && (total == 0 || inScript(tag, &counts, total)) {
		d.language, d.stemmer = tag, stemmerOf(tag)
		return
	}
	best := noScript
	for s := latin; s < scripts; s++ {
		if counts[s] > counts[best] {
			best = s
		}
	}
	switch best {
	case latin:
		d.stemmer = English
		if l := d.vote(sample); l != NoStemmer {
			d.language, d.stemmer = stemmers[l].tag, l
		}
	case cyrillic:
		d.language, d.stemmer = d.cyrillicLanguage(sample)
	case arabicScript:
		d.language, d.stemmer = d.arabicLanguage(sample)
	case han, kana:
		// Japanese is never long without kana; Chinese has none.
		d.language = "zh"
		if counts[kana]*10 >= counts[han] {
			d.language = "ja"
		}
	case greek:
		d.language = "el"
	case hebrew:
		d.language = "he"
	case hangul:
		d.language = "ko"
	case thai:
		d.language = "th"
	}
}

func inScript(tag string, counts *[scripts]int, total int) bool {
	primary, _, _ := strings.Cut(tag, "-")
	known, ok := writtenIn[primary]
	if !ok {
		return true
	}
	n := 0
	for _, s := range known {
		n += counts[s]
	}
	return n*3 >= total
}

// vote returns the language that has most of its frequent words in the sample:
// at least two, and more than any other.
func (d *Document) vote(sample []Token) Stemmer {
	var votes [Stemmers]int
	var buf [maxStopWord]byte
	for i := range sample {
		w := d.raw(&sample[i])
		if len(w) > maxStopWord {
			continue
		}
		lower := buf[:len(w)]
		for j := range len(w) {
			lower[j] = w[j]
			if 'A' <= w[j] && w[j] <= 'Z' {
				lower[j] |= 0x20
			}
		}
		for set := stopWords[string(lower)]; set != 0; set &= set - 1 {
			votes[set.first()]++
		}
	}
	best, second := NoStemmer, 0
	for l := Arabic; l < Stemmers; l++ {
		switch {
		case votes[l] > votes[best]:
			best, second = l, votes[best]
		case votes[l] > second:
			second = votes[l]
		}
	}
	if votes[best] < 2 || votes[best] == second {
		return NoStemmer
	}
	return best
}

// cyrillicLanguage tells Russian from its neighbours by letters that only one
// side has.
func (d *Document) cyrillicLanguage(sample []Token) (string, Stemmer) {
	russian, ukrainian, others := 0, 0, 0
	for i := range sample {
		for _, r := range d.raw(&sample[i]) {
			switch r {
			case 'ы', 'э', 'ё', 'Э', 'Ё':
				russian++
			case 'і', 'ї', 'є', 'ґ', 'І', 'Ї', 'Є', 'Ґ':
				ukrainian++
			case 'ў', 'ј', 'љ', 'њ', 'ћ', 'ђ', 'џ', 'ѓ', 'ќ', 'ѕ', 'Ў', 'Ј', 'Љ', 'Њ', 'Ћ', 'Ђ', 'Џ', 'Ѓ', 'Ќ', 'Ѕ':
				others++
			}
		}
	}
	switch {
	case others > russian/4 && others > 0:
		return "", NoStemmer
	case ukrainian > russian:
		return "uk", NoStemmer
	case russian > 0:
		return "ru", Russian
	}
	return "", Russian
}

// arabicLanguage tells Arabic from Persian and Urdu by their letters.
func (d *Document) arabicLanguage(sample []Token) (string, Stemmer) {
	arabic, persian, urdu := 0, 0, 0
	for i := range sample {
		for _, r := range d.raw(&sample[i]) {
			switch r {
			case 'ي', 'ك', 'ة', 'ى', 'أ', 'إ':
				arabic++
			case 'پ', 'چ', 'ژ', 'گ', 'ی', 'ک':
				persian++
			case 'ٹ', 'ڈ', 'ڑ', 'ں', 'ے', 'ہ', 'ھ':
				urdu++
			}
		}
	}
	switch {
	case urdu*4 > persian && urdu > arabic:
		return "ur", NoStemmer
	case persian > arabic:
		return "fa", NoStemmer
	}
	return "ar", Arabic
}

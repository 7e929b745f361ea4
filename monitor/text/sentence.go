package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// boundaries tell sentences and paragraphs apart.
type boundaries struct {
	known      bool
	sentences  []int32 // by token
	paragraphs []int32
}

// Sentence returns the number of the sentence in which a word stands: words of
// one sentence, and no others, share it.
//
// A sentence ends with its line, and at . ! ? … and their like in other scripts
// if what follows does not go on in lower case. A full stop does not end one
// behind a well-known abbreviation, nor in languages that write ordinals with
// it behind a number of one or two digits; behind an initial or an acronym such
// as U.S. only if one of the most frequent words follows with a capital.
func (d *Document) Sentence(token int) int32 {
	d.findBoundaries()
	return d.lines.sentences[token]
}

// Paragraph returns the number of the paragraph in which a word stands. A
// paragraph ends at a blank line.
func (d *Document) Paragraph(token int) int32 {
	d.findBoundaries()
	return d.lines.paragraphs[token]
}

func (d *Document) findBoundaries() {
	b := &d.lines
	if b.known {
		return
	}
	b.known = true
	b.sentences, b.paragraphs = b.sentences[:0], b.paragraphs[:0]
	sentence, paragraph := int32(0), int32(0)
	for i := range d.tokens {
		if i > 0 {
			s, p := d.boundary(&d.tokens[i-1], &d.tokens[i])
			if s {
				sentence++
			}
			if p {
				paragraph++
			}
		}
		b.sentences = append(b.sentences, sentence)
		b.paragraphs = append(b.paragraphs, paragraph)
	}
}

// boundary reports what ends between two words that follow each other.
func (d *Document) boundary(a, b *Token) (sentence, paragraph bool) {
	if a.Field != b.Field || b.Pos != a.Pos+1 {
		return true, true
	}
	between := d.texts[a.Field][a.to:b.from]
	if between == " " || between == "" {
		return false, false
	}
	if i := strings.IndexByte(between, '\n'); i >= 0 {
		rest := strings.TrimLeft(between[i+1:], " \t\r")
		return true, strings.HasPrefix(rest, "\n")
	}
	for i := 0; i < len(between); {
		r, n := utf8.DecodeRuneInString(between[i:])
		i += n
		switch {
		case isFullStop(r):
			if !spaced(between[i:]) {
				continue // "a.b", "… .5"
			}
			if !d.goesOn(b) && !d.isAbbreviated(a, b, between[:i]) {
				return true, false
			}
		case isStop(r):
			if spaced(between[i:]) && !d.goesOn(b) {
				return true, false
			}
		case isWideStop(r):
			return true, false
		}
	}
	return false, false
}

func isFullStop(r rune) bool { return r == '.' || r == '．' || r == '․' }

// isStop reports whether r ends a sentence when a space follows.
func isStop(r rune) bool {
	switch r {
	case '!', '?', '…', '‼', '⁇', '⁈', '⁉', '‽', // Latin, Cyrillic, Greek
		'؟', '۔', '؞', // Arabic, Urdu
		'।', '॥', // Indic
		'։', '՜', '՞', // Armenian
		'።', '፧', '፨', // Ethiopic
		'។', '៕', // Khmer
		'၊', '။': // Myanmar
		return r != '၊'
	}
	return false
}

// isWideStop reports whether r ends a sentence in scripts without spaces.
func isWideStop(r rune) bool {
	switch r {
	case '。', '｡', '！', '？', '︒', '﹒', '﹖', '﹗':
		return true
	}
	return false
}

// spaced reports whether what follows a stop is space, after closing quotes,
// brackets and further stops.
func spaced(s string) bool {
	for _, r := range s {
		switch {
		case unicode.IsSpace(r):
			return true
		case isFullStop(r), isStop(r), isWideStop(r), unicode.Is(unicode.Pe, r), unicode.Is(unicode.Pf, r),
			unicode.Is(unicode.Pi, r), r == '"', r == '\'', r == '*', unicode.Is(unicode.Cf, r):
		default:
			return false
		}
	}
	// Nothing stands between the stop and the next word: "end.Next".
	return false
}

// goesOn reports whether a word begins in lower case, as in the middle of a
// sentence.
func (d *Document) goesOn(t *Token) bool {
	r, _ := utf8.DecodeRuneInString(d.raw(t))
	return unicode.IsLower(r)
}

// isAbbreviated reports whether the full stop at the end of signs belongs to
// the word a, and the sentence goes on with b.
func (d *Document) isAbbreviated(a, b *Token, signs string) bool {
	if !strings.HasPrefix(signs, ".") || len(signs) > 1 {
		return false
	}
	w := d.raw(a)
	first, n := utf8.DecodeRuneInString(w)
	switch {
	case n == len(w) && (unicode.IsUpper(first) || unicode.IsLower(first)), // an initial, "z. B."
		strings.Contains(w, "."):
		return !d.isStarter(b)
	case unicode.IsDigit(first):
		return len(w) <= 2 && ordinalStops[d.stemmer] && unicode.IsLetter(d.firstRune(b))
	}
	return len(w) <= maxAbbreviation && abbreviations[strings.ToLower(w)]
}

func (d *Document) firstRune(t *Token) rune {
	r, _ := utf8.DecodeRuneInString(d.raw(t))
	return r
}

// isStarter reports whether a word is one of the most frequent, which begin
// with a capital only at the start of a sentence.
func (d *Document) isStarter(t *Token) bool {
	w := d.raw(t)
	return len(w) <= maxStopWord && unicode.IsUpper(d.firstRune(t)) && stopWords[strings.ToLower(w)] != 0
}

// ordinalStops are the languages that write ordinals as a number with a full
// stop: "am 3. Oktober".
var ordinalStops = [Stemmers]bool{German: true, Danish: true, Norwegian: true, Finnish: true, Hungarian: true, Turkish: true}

const maxAbbreviation = 12

// abbreviations are words that a full stop belongs to and that hardly ever end
// a sentence, in lower case.
var abbreviations = func() map[string]bool {
	set := make(map[string]bool)
	for _, w := range strings.Fields(`mr mrs ms dr prof sen rep gov gen col lt cpl sgt capt cmdr adm maj st ste mt ft jr sr hon rev
		pres supt insp messrs vs no nos vol fig pp ed eds approx dept est jan feb aug sept oct nov dec
		mm mme mlle mgr av bd art réf env hr fr nr abs bzw ca evtl ggf inkl max min mio mrd str tel usw zb
		sra srta dña ud uds núm pág sig dott ing avv sigg on geom mw dhr mevr drs jhr bv nv
		г гг им ул тыс млн млрд руб стр см др пр св проф акад коп рис`) {
		set[w] = true
	}
	return set
}()

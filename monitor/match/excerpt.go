package match

import (
	"slices"
	"strings"
	"unicode"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/text"
)

const (
	// excerptLength is about how long an excerpt is, in code points.
	excerptLength = 200
	// excerptSlack is how far a cut moves to find a word's border.
	excerptSlack = 24
)

// Excerpt returns about 200 code points of the article around the place where
// the evidence, in order, is densest: in summary or content if there is any,
// else in the title; without evidence there the beginning of what there is to
// read.
// It is one line without control characters, cut between words, with "…" where
// text was left out.
func Excerpt(a *feeds.Article, spans []text.Span) text.Excerpt {
	if i := slices.IndexFunc(spans, func(s text.Span) bool { return s.Field > text.Content }); i >= 0 {
		spans = spans[:i] // authors, categories and the URL are no text to read
	}
	field, window := densest(spans)
	if len(window) == 0 {
		for _, s := range []string{a.Summary, a.ContentText, a.Title} {
			if strings.TrimSpace(s) != "" {
				return cut(s, nil)
			}
		}
		return text.Excerpt{}
	}
	switch field {
	case text.Summary:
		return cut(a.Summary, window)
	case text.Content:
		return cut(a.ContentText, window)
	}
	return cut(a.Title, window)
}

// densest returns the field and the run of spans that an excerpt shows best:
// the most different texts within its length, then the most spans, then the
// first.
func densest(spans []text.Span) (field text.Field, window []text.Span) {
	folded := make([]string, len(spans))
	for i := range spans {
		folded[i] = text.Fold(spans[i].Text)
	}
	best := 0
	for i := range spans {
		first := &spans[i]
		different, n := 0, i
		for n < len(spans) && spans[n].Field == first.Field && (n == i || spans[n].End-first.Start <= excerptLength) {
			if !slices.Contains(folded[i:n], folded[n]) {
				different++
			}
			n++
		}
		score := different*1000 + n - i
		if first.Field != text.Title {
			score += 1_000_000
		}
		if score > best {
			best, field, window = score, first.Field, spans[i:n]
		}
	}
	return field, window
}

// cut returns the excerpt of a field around a window of its spans.
func cut(field string, window []text.Span) text.Excerpt {
	field = strings.TrimRightFunc(field, unicode.IsSpace)
	from, to := 0, excerptLength
	if len(window) > 0 {
		from, to = window[0].Start, window[0].End
		for _, s := range window {
			to = max(to, s.End)
		}
		// One long span is shown from its start.
		to = min(to, from+excerptLength)
		margin := (excerptLength - (to - from)) / 2
		from, to = from-margin, to+margin
		if from < 0 {
			from, to = 0, to-from
		}
	}
	runes, offset, more := stretch(field, from-excerptSlack, to+excerptSlack)
	if missing := to - (offset + len(runes)); missing > 0 {
		// The end of the field leaves room at the front.
		from -= missing
		runes, offset, more = stretch(field, from-excerptSlack, to)
	}
	begin, stop := max(from-offset, 0), min(to-offset, len(runes))
	// No cut may take evidence that fits.
	keepFrom, keepTo := stop, begin
	for _, s := range window {
		keepFrom, keepTo = min(keepFrom, s.Start-offset), min(max(keepTo, s.End-offset), stop)
	}
	if offset+begin > 0 {
		begin = startOfWord(runes, begin, keepFrom)
	}
	if more || stop < len(runes) {
		stop = endOfWord(runes, stop, keepTo)
	}

	var w writer
	if offset+begin > 0 {
		w.write('…')
	}
	marked := 0 // where the evidence that began so far ends
	for i := begin; i < stop; i++ {
		for len(window) > 0 && window[0].Start <= offset+i {
			marked = max(marked, window[0].End)
			window = window[1:]
		}
		w.rune(runes[i], offset+i < marked)
	}
	w.mark(false)
	if more || stop < len(runes) {
		w.write('…')
	}
	return text.Excerpt{Text: w.b.String(), Marks: w.marks}
}

// stretch returns the code points [from, to) of s as far as they exist, where
// they begin, and whether s goes on behind them.
func stretch(s string, from, to int) (runes []rune, offset int, more bool) {
	from = max(from, 0)
	runes = make([]rune, 0, to-from)
	n := 0
	for _, r := range s {
		if n >= to {
			return runes, from, true
		}
		if n >= from {
			runes = append(runes, r)
		}
		n++
	}
	return runes, min(from, n), false
}

// startOfWord moves a cut at i to the start of a word near it, not behind keep.
func startOfWord(runes []rune, i, keep int) int {
	for j := i; j <= min(i+excerptSlack, keep); j++ {
		if j > 0 && unicode.IsSpace(runes[j-1]) {
			return j
		}
	}
	for j := min(i, keep); j > max(i-excerptSlack, 0); j-- {
		if unicode.IsSpace(runes[j-1]) {
			return j
		}
	}
	// No spaces: at least do not take a letter from its marks.
	for i > 0 && i < len(runes) && joined(runes[i-1], runes[i]) {
		i--
	}
	return min(i, keep)
}

// endOfWord moves a cut at i to the end of a word near it, not before keep.
func endOfWord(runes []rune, i, keep int) int {
	for j := i; j >= max(i-excerptSlack, keep); j-- {
		if j < len(runes) && unicode.IsSpace(runes[j]) {
			return j
		}
	}
	for j := max(i, keep); j < min(i+excerptSlack, len(runes)); j++ {
		if unicode.IsSpace(runes[j]) {
			return j
		}
	}
	for i > 0 && i < len(runes) && joined(runes[i-1], runes[i]) {
		i++
	}
	return max(i, keep)
}

const zeroWidthJoiner = '\u200d'

// joined reports whether two code points belong to one character.
func joined(a, b rune) bool {
	return unicode.IsMark(b) || a == zeroWidthJoiner || b == zeroWidthJoiner
}

// writer writes an excerpt code point by code point, on one line.
type writer struct {
	b       strings.Builder
	n       int // code points written
	space   bool
	marks   [][2]int
	marking bool
	from    int
}

// rune writes r, which is evidence or not.
func (w *writer) rune(r rune, evidence bool) {
	if !evidence {
		w.mark(false)
	}
	switch {
	case unicode.IsSpace(r):
		w.space = w.n > 0
		return
	case hidden(r):
		return
	}
	if w.space {
		w.write(' ')
		w.space = false
	}
	w.mark(evidence)
	w.write(r)
}

func (w *writer) write(r rune) {
	w.b.WriteRune(r)
	w.n++
}

// mark begins a mark, or ends the one that is open.
func (w *writer) mark(on bool) {
	switch {
	case on && !w.marking:
		w.from = w.n
	case !on && w.marking:
		w.marks = append(w.marks, [2]int{w.from, w.n})
	}
	w.marking = on
}

// hidden reports whether r must not reach a terminal or a page: control
// characters, and those that turn the direction of what follows.
func hidden(r rune) bool {
	return unicode.IsControl(r) || r == '\ufeff' || 0x202a <= r && r <= 0x202e || 0x2066 <= r && r <= 0x2069
}

package console

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"
)

// glyph is what takes one place on the screen: a grapheme cluster (UAX #29).
type glyph struct {
	text        string
	first, last rune // of text before anything was added to it
	width       int  // in columns, with what was added
	wide        bool // takes two columns by itself
	space       bool // a space at which lines can end
	marked      bool // belongs to a word that matched
}

// glyphs returns the first limit code points of s as they may be shown. marks
// are stretches of code points of s.
func (c *Console) glyphs(s string, marks [][2]int, limit int) []glyph {
	if short := clip(s, limit); len(short) < len(s) {
		s = short
	}
	painted := make([]bool, utf8.RuneCountInString(s))
	for _, m := range marks {
		for i := max(m[0], 0); i < min(m[1], len(painted)); i++ {
			painted[i] = true
		}
	}
	var shown strings.Builder
	marked := painted[:0] // of what is shown; never ahead of painted
	n := 0
	for _, r := range s {
		if r = printable(r); r >= 0 {
			shown.WriteRune(r)
			marked = append(marked, painted[n])
		}
		n++
	}

	var glyphs []glyph
	n = 0
	for clusters := graphemes.FromString(shown.String()); clusters.Next(); {
		t := clusters.Value()
		g := glyph{text: t, width: c.widths.StringWidth(t), space: t == " "}
		g.wide = g.width > 1
		g.first, _ = utf8.DecodeRuneInString(t)
		g.last, _ = utf8.DecodeLastRuneInString(t)
		for range t {
			g.marked = g.marked || marked[n]
			n++
		}
		glyphs = append(glyphs, g)
	}
	return glyphs
}

// Printable returns text of strangers' without what could steer a terminal or
// reorder what it shows.
func Printable(s string) string { return strings.Map(printable, s) }

// printable returns the character to show for r, or -1 for none.
//
// Of the invisible characters (Unicode category Cf) only those stay that shape
// what is seen: joiners, and the signs that enclose Arabic and Syriac numbers.
// The others can reorder or hide text. Tags go too, so the flags of England,
// Scotland and Wales show as a plain flag.
func printable(r rune) rune {
	const zwnj, zwj = '\u200C', '\u200D'
	switch {
	case r == '\u00A0' || r == '\u2007' || r == '\u202F':
		return '\u00A0' // no line ends here
	case unicode.IsSpace(r):
		return ' '
	case unicode.Is(unicode.Cc, r):
		return -1
	case unicode.Is(unicode.Cf, r) && r != zwnj && r != zwj && !unicode.Is(unicode.Prepended_Concatenation_Mark, r):
		return -1
	}
	return r
}

package console

import (
	"strings"
	"unicode"
)

// The looks of text, as complete "select graphic rendition" sequences
// (ECMA-48, 8.3.117). Each replaces the one before.
const (
	plain = "\x1b[0m"
	bold  = "\x1b[0;1m"
	dim   = "\x1b[0;2m"
	match = "\x1b[0;1;31m"
)

// line is a text to be laid out on as many lines as it needs.
type line struct {
	text   string
	marks  [][2]int // in code points of text
	limit  int      // the most code points to show
	style  string   // "" is plain
	indent string   // in front of every line
}

// write lays out a text. An empty one takes no line.
func (c *Console) write(b *strings.Builder, l line) {
	glyphs := c.glyphs(l.text, l.marks, l.limit)
	if !c.color {
		quote(glyphs)
	}
	base := l.style
	if base == "" {
		base = plain
	}
	for _, row := range wrap(glyphs, c.width-len(l.indent)) {
		b.WriteString(l.indent)
		style := plain
		for _, g := range row {
			want := base
			if g.marked {
				want = match
			}
			if c.color && want != style {
				b.WriteString(want)
				style = want
			}
			b.WriteString(g.text)
		}
		if style != plain {
			b.WriteString(plain)
		}
		b.WriteByte('\n')
	}
}

// quote puts the quotation marks that stand for colour around marked words.
func quote(glyphs []glyph) {
	for i := 0; i < len(glyphs); {
		if !glyphs[i].marked {
			i++
			continue
		}
		first, last := -1, -1
		for ; i < len(glyphs) && glyphs[i].marked; i++ {
			if !glyphs[i].space {
				if first < 0 {
					first = i
				}
				last = i
			}
		}
		if first >= 0 {
			glyphs[first].text = "«" + glyphs[first].text
			glyphs[first].width++
			glyphs[last].text += "»"
			glyphs[last].width++
		}
	}
}

// wrap breaks glyphs into rows of at most the given width: at spaces, of which
// one at most stands between words, and between the characters of scripts that
// are written without. A word that is wider than a whole row is broken where
// it must be.
func wrap(glyphs []glyph, width int) [][]glyph {
	var rows [][]glyph
	var row []glyph
	used := 0
	end := func() {
		if len(row) > 0 {
			rows = append(rows, row)
		}
		row, used = nil, 0
	}
	for i := 0; i < len(glyphs); {
		var space []glyph
		for ; i < len(glyphs) && glyphs[i].space; i++ {
			space = glyphs[i : i+1]
		}
		word, wide := i, 0
		for i < len(glyphs) && !glyphs[i].space && (i == word || !breakable(glyphs[i-1], glyphs[i])) {
			wide += glyphs[i].width
			i++
		}
		switch {
		case word == i: // spaces at the end
		case used > 0 && used+len(space)+wide <= width:
			row = append(append(row, space...), glyphs[word:i]...)
			used += len(space) + wide
		default:
			end()
			for _, g := range glyphs[word:i] {
				if used+g.width > width {
					end()
				}
				row = append(row, g)
				used += g.width
			}
		}
	}
	end()
	return rows
}

// breakable reports whether a line may end between two glyphs without a space:
// beside a wide one, except before closing and after opening punctuation and
// inside Korean words. It is the part of UAX #14 that keeps such text readable.
func breakable(a, b glyph) bool {
	if !a.wide && !b.wide {
		return false
	}
	if unicode.Is(unicode.Hangul, a.last) && unicode.Is(unicode.Hangul, b.first) {
		return false
	}
	const clinging = "ーぁぃぅぇぉっゃゅょァィゥェォッャュョヵヶゝゞ々〜"
	return !unicode.In(a.last, unicode.Ps, unicode.Pi, unicode.Zs) &&
		!unicode.In(b.first, unicode.Pe, unicode.Pf, unicode.Po, unicode.Zs) &&
		!strings.ContainsRune(clinging, b.first)
}

package config

import (
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// breakLen returns the length of the line break at the start of s, 0 when
// there is none: the breaks of YAML 1.1, section 5.4, which the parser counts.
func breakLen[T string | []byte](s T) int {
	switch {
	case len(s) == 0:
	case s[0] == '\n':
		return 1
	case s[0] == '\r' && len(s) > 1 && s[1] == '\n':
		return 2
	case s[0] == '\r':
		return 1
	case s[0] == 0xC2 && len(s) > 1 && s[1] == 0x85: // NEL
		return 2
	case s[0] == 0xE2 && len(s) > 2 && s[1] == 0x80 && (s[2] == 0xA8 || s[2] == 0xA9): // LS, PS
		return 3
	}
	return 0
}

// lineStarts returns the offset of each line of the source.
func (d *decoder) lineStarts() []int {
	if d.starts == nil {
		d.starts = append(d.starts, 0)
		for i := 0; i < len(d.source); {
			if n := breakLen(d.source[i:]); n > 0 {
				i += n
				d.starts = append(d.starts, i)
			} else {
				i++
			}
		}
	}
	return d.starts
}

// position returns where an offset of the source lies.
func (d *decoder) position(offset int) (line, column int) {
	starts := d.lineStarts()
	lo, hi := 0, len(starts)
	for hi-lo > 1 {
		if mid := (lo + hi) / 2; starts[mid] <= offset {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo + 1, 1 + utf8.RuneCount(d.source[starts[lo]:offset])
}

// offset returns where a line and column of the source begin.
func (d *decoder) offset(line, column int) int {
	starts := d.lineStarts()
	if line < 1 || line > len(starts) {
		return len(d.source)
	}
	at := starts[line-1]
	for ; column > 1 && at < len(d.source) && breakLen(d.source[at:]) == 0; column-- {
		_, size := utf8.DecodeRune(d.source[at:])
		at += size
	}
	return at
}

// around returns what stands before and after a position on its line.
func (d *decoder) around(line, column int) (before, after string) {
	const most = 1000 // bytes of interest each side
	at := d.offset(line, column)
	start := at
	if starts := d.lineStarts(); line >= 1 && line <= len(starts) {
		start = starts[line-1]
	}
	end := at
	for end < len(d.source) && end-at < most && breakLen(d.source[end:]) == 0 {
		end++
	}
	return string(d.source[max(start, at-most):at]), string(d.source[at:end])
}

// inside returns the position in the file of the code point at an offset of a
// scalar's value. It follows quotes, escapes and folded lines; where YAML
// leaves more than that to interpret, it is near.
func (d *decoder) inside(n *yaml.Node, offset int) (line, column int) {
	w := walker{rest: d.source[d.offset(n.Line, n.Column):], style: n.Style}
	start := len(d.source) - len(w.rest)
	w.begin(n.Value)
	for _, r := range n.Value {
		if offset == 0 {
			w.settle(r)
			break
		}
		w.step(r)
		offset--
	}
	return d.position(min(start+w.at, len(d.source)))
}

// walker follows the source of a scalar along with its value.
type walker struct {
	rest  []byte // the source from the scalar's first character on
	at    int    // offset in rest
	style yaml.Style
	// indent is how many columns a block scalar's lines are indented.
	indent int
}

// begin moves to the first character of the value.
func (w *walker) begin(value string) {
	switch {
	case w.style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		w.at = 1
	case w.style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		for w.at < len(w.rest) && breakLen(w.rest[w.at:]) == 0 {
			w.at++
		}
		// The first line that is not blank tells the indent: what of its
		// spaces is not in the value. Blank lines before it are in the value.
		w.at += breakLen(w.rest[w.at:])
		text := strings.TrimLeft(value, "\n")
		own := len(text) - len(strings.TrimLeft(text, " "))
		for i := w.at; i < len(w.rest); {
			line := i
			for i < len(w.rest) && w.rest[i] == ' ' {
				i++
			}
			if n := breakLen(w.rest[i:]); n > 0 {
				i += n
				continue
			}
			w.indent = i - line - own
			break
		}
		w.skipIndent()
	}
}

// settle moves over what produces nothing, up to the source of the value's
// next code point, which is r.
func (w *walker) settle(r rune) {
	if r == ' ' || r == '\n' || w.style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return
	}
	w.skipFold()
}

// step moves over the source of one code point of the value.
func (w *walker) step(r rune) {
	if w.at >= len(w.rest) {
		return
	}
	_, size := utf8.DecodeRune(w.rest[w.at:])
	switch {
	case w.style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		if n := breakLen(w.rest[w.at:]); n > 0 {
			w.at += n
			w.skipIndent()
			return
		}
	case (r == ' ' || r == '\n') && w.skipFold():
		return
	case w.style&yaml.DoubleQuotedStyle != 0 && w.rest[w.at] == '\\':
		w.skipFold() // an escaped line break produces nothing
		if w.at < len(w.rest) && w.rest[w.at] == '\\' {
			w.at += escapeLen(w.rest[w.at:])
			return
		}
		_, size = utf8.DecodeRune(w.rest[w.at:])
	case w.style&yaml.SingleQuotedStyle != 0 && w.rest[w.at] == '\'':
		size = 2
	}
	w.at += size
}

// skipFold moves over a line break inside a flow scalar with the white space
// around it, if one is here.
func (w *walker) skipFold() bool {
	i := w.at
	if i < len(w.rest) && w.style&yaml.DoubleQuotedStyle != 0 && w.rest[i] == '\\' {
		i++
	}
	folded := false
	for i < len(w.rest) {
		if n := breakLen(w.rest[i:]); n > 0 {
			folded = true
			i += n
		} else if w.rest[i] == ' ' || w.rest[i] == '\t' {
			i++
		} else {
			break
		}
	}
	if folded {
		w.at = i
	}
	return folded
}

func (w *walker) skipIndent() {
	for n := w.indent; n > 0 && w.at < len(w.rest) && w.rest[w.at] == ' '; n-- {
		w.at++
	}
}

// escapeLen returns the length of the escape at the start of s (YAML 1.2,
// section 5.7).
func escapeLen(s []byte) int {
	if len(s) < 2 {
		return len(s)
	}
	if n := strings.IndexByte("xuU", s[1]); n >= 0 {
		return min(len(s), 2+[]int{2, 4, 8}[n])
	}
	return 2
}

package parse

import (
	"html"
	"strings"
	"unicode"
	"unicode/utf8"

	xhtml "golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// PlainText returns what a reader sees of a piece of HTML: without markup and
// what is never shown (scripts, styles, templates, the head), entities
// decoded, white space collapsed, without control characters and invisible
// ones that mean nothing. Lines and blocks end in "\n", paragraphs and blocks
// like them in a blank line; there is never more than one.
//
// How deep the markup nests does not matter, and broken markup is read as far
// as it goes.
func PlainText(s string) string {
	if strings.IndexByte(s, '<') < 0 {
		return tidy(html.UnescapeString(s), false)
	}
	if text, ok := extract(s, true); ok {
		return text
	}
	// Something hidden never ended: it was no hiding place.
	text, _ := extract(s, false)
	return text
}

// extract returns the text of HTML. With hide, the content of elements that
// are not shown is left out; ok is false when one of them has no end.
func extract(s string, hide bool) (text string, ok bool) {
	var (
		z      = xhtml.NewTokenizer(strings.NewReader(s))
		w      = writer{buf: make([]byte, 0, len(s)/2)}
		hidden atom.Atom // the element whose content is being left out
		depth  int       // of hidden within itself
	)
	for {
		kind := z.Next()
		switch kind {
		case xhtml.ErrorToken:
			return string(w.buf), hidden == 0
		case xhtml.TextToken:
			if hidden == 0 {
				w.write(z.Text())
			}
			continue
		case xhtml.StartTagToken, xhtml.EndTagToken, xhtml.SelfClosingTagToken:
		default:
			continue
		}
		name, _ := z.TagName()
		tag := atom.Lookup(name)
		if hidden != 0 {
			if tag == hidden && kind == xhtml.StartTagToken {
				depth++
			} else if tag == hidden && kind == xhtml.EndTagToken {
				if depth--; depth == 0 {
					hidden = 0
				}
			}
			continue
		}
		switch flowOf(tag) {
		case flowHidden:
			raw := tag == atom.Script || tag == atom.Style
			if kind == xhtml.StartTagToken && (hide || raw) {
				hidden, depth = tag, 1
			}
		case flowLine:
			w.lines++
		case flowBlock:
			w.lines = max(w.lines, 1)
		case flowParagraph:
			w.lines = max(w.lines, 2)
		case flowCell:
			w.space = true
		case flowPre:
			w.lines = max(w.lines, 2)
			w.pre = kind == xhtml.StartTagToken
		}
	}
}

// flow is what an element does to the flow of text around it.
type flow uint8

const (
	flowNone flow = iota
	flowLine
	flowBlock
	flowParagraph
	flowCell
	flowPre
	flowHidden
)

func flowOf(tag atom.Atom) flow {
	switch tag {
	case atom.Br:
		return flowLine
	case atom.Div, atom.Li, atom.Tr, atom.Dt, atom.Dd, atom.Figcaption, atom.Caption, atom.Option, atom.Summary,
		atom.Address, atom.Legend, atom.Center, atom.Thead, atom.Tbody, atom.Tfoot, atom.Optgroup, atom.Menuitem:
		return flowBlock
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Blockquote, atom.Ul, atom.Ol, atom.Dl,
		atom.Table, atom.Section, atom.Article, atom.Aside, atom.Header, atom.Footer, atom.Nav, atom.Main, atom.Figure,
		atom.Hr, atom.Details, atom.Fieldset, atom.Form, atom.Hgroup, atom.Body, atom.Menu, atom.Dir:
		return flowParagraph
	case atom.Td, atom.Th:
		return flowCell
	case atom.Pre, atom.Textarea, atom.Listing, atom.Xmp:
		return flowPre
	case atom.Script, atom.Style, atom.Template, atom.Noscript, atom.Head, atom.Title, atom.Iframe, atom.Noembed,
		atom.Noframes, atom.Object, atom.Svg, atom.Select, atom.Datalist:
		return flowHidden
	}
	return flowNone
}

// writer collects text and puts white space in its proper form: what is
// wanted between two words is kept back until the second of them comes.
type writer struct {
	buf   []byte
	lines int  // line ends wanted
	space bool // a space wanted
	pre   bool // line ends in the text count
}

func (w *writer) write(text []byte) {
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == ' ' || c == '\t' || c == '\r' || c == '\f':
			w.space = true
			i++
		case c == '\n':
			w.space = true
			if w.pre {
				w.lines++
			}
			i++
		case c < ' ' || c == 0x7f:
			i++
		case c < utf8.RuneSelf:
			end := i + 1
			for end < len(text) && text[end] > ' ' && text[end] < 0x7f {
				end++
			}
			w.word(text[i:end])
			i = end
		default:
			r, n := utf8.DecodeRune(text[i:])
			switch {
			case unicode.IsSpace(r) || r == '\u2800':
				w.space = true
			case invisible(r):
			case r == utf8.RuneError:
				// Broken bytes could join into a character when what stands
				// between them is left out.
				w.word([]byte("\ufffd"))
			default:
				w.word(text[i : i+n])
			}
			i += n
		}
	}
}

func (w *writer) word(b []byte) {
	if len(w.buf) > 0 {
		switch {
		case w.lines > 1:
			w.buf = append(w.buf, "\n\n"...)
		case w.lines == 1:
			w.buf = append(w.buf, '\n')
		case w.space:
			w.buf = append(w.buf, ' ')
		}
	}
	w.lines, w.space = 0, false
	w.buf = append(w.buf, b...)
}

// invisible reports whether a character shows nothing and means nothing for
// the words around it. The joiners U+200C and U+200D do mean something, in
// Persian, in the scripts of India and in emoji.
func invisible(r rune) bool {
	switch {
	case r == '\u00ad', r == '\ufeff', r == '\u180e':
		return true
	case r == '\u200c', r == '\u200d':
		return false
	case r >= '\u200b' && r <= '\u200f', r >= '\u202a' && r <= '\u202e', r >= '\u2060' && r <= '\u206f':
		return true
	case r >= 0xe0000 && r <= 0xe0fff, r >= 0xfff0 && r <= 0xfffb:
		return true
	}
	return unicode.IsControl(r)
}

// tidy returns plain text with its white space collapsed. Line ends count with
// keep; without, only blank lines do, as paragraphs.
func tidy(s string, keep bool) string {
	if isTidy(s) {
		return s
	}
	w := writer{buf: make([]byte, 0, len(s))}
	for line := range strings.SplitSeq(s, "\n") {
		before := len(w.buf)
		w.write([]byte(line))
		if len(w.buf) == before && before > 0 {
			w.lines = 2
		} else if keep {
			w.lines = max(w.lines, 1)
		} else {
			w.space = true
		}
	}
	return string(w.buf)
}

// isTidy reports whether text is plain ASCII with single spaces inside.
func isTidy(s string) bool {
	last := byte(' ')
	for i := range len(s) {
		c := s[i]
		if c < ' ' || c >= 0x7f || c == ' ' && last == ' ' {
			return false
		}
		last = c
	}
	return s == "" || last != ' '
}

// plainLines returns text that is declared to be plain, its lines kept.
func plainLines(s string) string { return tidy(s, true) }

// oneLine returns text with all white space collapsed to single spaces.
func oneLine(s string) string {
	if isTidy(s) {
		return s
	}
	w := writer{buf: make([]byte, 0, len(s))}
	w.write([]byte(s))
	return string(w.buf)
}

// hasMarkup reports whether text holds HTML rather than a tag that it talks
// about: an element that has no content, or a start tag with its end tag.
func hasMarkup(s string) bool {
	var open []atom.Atom
	for range 50 { // tags of one title
		i := strings.IndexByte(s, '<')
		if i < 0 {
			return false
		}
		s = s[i+1:]
		name, end := s, false
		if strings.HasPrefix(name, "/") {
			name, end = name[1:], true
		}
		n := 0
		for n < len(name) && n < 20 && (name[n]|0x20 >= 'a' && name[n]|0x20 <= 'z' || n > 0 && name[n] >= '0' && name[n] <= '9') {
			n++
		}
		tag := atom.Lookup([]byte(strings.ToLower(name[:n])))
		if tag == 0 || n == len(name) || !strings.ContainsRune(" \t\r\n/>", rune(name[n])) {
			continue
		}
		switch tag {
		case atom.Br, atom.Img, atom.Hr, atom.Wbr:
			return true
		}
		if !end {
			open = append(open, tag)
			continue
		}
		for _, o := range open {
			if o == tag {
				return true
			}
		}
	}
	return len(open) > 0
}

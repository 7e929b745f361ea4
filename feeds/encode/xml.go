package encode

import (
	"io"
	"strconv"
	"strings"
)

// document is an XML document being written. Names are our own and values are
// clean, so that escaping is all there is to do.
type document struct {
	w   io.Writer
	b   []byte
	err error
}

// flushAt is how much of a document is gathered before it is written.
const flushAt = 32 << 10

func newDocument(w io.Writer) *document {
	d := &document{w: w, b: make([]byte, 0, flushAt+flushAt/2)}
	d.raw(`<?xml version="1.0" encoding="utf-8"?>` + "\n")
	return d
}

func (d *document) flush() error {
	if d.err == nil && len(d.b) > 0 {
		_, d.err = d.w.Write(d.b)
	}
	d.b = d.b[:0]
	return d.err
}

// step is called between entries.
func (d *document) step() error {
	if len(d.b) < flushAt {
		return d.err
	}
	return d.flush()
}

func (d *document) raw(s string) { d.b = append(d.b, s...) }

// element writes an element that holds text, escaped.
func (d *document) element(name, value string, e *escapes) {
	d.open(name)
	d.raw(">")
	d.b = e.append(d.b, value)
	d.close(name)
}

// empty writes an element that has only attributes, given as pairs of name and
// value. Attributes without a value are left out.
func (d *document) empty(name string, attrs ...string) {
	d.open(name, attrs...)
	d.raw("/>\n")
}

// open writes the start of a tag, up to and without its ">".
func (d *document) open(name string, attrs ...string) {
	d.raw("<")
	d.raw(name)
	for i := 0; i+1 < len(attrs); i += 2 {
		if attrs[i+1] == "" {
			continue
		}
		d.raw(" ")
		d.raw(attrs[i])
		d.raw(`="`)
		d.b = inXML.append(d.b, attrs[i+1])
		d.raw(`"`)
	}
}

func (d *document) close(name string) {
	d.raw("</")
	d.raw(name)
	d.raw(">\n")
}

// textConstruct writes plain text as an Atom text construct (RFC 4287 section
// 3.1). Text that a careless reader could take for markup is written as HTML
// that shows that text, so that careful and careless readers show the same.
func (d *document) textConstruct(name, s string) {
	kind, e := "text", &inXML
	if looksLikeMarkup(s) {
		kind, e = "html", &inHTML
	}
	d.open(name, "type", kind)
	d.raw(">")
	d.b = e.append(d.b, s)
	d.close(name)
}

// looksLikeMarkup reports whether s holds something like a tag or a character
// reference.
func looksLikeMarkup(s string) bool {
	for i := strings.IndexAny(s, "<&"); i >= 0 && i+1 < len(s); {
		c := s[i+1]
		switch {
		case s[i] == '<' && (letterOrDigit(c) || c == '/' || c == '!' || c == '?'):
			return true
		case s[i] == '&' && (letterOrDigit(c) || c == '#'):
			end := strings.IndexFunc(s[i+2:], func(r rune) bool { return r > 'z' || !letterOrDigit(byte(r)) })
			if end >= 0 && s[i+2+end] == ';' {
				return true
			}
		}
		next := strings.IndexAny(s[i+1:], "<&")
		if next < 0 {
			return false
		}
		i += 1 + next
	}
	return false
}

// escapes says what stands for special characters.
type escapes struct{ amp, lt, gt, quot, newline string }

var (
	// inXML is for text and attributes.
	inXML = escapes{"&amp;", "&lt;", "&gt;", "&#34;", "\n"}
	// inHTML makes plain text HTML, and that text in XML.
	inHTML = escapes{"&amp;amp;", "&amp;lt;", "&amp;gt;", "&#34;", "&lt;br&gt;\n"}
	// inRSS is for plain text in RSS, where many readers expect HTML and the
	// RSS Profile wants numeric references ("Character Data").
	inRSS = escapes{"&#x26;", "&#x3C;", "&#x3E;", `"`, "\n"}
)

func (e *escapes) append(b []byte, s string) []byte {
	last := 0
	for i := 0; i < len(s); i++ {
		var to string
		switch s[i] {
		case '&':
			to = e.amp
		case '<':
			to = e.lt
		case '>':
			to = e.gt
		case '"':
			to = e.quot
		case '\n':
			to = e.newline
		default:
			continue
		}
		b = append(b, s[last:i]...)
		b = append(b, to...)
		last = i + 1
	}
	return append(b, s[last:]...)
}

// length returns a length in bytes as an attribute, "" when it is not known.
func length(n int64) string {
	if n <= 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

package parse

import (
	"bytes"
	"unicode/utf8"
)

// span is a stretch of a document: [lo, hi).
type span struct{ lo, hi int }

func (s span) empty() bool { return s.hi <= s.lo }

// token is one piece of markup.
type token struct {
	kind tokenKind
	span span
	// name is the qualified name of a tag, the target of an instruction.
	name span
	// selfClosing: the start tag is the element's end as well.
	selfClosing bool
}

type tokenKind uint8

const (
	startTag tokenKind = iota + 1
	endTag
	comment
	cdata
	instruction
	declaration
)

// attr is an attribute of a start tag. value is without its quotes and lies
// empty at the name's end when there is none.
type attr struct{ name, value span }

// tokenizer finds markup in a document as encoding/xml does in its lenient
// mode: wherever that reads on, this reads the same tokens. Where that stops
// this may read on.
type tokenizer struct {
	doc []byte
	pos int
	// attrs are those of the start tag that was read last.
	attrs []attr
}

// next reads the next piece of markup. It returns ok false at the end of the
// document, and an error where the markup cannot be read on.
func (z *tokenizer) next() (t token, ok bool, err error) {
	lt := bytes.IndexByte(z.doc[z.pos:], '<')
	if lt < 0 {
		z.pos = len(z.doc)
		return t, false, nil
	}
	start := z.pos + lt
	rest := z.doc[start:]
	if len(rest) < 2 {
		return t, false, z.truncated()
	}
	end := 0
	switch rest[1] {
	case '/':
		t.kind = endTag
		end = nameEnd(rest, 2)
		t.name = span{start + 2, start + end}
		if !validName(rest[2:end]) {
			return t, false, malformed(z.doc, start, "</ without the name of an element")
		}
		end = skipSpace(rest, end)
		if end >= len(rest) {
			return t, false, z.truncated()
		}
		if rest[end] != '>' {
			return t, false, malformed(z.doc, start, "an end tag that goes on after its name")
		}
		end++
	case '?':
		t.kind = instruction
		nameAt := nameEnd(rest, 2)
		t.name = span{start + 2, start + nameAt}
		if nameAt == 2 {
			return t, false, malformed(z.doc, start, "<? without a name")
		}
		if end = bytes.Index(rest[nameAt:], []byte("?>")); end < 0 {
			return t, false, z.truncated()
		}
		end += nameAt + 2
	case '!':
		if t.kind, end, err = z.special(rest, start); err != nil {
			return t, false, err
		}
	default:
		t.kind = startTag
		if end, err = z.start(rest, start, &t); err != nil {
			return t, false, err
		}
	}
	t.span = span{start, start + end}
	z.pos = t.span.hi
	return t, true, nil
}

func (z *tokenizer) special(rest []byte, start int) (tokenKind, int, error) {
	switch {
	case bytes.HasPrefix(rest, []byte("<!--")):
		end := bytes.Index(rest[4:], []byte("--"))
		switch {
		case end < 0 || 4+end+2 >= len(rest):
			return 0, 0, z.truncated()
		case rest[4+end+2] != '>':
			return 0, 0, malformed(z.doc, start, "a comment with -- inside")
		}
		return comment, 4 + end + 3, nil
	case bytes.HasPrefix(rest, []byte("<![CDATA[")):
		end := bytes.Index(rest[9:], []byte("]]>"))
		if end < 0 {
			return 0, 0, z.truncated()
		}
		return cdata, 9 + end + 3, nil
	case bytes.HasPrefix(rest, []byte("<![")), bytes.HasPrefix(rest, []byte("<!-")):
		return 0, 0, malformed(z.doc, start, "<! that begins neither a comment nor CDATA")
	}
	end, ok := directive(rest)
	if !ok {
		return 0, 0, z.truncated()
	}
	return declaration, end, nil
}

// start reads a start tag and its attributes.
func (z *tokenizer) start(rest []byte, start int, t *token) (int, error) {
	i := nameEnd(rest, 1)
	if !validName(rest[1:i]) {
		return 0, malformed(z.doc, start, "< that begins no tag")
	}
	t.name = span{start + 1, start + i}
	z.attrs = z.attrs[:0]
	for {
		i = skipSpace(rest, i)
		if i >= len(rest) {
			return 0, z.truncated()
		}
		switch rest[i] {
		case '>':
			return i + 1, nil
		case '/':
			if i+1 >= len(rest) {
				return 0, z.truncated()
			}
			if rest[i+1] != '>' {
				return 0, malformed(z.doc, start, "a tag with / inside")
			}
			t.selfClosing = true
			return i + 2, nil
		}
		if len(z.attrs) == maxAttrs {
			return 0, refused("a tag with more than %d attributes", maxAttrs)
		}
		nameAt := i
		i = nameEnd(rest, i)
		if !validName(rest[nameAt:i]) {
			return 0, malformed(z.doc, start, "a tag with something else than attributes inside")
		}
		a := attr{name: span{start + nameAt, start + i}, value: span{start + i, start + i}}
		if i = skipSpace(rest, i); i < len(rest) && rest[i] == '=' {
			i = skipSpace(rest, i+1)
			if i >= len(rest) {
				return 0, z.truncated()
			}
			lo := i
			if q := rest[i]; q == '"' || q == '\'' {
				end := bytes.IndexByte(rest[i+1:], q)
				if end < 0 {
					return 0, z.truncated()
				}
				lo, i = i+1, i+1+end
				a.value = span{start + lo, start + i}
				if bytes.IndexByte(rest[lo:i], '<') >= 0 {
					return 0, malformed(z.doc, start, "an attribute with < inside")
				}
				i++
			} else {
				for i < len(rest) && rest[i] < utf8.RuneSelf && nameByte[rest[i]] && rest[i] != '.' {
					i++
				}
				a.value = span{start + lo, start + i}
			}
		}
		z.attrs = append(z.attrs, a)
	}
}

func (z *tokenizer) truncated() error {
	return malformed(z.doc, len(z.doc), "the document is cut off")
}

// directive returns the length of the <!…> at the beginning of b, and false
// when it does not end. Quoted brackets and comments do not count, nor does
// the first character.
func directive(b []byte) (int, bool) {
	depth := 0
	var quote byte
	for i := 3; i < len(b); i++ {
		switch c := b[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '>':
			if depth == 0 {
				return i + 1, true
			}
			depth--
		case c == '<':
			if bytes.HasPrefix(b[i:], []byte("<!--")) {
				end := bytes.Index(b[i+4:], []byte("-->"))
				if end < 0 {
					return 0, false
				}
				i += 4 + end + 2
				continue
			}
			depth++
		}
	}
	return 0, false
}

var (
	nameStart = func() (t [256]bool) {
		for c := range t {
			t[c] = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == ':' || c >= utf8.RuneSelf
		}
		return t
	}()
	nameByte = func() (t [256]bool) {
		for c := range t {
			t[c] = nameStart[c] || c >= '0' && c <= '9' || c == '.' || c == '-'
		}
		return t
	}()
)

// nameEnd returns where a name that begins at i ends.
func nameEnd(b []byte, i int) int {
	for i < len(b) && nameByte[b[i]] {
		i++
	}
	return i
}

func validName(name []byte) bool {
	if len(name) == 0 || !nameStart[name[0]] {
		return false
	}
	colon := bytes.IndexByte(name, ':')
	return colon < 0 || bytes.IndexByte(name[colon+1:], ':') < 0
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\n' || b[i] == '\r') {
		i++
	}
	return i
}

// runeStart returns the largest offset up to n where a character of s begins.
func runeStart(s string, n int) int {
	if n >= len(s) {
		return len(s)
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return n
}

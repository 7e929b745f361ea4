package parse

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// legalXML returns b without the characters and the character references that
// XML 1.0 (section 2.2) forbids; encoding/xml gives up a whole document at the
// first of them. b is valid UTF-8. The result is b itself when it is clean.
func legalXML(b []byte) []byte {
	if i := illegal(b, 0); i >= 0 {
		out := make([]byte, 0, len(b))
		start := 0
		for ; i >= 0; i = illegal(b, start) {
			out = append(out, b[start:i]...)
			start = i + 1
			if b[i] == 0xef { // U+FFFE, U+FFFF: three bytes
				start = i + 3
			}
		}
		b = append(out, b[start:]...)
	}
	if i := illegalReference(b, 0); i >= 0 {
		out := make([]byte, 0, len(b))
		start := 0
		for ; i >= 0; i = illegalReference(b, start) {
			out = append(out, b[start:i]...)
			start = i + bytes.IndexByte(b[i:], ';') + 1
			// A character beyond the first 65,536 in two halves, as
			// JavaScript counts them.
			high, _ := reference(b[i:])
			low, n := reference(b[start:])
			if r := utf16.DecodeRune(rune(high), rune(low)); r != utf8.RuneError {
				out = utf8.AppendRune(out, r)
				start += n
			}
		}
		b = append(out, b[start:]...)
	}
	return b
}

// suspect marks the first bytes of characters that may be illegal.
var suspect = func() (t [256]bool) {
	for c := range 0x20 {
		t[c] = c != '\t' && c != '\n' && c != '\r'
	}
	t[0xef] = true
	return t
}()

// illegal returns the offset of the first illegal character at or after from,
// or -1.
func illegal(b []byte, from int) int {
	for i := from; i < len(b); i++ {
		if !suspect[b[i]] {
			continue
		}
		if b[i] != 0xef || i+2 < len(b) && b[i+1] == 0xbf && b[i+2] >= 0xbe {
			return i
		}
	}
	return -1
}

// illegalReference returns the offset of the first numeric reference at or
// after from that names an illegal character, or -1.
func illegalReference(b []byte, from int) int {
	for {
		i := bytes.Index(b[from:], []byte("&#"))
		if i < 0 {
			return -1
		}
		from += i + 2
		n, length := reference(b[from-2:])
		if length == 0 {
			continue
		}
		if n < 0x20 && n != '\t' && n != '\n' && n != '\r' ||
			n >= 0xd800 && n < 0xe000 || n == 0xfffe || n == 0xffff {
			return from - 2
		}
	}
}

// reference returns the code point that the numeric reference at the beginning
// of b names and the length of the reference, 0 if there is none.
func reference(b []byte) (n uint64, length int) {
	digits, ok := bytes.CutPrefix(b[:min(len(b), 14)], []byte("&#"))
	if !ok {
		return 0, 0
	}
	base := 10
	length = 2
	if len(digits) > 0 && (digits[0] == 'x' || digits[0] == 'X') {
		digits, base, length = digits[1:], 16, 3
	}
	end := bytes.IndexByte(digits, ';')
	if end < 0 {
		return 0, 0
	}
	n, err := strconv.ParseUint(string(digits[:end]), base, 32)
	if err != nil {
		return 0, 0
	}
	return n, length + end + 1
}

// maxJunk is how many tags may stand before the root element.
const maxJunk = 2000

// root is where a document's root element is.
type root struct {
	at   int // of its start tag
	kind kind
	// first is the name of the document's first element if there is no root.
	first   string
	firstAt int
	// junk: something else than markup of the prolog stands before it.
	junk bool
}

// findRoot returns where the start tag of the feed's root element is, and kind
// 0 if there is none. Declarations, comments and the document type go with
// what stands before it, and so does junk such as a PHP warning or an
// advertisement of the hosting service.
func findRoot(doc []byte) root {
	var r root
	comments, directives := true, true // false: no further one is complete
	for i, tries := 0, 0; i < len(doc) && tries < maxJunk; tries++ {
		lt := bytes.IndexByte(doc[i:], '<')
		if lt < 0 {
			break
		}
		r.junk = r.junk || len(bytes.TrimSpace(doc[i:i+lt])) > 0
		i += lt
		rest := doc[i:]
		switch {
		case comments && bytes.HasPrefix(rest, []byte("<!--")):
			end := bytes.Index(rest[4:], []byte("-->"))
			if comments = end >= 0; comments {
				i += 4 + end + 3
				continue
			}
		case directives && bytes.HasPrefix(rest, []byte("<!")):
			var end int
			if end, directives = directive(rest); directives {
				i += end
				continue
			}
		case bytes.HasPrefix(rest, []byte("<?")):
			if end := bytes.IndexAny(rest[1:min(len(rest), 1024)], "<>"); end >= 0 && rest[1+end] == '>' {
				r.junk = r.junk || rest[end] != '?'
				i += 1 + end + 1
				continue
			}
		}
		name := rest[1:nameEnd(rest, 1)]
		local := name[bytes.LastIndexByte(name, ':')+1:]
		if r.kind = kindOf(local); r.kind != 0 {
			r.at = i
			return r
		}
		r.junk = true
		if r.first == "" && len(name) > 0 && nameStart[name[0]] {
			r.first, r.firstAt = string(local), i
			if strings.EqualFold(r.first, "html") {
				break
			}
		}
		i++
	}
	return r
}

// wrap puts the root element that is missing around an RSS channel or an Atom
// entry. Kind is 0 if the document is neither.
func wrap(doc []byte, r root) ([]byte, root) {
	body := doc[r.firstAt:]
	switch {
	case strings.EqualFold(r.first, "channel") && lastTag(body, "item") >= 0:
		return slices.Concat([]byte("<rss>"), body, []byte("</rss>")), root{kind: kindRSS}
	case strings.EqualFold(r.first, "entry") && bytes.Contains(body[:min(len(body), sniffed)], []byte("<id>")):
		return slices.Concat([]byte("<feed>"), body, []byte("</feed>")), root{kind: kindAtom}
	}
	return doc, r
}

// kind is a family of feed formats.
type kind uint8

const (
	kindRSS  kind = iota + 1 // RSS 0.91 to 2.0
	kindRDF                  // RSS 0.90 and 1.0
	kindAtom                 // Atom 0.3 and 1.0
)

func kindOf(root []byte) kind {
	switch {
	case bytes.EqualFold(root, []byte("rss")):
		return kindRSS
	case bytes.EqualFold(root, []byte("rdf")):
		return kindRDF
	case bytes.EqualFold(root, []byte("feed")):
		return kindAtom
	}
	return 0
}

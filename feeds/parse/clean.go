package parse

import (
	"bytes"
	"strconv"
	"strings"
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
		digits, base := b[from:min(len(b), from+12)], 10
		if len(digits) > 0 && (digits[0] == 'x' || digits[0] == 'X') {
			digits, base = digits[1:], 16
		}
		end := bytes.IndexByte(digits, ';')
		if end < 0 {
			continue
		}
		n, err := strconv.ParseUint(string(digits[:end]), base, 32)
		if err != nil {
			continue
		}
		if n < 0x20 && n != '\t' && n != '\n' && n != '\r' ||
			n >= 0xd800 && n < 0xe000 || n == 0xfffe || n == 0xffff {
			return from - 2
		}
	}
}

// maxJunk is how many tags may stand before the root element.
const maxJunk = 2000

// findRoot returns the offset of the start tag of the feed's root element and
// the kind of feed, or kind 0 and the name of the first element, if there is
// one. Declarations, comments and the document type go with what
// stands before it, and so does junk such as a PHP warning or an advertisement
// of the hosting service.
func findRoot(doc []byte) (at int, kind kind, first string) {
	comments, directives := true, true // false: no further one is complete
	for i, tries := 0, 0; i < len(doc) && tries < maxJunk; tries++ {
		lt := bytes.IndexByte(doc[i:], '<')
		if lt < 0 {
			break
		}
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
		}
		name := rest[1:nameEnd(rest, 1)]
		local := name[bytes.LastIndexByte(name, ':')+1:]
		if k := kindOf(local); k != 0 {
			return i, k, ""
		}
		if first == "" && len(name) > 0 && nameStart[name[0]] {
			if first = string(local); strings.EqualFold(first, "html") {
				break
			}
		}
		i++
	}
	return 0, 0, first
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

package parse

import (
	"bytes"
	"html"
	"strings"
)

// decodeText returns the character data of a piece of an XML document, white
// space around it removed and nothing else changed: entities are decoded,
// CDATA sections are taken literally, comments and instructions left out. Tags
// inside stay as they are.
func decodeText(b []byte) string {
	b = bytes.Trim(b, " \t\r\n")
	if bytes.IndexByte(b, '<') < 0 {
		return strings.Trim(decodeEntities(string(b)), " \t\r\n")
	}
	var out strings.Builder
	for len(b) > 0 {
		i := bytes.IndexByte(b, '<')
		if i < 0 {
			i = len(b)
		}
		out.WriteString(decodeEntities(string(b[:i])))
		b = b[i:]
		switch {
		case len(b) == 0:
		case bytes.HasPrefix(b, []byte("<![CDATA[")):
			var inside []byte
			inside, b = cut(b[len("<![CDATA["):], "]]>")
			out.Write(inside)
		case bytes.HasPrefix(b, []byte("<!--")):
			_, b = cut(b[len("<!--"):], "-->")
		case bytes.HasPrefix(b, []byte("<?")):
			_, b = cut(b[len("<?"):], "?>")
		default:
			out.WriteByte('<')
			b = b[1:]
		}
	}
	return strings.Trim(out.String(), " \t\r\n")
}

// cut splits b around mark; all of b comes before a mark that is not there.
func cut(b []byte, mark string) (before, after []byte) {
	before, after, _ = bytes.Cut(b, []byte(mark))
	return before, after
}

// maxEntity is longer than the longest entity of HTML, in bytes.
const maxEntity = 40

// decodeEntities decodes the character references and entities of XML and
// HTML that end in a semicolon. Others stay: "?a=1&copy=2" is no copyright
// sign.
func decodeEntities(s string) string {
	i := strings.IndexByte(s, '&')
	if i < 0 {
		return s
	}
	var out strings.Builder
	out.Grow(len(s))
	for i >= 0 {
		out.WriteString(s[:i])
		s = s[i:]
		n := strings.IndexByte(s[:min(len(s), maxEntity)], ';')
		if n < 0 || strings.IndexByte(s[1:n], '&') >= 0 {
			out.WriteByte('&')
			s = s[1:]
		} else if dec := html.UnescapeString(s[:n+1]); dec == html.UnescapeString(s[:n])+";" {
			out.WriteByte('&') // the semicolon is no part of it
			s = s[1:]
		} else {
			out.WriteString(dec)
			s = s[n+1:]
		}
		i = strings.IndexByte(s, '&')
	}
	out.WriteString(s)
	return out.String()
}

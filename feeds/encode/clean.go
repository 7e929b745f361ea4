package encode

import (
	"mime"
	"net/netip"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/language"
)

// clean returns s without what no document should carry: characters that XML
// 1.0 section 2.2 forbids, broken UTF-8 and the mark that stands for it, and
// C1 controls, which are mangled text. Carriage returns become spaces, since
// XML readers would turn them into further line ends.
func clean(s string) string {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x7f || c < ' ' && c != '\n' && c != '\t' {
			return s[:i] + strings.Map(keep, s[i:])
		}
	}
	return s
}

func keep(r rune) rune {
	switch {
	case r == '\n', r == '\t':
		return r
	case r == '\r', r == '\u0085':
		return ' '
	case r < ' ', r >= 0x7f && r <= 0x9f, r == utf8.RuneError, r&^1 == 0xfffe:
		return -1
	}
	return r
}

// oneLine returns s cleaned, with white space folded.
func oneLine(s string) string { return strings.Join(strings.Fields(clean(s)), " ") }

// lines returns each of list on one line, without blanks and repeats.
func lines(list []string) []string {
	var out []string
	for _, s := range list {
		if s = oneLine(s); s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// excerpt returns the beginning of a text on one line, at most n runes of whole
// words where that is possible.
func excerpt(s string, n int) string {
	s = strings.Join(strings.Fields(s), " ")
	runes := 0
	for i := range s {
		if runes == n {
			cut := s[:i]
			if j := strings.LastIndexByte(cut, ' '); j > i/2 {
				cut = cut[:j]
			}
			return cut + "…"
		}
		runes++
	}
	return s
}

// webURL returns an absolute http or https URL as RFC 3986 wants it, or "" when
// s is nothing of the kind: other characters are percent-encoded, an
// international host is written in ASCII, and a user name or password is left
// out.
func webURL(s string) string {
	s = strings.TrimSpace(s)
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok {
		return ""
	}
	switch {
	case strings.EqualFold(scheme, "https"):
		scheme = "https"
	case strings.EqualFold(scheme, "http"):
		scheme = "http"
	default:
		return ""
	}
	authority, tail := rest, ""
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		authority, tail = rest[:i], rest[i:]
	}
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		authority = authority[i+1:]
	}
	host := hostPort(authority)
	if host == "" {
		return ""
	}
	return scheme + "://" + host + escapeTail(tail)
}

// hostPort returns host and optional port in lower case and ASCII, or "".
func hostPort(s string) string {
	host, port := s, ""
	if i := strings.LastIndexByte(s, ':'); i >= 0 && !strings.HasSuffix(s, "]") {
		host, port = s[:i], s[i+1:]
		if len(port) > 5 || strings.Trim(port, "0123456789") != "" {
			return ""
		}
	}
	if port != "" {
		port = ":" + port
	}
	if inner, ok := strings.CutPrefix(host, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		addr, err := netip.ParseAddr(inner)
		if !ok || err != nil || !addr.Is6() || addr.Zone() != "" {
			return ""
		}
		return "[" + addr.String() + "]" + port
	}
	for i := 0; i < len(host); i++ {
		if host[i] >= utf8.RuneSelf {
			ascii, err := idna.Lookup.ToASCII(host)
			if err != nil {
				return ""
			}
			host = ascii
			break
		}
	}
	if host == "" || len(host) > 253 {
		return ""
	}
	for i := 0; i < len(host); i++ {
		if c := host[i]; !letterOrDigit(c) && c != '.' && c != '-' && c != '_' {
			return ""
		}
	}
	return strings.ToLower(host) + port
}

// escapeTail percent-encodes what may not stand in path, query and fragment
// (RFC 3986 section 3.3 to 3.5).
func escapeTail(s string) string {
	fragment := false
	for i := 0; i < len(s); i++ {
		if !inTail(s, i, &fragment) {
			return escapeFrom(s, i)
		}
	}
	return s
}

func escapeFrom(s string, i int) string {
	const hex = "0123456789ABCDEF"
	fragment := strings.IndexByte(s[:i], '#') >= 0
	b := append(make([]byte, 0, len(s)+32), s[:i]...)
	for ; i < len(s); i++ {
		if inTail(s, i, &fragment) {
			b = append(b, s[i])
		} else {
			b = append(b, '%', hex[s[i]>>4], hex[s[i]&15])
		}
	}
	return string(b)
}

// inTail reports whether s[i] may stand there; fragment tells whether a
// fragment has begun.
func inTail(s string, i int, fragment *bool) bool {
	c := s[i]
	switch {
	case letterOrDigit(c):
		return true
	case c == '%':
		return i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2])
	case c == '#':
		first := !*fragment
		*fragment = true
		return first
	}
	return strings.IndexByte("/?:@!$&'()*+,;=-._~", c) >= 0
}

func letterOrDigit(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'
}

// hostOf returns the host of a URL that webURL returned.
func hostOf(u string) string {
	_, rest, _ := strings.Cut(u, "://")
	host, _, _ := strings.Cut(rest, "/")
	return host
}

// mediaType returns a media type in lower case and without parameters, or ""
// when s is none.
func mediaType(s string) string {
	t, _, err := mime.ParseMediaType(s)
	main, sub, ok := strings.Cut(t, "/")
	if err != nil || !ok || main == "" || sub == "" {
		return ""
	}
	return t
}

// languageTag returns a BCP 47 tag in its canonical form, or "" when s is none
// or says nothing.
func languageTag(s string) string {
	if s == "" {
		return ""
	}
	t, err := language.Parse(s)
	if err != nil {
		return ""
	}
	if base, confidence := t.Base(); confidence != language.Exact || base.String() == "und" {
		return ""
	}
	return t.String()
}

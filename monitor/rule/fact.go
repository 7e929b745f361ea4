package rule

import (
	"net/netip"
	"strings"

	"golang.org/x/net/idna"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/text"
)

// NewFact returns the fact of a kind with a value as a person writes it.
// An error is a *SyntaxError without a column.
func NewFact(k Kind, value string) (*Fact, error) {
	value = strings.Join(strings.Fields(value), " ")
	f := &Fact{Kind: k, Value: value}
	switch k {
	case Site:
		f.key = siteKey(value)
		if f.key == "" {
			return nil, &SyntaxError{Msg: "expected a host name after site:, found " + quote(value), Hint: "such as site:reuters.com, which covers its subdomains"}
		}
	case Lang:
		f.key = text.CanonicalLanguage(value)
		if f.key == "" {
			return nil, &SyntaxError{Msg: "expected a language tag after lang:, found " + quote(value), Hint: "such as lang:ar or lang:pt-BR"}
		}
	default:
		f.key = nameKey(value)
		if f.key == "" {
			return nil, &SyntaxError{Msg: "expected a name after " + k.String() + ":", Hint: `such as ` + k.String() + `:gulf, or in quotes`}
		}
	}
	return f, nil
}

// Holds reports whether the fact holds for an article.
func (n *Fact) Holds(d *text.Document, a *feeds.Article) bool {
	switch n.Kind {
	case Site:
		host := hostOf(a.URL)
		rest, ok := strings.CutSuffix(host, n.key)
		return ok && (rest == "" || rest[len(rest)-1] == '.')
	case Feed:
		s := a.Feed
		return s != nil && (nameKey(s.Name) == n.key || nameKey(s.Title) == n.key || nameKey(s.URL) == n.key)
	case Tag:
		if a.Feed != nil {
			for _, tag := range a.Feed.Tags {
				if nameKey(tag) == n.key {
					return true
				}
			}
		}
		return false
	case Lang:
		return text.LanguageIs(d.Language(), n.key)
	}
	panic("rule: unknown fact")
}

// nameKey returns a name as names are compared: folded, with single spaces and
// without quotation marks, which an expression cannot hold.
func nameKey(s string) string {
	s = text.Fold(s)
	if strings.Contains(s, `"`) {
		s = strings.ReplaceAll(s, `"`, "")
	}
	if strings.Contains(s, "  ") || strings.ContainsAny(s, "\t\r\n") || s != strings.TrimSpace(s) {
		s = strings.Join(strings.Fields(s), " ")
	}
	return s
}

// siteKey returns a host name as hosts are compared, or "" if it is none.
func siteKey(s string) string {
	s = strings.TrimPrefix(strings.TrimPrefix(s, "*"), ".")
	if strings.ContainsAny(s, "/:@?#* ") {
		return ""
	}
	return hostKey(s)
}

// hostKey returns a host in lower-case ASCII (RFC 5891), without a final dot.
func hostKey(host string) string {
	host = strings.TrimSuffix(host, ".")
	for i := range len(host) {
		if host[i] >= 0x80 {
			ascii, err := idna.Lookup.ToASCII(host)
			if err != nil {
				return ""
			}
			return ascii
		}
	}
	return strings.ToLower(host)
}

// hostOf returns the host of an absolute URL as hosts are compared, "" when it
// has none.
func hostOf(url string) string {
	_, rest, ok := strings.Cut(url, "://")
	if !ok {
		return ""
	}
	if i := strings.IndexAny(rest, "/?#\\"); i >= 0 {
		rest = rest[:i]
	}
	rest = rest[strings.LastIndexByte(rest, '@')+1:]
	if strings.HasPrefix(rest, "[") {
		host, _, _ := strings.Cut(rest[1:], "]")
		if _, err := netip.ParseAddr(host); err != nil {
			return ""
		}
		return host
	}
	host, _, _ := strings.Cut(rest, ":")
	return hostKey(host)
}

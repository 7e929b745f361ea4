package parse

import (
	"net/url"
	"strings"
)

// maxURL is the longest link that is kept, in bytes.
const maxURL = 8 << 10

// documentBase returns the address that relative links of a document are
// resolved against, nil if there is none. User information and query are left
// out: they may be secret and must not get into articles, and some servers
// change the query with each request.
func documentBase(address string) *url.URL {
	u, err := url.Parse(address)
	if err != nil || !web(u) {
		return nil
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}
}

func address(base *url.URL) string {
	if base == nil {
		return ""
	}
	return base.String()
}

// rebase returns the base that an xml:base within another sets (W3C XML Base,
// section 4).
func rebase(base *url.URL, ref string) *url.URL {
	ref = strings.TrimSpace(ref)
	if ref == "" || len(ref) > maxURL {
		return base
	}
	u, err := url.Parse(ref)
	if err != nil {
		return base
	}
	if base != nil {
		u = base.ResolveReference(u)
	}
	if !web(u) {
		return base
	}
	return u
}

func web(u *url.URL) bool {
	return (strings.EqualFold(u.Scheme, "http") || strings.EqualFold(u.Scheme, "https")) && u.Host != ""
}

// resolve returns a link as an absolute http or https URL, or "". An absolute
// one stays as it is written.
func resolve(base *url.URL, ref string) string {
	ref = strings.TrimSpace(ref)
	if ref == "" || len(ref) > maxURL {
		return ""
	}
	if strings.ContainsAny(ref, "\t\n\r ") {
		// Line breaks in a link are layout; a space is a sloppy %20.
		ref = strings.NewReplacer("\t", "", "\n", "", "\r", "", " ", "%20").Replace(ref)
	}
	if len(ref) > 4 && strings.EqualFold(ref[:4], "www.") {
		ref = "https://" + ref
	}
	u, err := url.Parse(ref)
	if err != nil {
		if ref = escapePercent(ref); ref == "" {
			return ""
		}
		if u, err = url.Parse(ref); err != nil {
			return ""
		}
	}
	if u.Scheme == "" && base != nil {
		return base.ResolveReference(u).String()
	}
	if !web(u) {
		return ""
	}
	return ref
}

// escapePercent returns a link with the % escaped that escape nothing, or ""
// if there are none.
func escapePercent(ref string) string {
	var out strings.Builder
	found := false
	for i := range len(ref) {
		out.WriteByte(ref[i])
		if ref[i] == '%' && (i+2 >= len(ref) || !hexDigit(ref[i+1]) || !hexDigit(ref[i+2])) {
			out.WriteString("25")
			found = true
		}
	}
	if !found {
		return ""
	}
	return out.String()
}

func hexDigit(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f' }

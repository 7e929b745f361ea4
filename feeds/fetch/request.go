package fetch

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/idna"
)

var (
	accept = []string{"application/atom+xml, application/rss+xml, application/feed+json, " +
		"application/rdf+xml, application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.1"}
	acceptEncoding = []string{"gzip, br, zstd"}
)

// maxValidator is the longest ETag or Last-Modified that is kept.
const maxValidator = 4 << 10

// request builds the request for the current hop of a trip.
func (f *Fetcher) request(ctx context.Context, t *trip) *http.Request {
	u := t.here()
	h := make(http.Header, 8)
	h["Accept"] = accept
	h["Accept-Encoding"] = acceptEncoding
	h["User-Agent"] = f.agent
	req := &http.Request{
		Method: http.MethodGet,
		URL:    u, Host: u.Host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: h,
	}
	if !t.home {
		return req.WithContext(ctx)
	}
	if t.auth != nil {
		password, _ := t.auth.Password()
		req.SetBasicAuth(t.auth.Username(), password)
	}
	for name, values := range t.feed.Header {
		switch name = http.CanonicalHeaderKey(name); name {
		case "Host":
			if len(values) > 0 {
				req.Host = values[0]
			}
		case "If-None-Match", "If-Modified-Since", "If-Match", "If-Unmodified-Since", "If-Range", "Range":
			// What depends on the last answer is ours: a condition of the
			// user's would make the server withhold what was never read.
		default:
			h[name] = values
		}
	}
	return req.WithContext(ctx)
}

// setConditions makes a request conditional and reports whether it did.
func setConditions(h http.Header, v Validators) bool {
	// Set, not formatted: servers compare these byte by byte.
	if v.ETag != "" {
		h["If-None-Match"] = []string{v.ETag}
	}
	if v.LastModified != "" {
		h["If-Modified-Since"] = []string{v.LastModified}
	}
	return v.ETag != "" || v.LastModified != ""
}

// validator returns a header as it came, or "" where it is too long to keep:
// cut short it would be another one.
func validator(h http.Header, name string) string {
	v := h.Get(name)
	if len(v) > maxValidator {
		return ""
	}
	return v
}

// parseAddress reads a feed's address.
func parseAddress(raw string) (*url.URL, *Error) {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil {
		return nil, fail(KindRequest, nil, "the feed's address is not a valid URL")
	}
	if problem := normalize(u); problem != "" {
		return nil, fail(KindRequest, nil, "the feed's address %s; it must begin with https://, http:// or file:", problem)
	}
	return u, nil
}

// normalize brings a URL into the form in which it is requested, or says what
// is wrong with it in a phrase.
func normalize(u *url.URL) string {
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return "is not http or https"
	case u.Hostname() == "":
		return "names no host"
	}
	if !isASCII(u.Host) {
		host, err := idna.Lookup.ToASCII(u.Hostname())
		if err != nil {
			return "has an invalid host name"
		}
		if port := u.Port(); port != "" {
			host += ":" + port
		}
		u.Host = host
	}
	if !strings.Contains(u.Host, "%") { // an IPv6 zone is the system's own
		u.Host = strings.ToLower(u.Host)
	}
	if u.Path == "" {
		u.Path = "/"
	}
	u.RawQuery = escapeQuery(u.RawQuery)
	u.Fragment, u.RawFragment = "", ""
	return ""
}

// escapeQuery escapes the bytes that cannot stand in a request line and leaves
// all others alone.
func escapeQuery(q string) string {
	unsafe := func(c byte) bool { return c <= ' ' || c >= 0x7f }
	for i := range len(q) {
		if !unsafe(q[i]) {
			continue
		}
		var b strings.Builder
		for j := range len(q) {
			if c := q[j]; unsafe(c) {
				const hex = "0123456789ABCDEF"
				b.Write([]byte{'%', hex[c>>4], hex[c&15]})
			} else {
				b.WriteByte(c)
			}
		}
		return b.String()
	}
	return q
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

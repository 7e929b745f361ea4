package fetch

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/copytaster/copytaster/feeds"
)

// maxRedirects is how many redirects one Fetch follows.
const maxRedirects = 10

// trip is one way from a feed's address to its document.
type trip struct {
	feed *feeds.Feed
	// hops are the URLs that were asked, the current one last.
	hops []*url.URL
	// home is set until a redirect leaves the origin of the feed's address.
	// Credentials and the feed's own headers go out only until then: an origin
	// that sends us back must not choose what they are sent for.
	home bool
	auth *url.Userinfo
}

func (t *trip) here() *url.URL { return t.hops[len(t.hops)-1] }

// host names the current server in errors.
func (t *trip) host() string {
	u := t.here()
	if len(t.hops) > 1 {
		return u.Host + " (where the feed's address redirects to)"
	}
	if t.feed.Endpoint != "" && !strings.Contains(strings.ToLower(t.feed.URL), u.Hostname()) {
		return "the server"
	}
	return u.Host
}

// isRedirect reports whether a status tells to ask elsewhere.
func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// advance moves on to where a redirect points.
func (t *trip) advance(resp *http.Response) *Error {
	location := strings.TrimSpace(resp.Header.Get("Location"))
	if location == "" {
		return fail(KindRedirect, nil, "%s answered %d without saying where to", t.host(), resp.StatusCode)
	}
	next, err := t.here().Parse(location)
	if err != nil {
		return fail(KindRedirect, nil, "%s redirects to an address that is not a valid URL", t.host())
	}
	if problem := normalize(next); problem != "" {
		return fail(KindRedirect, nil, "%s redirects to an address that %s, which is not followed", t.host(), problem)
	}
	next.User = nil
	if !sameOrigin(t.here(), next) {
		t.home = false
	}
	looped := slices.ContainsFunc(t.hops, func(u *url.URL) bool { return *u == *next })
	t.hops = append(t.hops, next)
	if looped {
		return fail(KindRedirect, nil, "redirects go in a circle: %s", t.path())
	}
	if len(t.hops) > maxRedirects+1 {
		return fail(KindRedirect, nil, "more than %d redirects: %s", maxRedirects, t.path())
	}
	return nil
}

// path shows the hops without their queries.
func (t *trip) path() string {
	var b strings.Builder
	for i, u := range t.hops {
		if i > 0 {
			b.WriteString(" → ")
		}
		p := publicForm(t.feed, u)
		b.WriteString(shorten(p.Scheme+"://"+p.Host+p.EscapedPath(), 100))
	}
	return b.String()
}

// sameOrigin compares scheme, host and port (RFC 6454 section 4).
func sameOrigin(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && a.Hostname() == b.Hostname() && port(a) == port(b)
}

func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	if u.Scheme == "https" {
		return "443"
	}
	return "80"
}

// publicURL returns a URL of the feed's trip as it may be shown.
func publicURL(feed *feeds.Feed, u *url.URL) string { return publicForm(feed, u).String() }

// publicForm removes what may be secret from a URL. A feed whose Endpoint
// differs from its URL has secrets in the Endpoint: the query is dropped then,
// and so is a path with a part of the Endpoint that the public URL lacks, also
// where a redirect repeats it.
func publicForm(feed *feeds.Feed, u *url.URL) *url.URL {
	p := *u
	p.User = nil
	if feed.Endpoint == "" {
		return &p
	}
	p.RawQuery, p.ForceQuery = "", false
	secret := func(part string) bool {
		return part != "" && strings.Contains(feed.Endpoint, part) && !strings.Contains(feed.URL, part)
	}
	split := func(r rune) bool { return r == '/' }
	if slices.ContainsFunc(strings.FieldsFunc(p.Path, split), secret) ||
		slices.ContainsFunc(strings.FieldsFunc(p.EscapedPath(), split), secret) {
		p.Path, p.RawPath = "/", ""
	}
	return &p
}

package feeds

import (
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
)

// FeedID identifies a feed by its configured URL, for ever and on every
// machine: renaming or retagging a feed keeps its history, another URL is
// another feed.
type FeedID [16]byte

// NewFeedID returns the id of the feed that is configured under rawURL, which
// is taken byte by byte.
func NewFeedID(rawURL string) FeedID {
	sum := sha256.Sum256([]byte(rawURL))
	return FeedID(sum[:16])
}

func (id FeedID) String() string { return hex.EncodeToString(id[:]) }

// Feed is one subscription as the configuration states it.
type Feed struct {
	// URL names the feed to people and is its identity: the configured URL
	// with references to the environment left unexpanded and any password
	// masked, so it can be logged, stored and served.
	URL string
	// Endpoint is where requests go when that differs from URL. It may carry
	// secrets and must never be shown.
	Endpoint string
	// Name is what the configuration calls the feed, "" for the feed's own
	// title.
	Name string
	// Tags are the feed's labels, sorted, without repeats.
	Tags []string
	// Language is a BCP 47 tag that overrides what the document says, or "".
	Language string
	// Schedule is the configured schedule, "" for the default one.
	Schedule string
	// Header holds further request headers. They may carry secrets.
	Header http.Header
}

// ID returns the feed's identity.
func (f *Feed) ID() FeedID { return NewFeedID(f.URL) }

// RequestURL returns where to send requests. The result may carry secrets.
func (f *Feed) RequestURL() string {
	if f.Endpoint != "" {
		return f.Endpoint
	}
	return f.URL
}

// LocalFile returns the path of a file: feed and whether the feed is one.
func (f *Feed) LocalFile() (path string, ok bool) {
	return strings.CutPrefix(f.RequestURL(), "file:")
}

// Host returns the lower-case host and port that requests go to, the unit of
// politeness. A local file is a host of its own.
func (f *Feed) Host() string {
	if _, ok := f.LocalFile(); ok {
		return f.RequestURL()
	}
	u, err := url.Parse(f.RequestURL())
	if err != nil {
		return f.URL
	}
	return strings.ToLower(u.Host)
}

// LogValue makes a logged feed show its public URL and nothing else.
func (f *Feed) LogValue() slog.Value { return slog.StringValue(f.URL) }

// Package encode writes feeds: Atom (RFC 4287), RSS 2.0 and JSON Feed 1.1.
//
// The documents are valid whatever the articles contain: characters that XML
// forbids are left out, links that are no absolute http or https URLs are
// repaired or left out, and so are media types, languages and dates that no
// reader could use. The bar is the W3C feed validator. Article.ContentHTML is
// taken to be sanitised already and is passed on as it is.
//
// The same feed and articles always give the same bytes.
package encode

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/copytaster/copytaster/feeds"
)

// The media types of the documents, with their charset. JSON is UTF-8 by
// definition (RFC 8259 section 8.1); saying so does no harm to readers that
// know no definition.
const (
	AtomType = "application/atom+xml; charset=utf-8"
	RSSType  = "application/rss+xml; charset=utf-8"
	JSONType = "application/feed+json; charset=utf-8"
)

const (
	generator    = "copytaster"
	generatorURL = "https://github.com/copytaster/copytaster"
)

// Feed is the head of a document.
type Feed struct {
	// ID is an absolute IRI that never changes; "" stands for Self.
	ID string
	// Self is the http or https URL of the document itself. It is required.
	Self string
	// Site is the http or https URL of the page for people that the feed
	// belongs to, or "".
	Site string
	// Alternates are the same feed in other formats.
	Alternates []Link
	// Title is plain text; "" stands for "copytaster".
	Title string
	// Subtitle is plain text or "".
	Subtitle string
	// Updated is when the feed last changed; the zero time stands for
	// Changed(articles).
	Updated time.Time
	// Version is of the program, or "".
	Version string
}

// Link is one more place where a feed can be read.
type Link struct {
	URL string
	// Type is a media type without parameters.
	Type string
}

// normal returns the feed with its defaults filled in, its text cleaned and its
// links checked. Unlike articles, the head is our own: what is wrong with it is
// an error.
func (f Feed) normal(articles []*feeds.Article) (Feed, error) {
	self := webURL(f.Self)
	if self == "" {
		return f, fmt.Errorf("encode feed: its own URL %q is no absolute http URL", f.Self)
	}
	f.Self = self
	switch {
	case f.ID == "":
		f.ID = f.Self
	case strings.HasPrefix(f.ID, "urn:"), strings.HasPrefix(f.ID, "tag:"):
	default:
		if f.ID = webURL(f.ID); f.ID == "" {
			return f, errors.New("encode feed: its id is neither an absolute http URL nor a urn: or tag: URI")
		}
	}
	f.Site = webURL(f.Site)
	if f.Title = oneLine(f.Title); f.Title == "" {
		f.Title = generator
	}
	f.Subtitle = oneLine(f.Subtitle)
	f.Version = oneLine(f.Version)
	if f.Updated.IsZero() {
		f.Updated = Changed(articles)
	}
	if !plausible(f.Updated, time.Time{}) {
		f.Updated = earliest
	}

	// A feed has one link for each relation and type (RFC 4287 section 4.1.1).
	var alternates []Link
	types := map[string]bool{}
	for _, l := range f.Alternates {
		l = Link{URL: webURL(l.URL), Type: mediaType(l.Type)}
		if l.URL != "" && l.Type != "" && !types[l.Type] {
			types[l.Type] = true
			alternates = append(alternates, l)
		}
	}
	f.Alternates = alternates
	return f, nil
}

// Changed returns when the newest of the articles was stored or, as far as its
// feed tells, edited. It returns the zero time when there are none.
func Changed(articles []*feeds.Article) time.Time {
	var newest time.Time
	for _, a := range articles {
		if a == nil {
			continue
		}
		for _, t := range []time.Time{updated(a), a.Seen} {
			if t.After(newest) && plausible(t, time.Time{}) {
				newest = t
			}
		}
	}
	return newest.UTC()
}

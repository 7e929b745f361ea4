package encode

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/copytaster/copytaster/feeds"
)

// entry is an article made fit to be written: text without forbidden
// characters, links that are absolute URLs or "", dates that are plausible or
// zero.
type entry struct {
	id       string
	title    string // one line, may be ""
	link     string
	summary  string
	html     string
	text     string
	authors  []string // never empty
	terms    []string
	language string
	// published is zero when not known; updated never is.
	published  time.Time
	updated    time.Time
	enclosures []feeds.Enclosure
	image      string
	source     source
}

// source is the feed of an entry. All of it is "" when nothing is known.
type source struct {
	id, name, url, site string
	tags                []string
}

// entries prepares the articles of the feed f, which is normal. Ids are unique
// in a document (RFC 4287 section 4.1.1 tells why): of articles with the same
// id the first is kept.
func entries(f Feed, articles []*feeds.Article) []entry {
	list := make([]entry, 0, len(articles))
	ids := make(map[string]bool, len(articles))
	for _, a := range articles {
		if a == nil {
			continue
		}
		id := ID(a.ID)
		if ids[id] {
			continue
		}
		ids[id] = true
		list = append(list, newEntry(f, id, a))
	}
	return list
}

func newEntry(f Feed, id string, a *feeds.Article) entry {
	e := entry{
		id:       id,
		title:    oneLine(a.Title),
		link:     webURL(a.URL),
		summary:  strings.TrimSpace(clean(a.Summary)),
		html:     strings.TrimSpace(clean(a.ContentHTML)),
		text:     strings.TrimSpace(clean(a.ContentText)),
		authors:  lines(a.Authors),
		terms:    lines(a.Categories),
		language: languageTag(a.Language),
		updated:  updated(a),
		image:    webURL(a.Image),
	}
	if plausible(a.Published, a.Seen) {
		e.published = a.Published.UTC()
	}
	if e.updated.IsZero() {
		e.updated = f.Updated
	}
	if a.Feed != nil {
		e.source = newSource(a.Feed)
	}
	if len(e.authors) == 0 {
		// Every entry needs an author (RFC 4287 section 4.1.2).
		name := e.source.name
		if name == "" {
			name = f.Title
		}
		e.authors = []string{name}
	}
	for _, enc := range a.Enclosures {
		enc = feeds.Enclosure{URL: webURL(enc.URL), Type: mediaType(enc.Type), Length: max(enc.Length, 0)}
		same := func(o feeds.Enclosure) bool { return o.URL == enc.URL }
		if enc.URL != "" && !slices.ContainsFunc(e.enclosures, same) {
			e.enclosures = append(e.enclosures, enc)
		}
	}
	return e
}

func newSource(s *feeds.Source) source {
	out := source{url: webURL(s.URL), site: webURL(s.Site), tags: lines(s.Tags)}
	for _, name := range []string{oneLine(s.Name), oneLine(s.Title), hostOf(out.url), hostOf(out.site)} {
		if name != "" {
			out.name = name
			break
		}
	}
	switch {
	case s.URL != "":
		out.id = uuid(feeds.NewFeedID(s.URL))
	case out.name != "":
		out.id = uuid(feeds.NewFeedID(out.name))
	}
	return out
}

// shownTitle returns a title for formats that want one: the entry's own, else
// the beginning of its text, else its address.
func (e *entry) shownTitle() string {
	for _, s := range []string{e.title, excerpt(e.summary, 80), excerpt(e.text, 80), e.link} {
		if s != "" {
			return s
		}
	}
	return "Untitled"
}

// ID returns the id under which every format shows the article with the given
// id. It is a urn:uuid URI (RFC 9562 section 4) that depends on nothing else:
// the 128 bits of a ULID, or bits of the hash of any other id.
func ID(article string) string {
	u, err := ulid.ParseStrict(article)
	if err == nil && u.String() == article {
		return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
	}
	sum := sha256.Sum256([]byte(article))
	return uuid([16]byte(sum[:16]))
}

// uuid writes bits of a hash as a URN, marked as a version 8 UUID (RFC 9562
// section 5.8).
func uuid(b [16]byte) string {
	b[6] = b[6]&0x0f | 0x80
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// earliest is the first day that the W3C validator takes for the date of a
// feed's entry; it stands where a date is required and none is known.
var earliest = time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)

// plausible reports whether a date that an article claims is worth telling. One
// that was more than a day in the future when the article was seen is a mistake
// or a trick to stay on top.
func plausible(t, seen time.Time) bool {
	if t.Before(earliest) || t.UTC().Year() > 9999 {
		return false
	}
	return seen.IsZero() || !t.After(seen.Add(24*time.Hour))
}

// updated returns when the article last changed as far as is known, or the zero
// time.
func updated(a *feeds.Article) time.Time {
	for _, t := range []time.Time{a.Updated, a.Published} {
		if plausible(t, a.Seen) {
			return t.UTC()
		}
	}
	if plausible(a.Seen, time.Time{}) {
		return a.Seen.UTC()
	}
	if u, err := ulid.ParseStrict(a.ID); err == nil {
		if t := ulid.Time(u.Time()); plausible(t, time.Time{}) {
			return t.UTC()
		}
	}
	return time.Time{}
}

package feeds

import "time"

// Article is one item of a feed as it is stored and shown. Its JSON form is
// the one that commands, webhooks and the API share: times are RFC 3339 in
// UTC, and a field that is not known is left out, never invented.
type Article struct {
	// ID is a ULID that the store gives a new article: ids sort in the order
	// in which articles were stored. Articles from elsewhere may carry any id.
	ID string `json:"id"`
	// URL is the article's page, absolute, or "".
	URL string `json:"url,omitempty"`
	// Title is plain text on one line.
	Title string `json:"title,omitempty"`
	// Summary is plain text, as a reader sees it; "\n" ends blocks and lines.
	Summary string `json:"summary,omitempty"`
	// ContentHTML is sanitised: it can be shown in a page as it is.
	ContentHTML string `json:"content_html,omitempty"`
	// ContentText is the content as plain text, as a reader sees it; "\n"
	// ends blocks and lines.
	ContentText string   `json:"content_text,omitempty"`
	Authors     []string `json:"authors,omitempty"`
	Categories  []string `json:"categories,omitempty"`
	// Language is a BCP 47 tag: what the article says, else its feed, or "".
	Language  string    `json:"language,omitempty"`
	Published time.Time `json:"published,omitzero"`
	Updated   time.Time `json:"updated,omitzero"`
	// Seen is when copytaster first stored the article.
	Seen time.Time `json:"seen,omitzero"`
	// GUID is the item's own id exactly as the feed gave it, or "".
	GUID       string      `json:"guid,omitempty"`
	Enclosures []Enclosure `json:"enclosures,omitempty"`
	Image      string      `json:"image,omitempty"`
	// Feed says where the article comes from; nil where nothing is known.
	Feed *Source `json:"feed,omitempty"`
}

// Enclosure is a media file that belongs to an article.
type Enclosure struct {
	URL  string `json:"url"`
	Type string `json:"type,omitempty"`
	// Length is in bytes, 0 when not known.
	Length int64 `json:"length,omitempty"`
}

// Source is what an article says of its feed.
type Source struct {
	// URL is Feed.URL, safe to show.
	URL string `json:"url,omitempty"`
	// Name is the configured name, else the feed's own title, else its host.
	Name string `json:"name,omitempty"`
	// Title is the feed's own title.
	Title string `json:"title,omitempty"`
	// Site is the page that the feed belongs to.
	Site string   `json:"site,omitempty"`
	Tags []string `json:"tags,omitempty"`
}

// When returns the best time to show and sort by: published, else updated,
// else first seen.
func (a *Article) When() time.Time {
	switch {
	case !a.Published.IsZero():
		return a.Published
	case !a.Updated.IsZero():
		return a.Updated
	}
	return a.Seen
}

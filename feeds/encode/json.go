package encode

import (
	"encoding/json"
	"io"
	"time"

	"github.com/copytaster/copytaster/feeds"
)

// The types follow https://www.jsonfeed.org/version/1.1/ in names and order.
type jsonFeed struct {
	Version     string       `json:"version"`
	Title       string       `json:"title"`
	HomePageURL string       `json:"home_page_url,omitempty"`
	FeedURL     string       `json:"feed_url"`
	Description string       `json:"description,omitempty"`
	Authors     []jsonAuthor `json:"authors"`
	Items       []jsonItem   `json:"items"`
}

type jsonAuthor struct {
	Name string `json:"name"`
	URL  string `json:"url,omitempty"`
}

type jsonItem struct {
	ID            string           `json:"id"`
	URL           string           `json:"url,omitempty"`
	Title         string           `json:"title,omitempty"`
	ContentHTML   string           `json:"content_html,omitempty"`
	ContentText   *string          `json:"content_text,omitempty"`
	Summary       string           `json:"summary,omitempty"`
	Image         string           `json:"image,omitempty"`
	DatePublished string           `json:"date_published,omitempty"`
	DateModified  string           `json:"date_modified"`
	Authors       []jsonAuthor     `json:"authors"`
	Tags          []string         `json:"tags,omitempty"`
	Language      string           `json:"language,omitempty"`
	Attachments   []jsonAttachment `json:"attachments,omitempty"`
	Copytaster    *jsonExtension   `json:"_copytaster,omitempty"`
}

type jsonAttachment struct {
	URL         string `json:"url"`
	MIMEType    string `json:"mime_type"`
	SizeInBytes int64  `json:"size_in_bytes,omitempty"`
}

// jsonExtension tells what JSON Feed has no word for: where an item of a
// combined feed comes from.
type jsonExtension struct {
	Source jsonSource `json:"source"`
}

type jsonSource struct {
	ID   string   `json:"id"`
	Name string   `json:"name,omitempty"`
	URL  string   `json:"url,omitempty"`
	Site string   `json:"site,omitempty"`
	Tags []string `json:"tags,omitempty"`
}

// JSON writes a JSON Feed 1.1 document with the articles in the given order.
// The feed that an item comes from is in the extension "_copytaster", as
// {"source": {"id", "name", "url", "site", "tags"}}.
//
// An error is w's, or says what is wrong with f.
func JSON(w io.Writer, f Feed, articles []*feeds.Article) error {
	f, err := f.normal(articles)
	if err != nil {
		return err
	}
	list := entries(f, articles)
	doc := jsonFeed{
		Version:     "https://jsonfeed.org/version/1.1",
		Title:       f.Title,
		HomePageURL: f.Site,
		FeedURL:     f.Self,
		Description: f.Subtitle,
		Authors:     []jsonAuthor{{Name: generator, URL: generatorURL}},
		Items:       make([]jsonItem, 0, len(list)),
	}
	for i := range list {
		doc.Items = append(doc.Items, newJSONItem(&list[i]))
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(doc)
}

func newJSONItem(e *entry) jsonItem {
	item := jsonItem{
		ID:           e.id,
		URL:          e.link,
		Title:        e.title,
		ContentHTML:  e.html,
		Summary:      e.summary,
		Image:        e.image,
		DateModified: e.updated.Format(time.RFC3339),
		Tags:         e.terms,
		Language:     e.language,
	}
	if !e.published.IsZero() {
		item.DatePublished = e.published.Format(time.RFC3339)
	}
	if e.html == "" {
		// An item has content in one form at least, if only a blank one.
		text := e.text
		if text == "" {
			text = e.summary
		}
		item.ContentText = &text
	}
	for _, name := range e.authors {
		item.Authors = append(item.Authors, jsonAuthor{Name: name})
	}
	for _, enc := range e.enclosures {
		a := jsonAttachment{URL: enc.URL, MIMEType: enc.Type, SizeInBytes: enc.Length}
		if a.MIMEType == "" {
			a.MIMEType = unknownType
		}
		item.Attachments = append(item.Attachments, a)
	}
	if s := e.source; s.id != "" {
		item.Copytaster = &jsonExtension{Source: jsonSource{ID: s.id, Name: s.name, URL: s.url, Site: s.site, Tags: s.tags}}
	}
	return item
}

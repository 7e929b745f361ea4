package encode

import (
	"io"
	"strconv"
	"strings"

	"github.com/copytaster/copytaster/feeds"
)

// rfc822 is the date of RSS with the four-digit year that its specification
// prefers, in UTC.
const rfc822 = "Mon, 02 Jan 2006 15:04:05 +0000"

// unknownType is what RFC 2046 section 4.5.1 has for bytes of unknown kind,
// for places where a media type is required.
const unknownType = "application/octet-stream"

// RSS writes an RSS 2.0 document with the articles in the given order. The
// summary is in description, the content in content:encoded, the authors in
// dc:creator and the picture in media:thumbnail. The first enclosure is in
// enclosure and any further ones are in media:content, since readers expect one
// at most; so is one whose host has no dot, which validators refuse.
//
// An error is w's, or says what is wrong with f.
func RSS(w io.Writer, f Feed, articles []*feeds.Article) error {
	f, err := f.normal(articles)
	if err != nil {
		return err
	}
	d := newDocument(w)
	d.raw(`<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"` +
		` xmlns:content="http://purl.org/rss/1.0/modules/content/"` +
		` xmlns:dc="http://purl.org/dc/elements/1.1/"` +
		` xmlns:media="http://search.yahoo.com/mrss/">` + "\n<channel>\n")
	d.element("title", f.Title, &inRSS)
	link := f.Site
	if link == "" {
		link = f.Self
	}
	d.element("link", link, &inXML)
	subtitle := f.Subtitle
	if subtitle == "" {
		subtitle = f.Title
	}
	d.element("description", subtitle, &inRSS)
	d.element("lastBuildDate", f.Updated.UTC().Format(rfc822), &inXML)
	d.element("generator", strings.TrimSpace(generator+" "+f.Version), &inRSS)
	d.empty("atom:link", "rel", "self", "type", "application/rss+xml", "href", f.Self)
	for _, l := range f.Alternates {
		d.empty("atom:link", "rel", "alternate", "type", l.Type, "href", l.URL)
	}
	for _, e := range entries(f, articles) {
		d.rssItem(&e)
		if err := d.step(); err != nil {
			return err
		}
	}
	d.raw("</channel>\n</rss>\n")
	return d.flush()
}

func (d *document) rssItem(e *entry) {
	d.raw("<item>\n")
	if e.title != "" {
		d.element("title", e.title, &inRSS)
	}
	if e.link != "" {
		d.element("link", e.link, &inXML)
	}
	d.open("guid", "isPermaLink", "false")
	d.raw(">")
	d.raw(e.id)
	d.close("guid")
	date := e.published
	if date.IsZero() {
		date = e.updated
	}
	d.element("pubDate", date.Format(rfc822), &inXML)
	for _, name := range e.authors {
		d.element("dc:creator", name, &inXML)
	}
	if e.language != "" {
		d.element("dc:language", e.language, &inXML)
	}
	for _, term := range e.terms {
		d.element("category", term, &inRSS)
	}
	// An item needs a description before its content (RSS Profile), which is
	// HTML as well.
	description := e.summary
	if description == "" {
		description = excerpt(e.text, 300)
	}
	d.element("description", description, &inHTML)
	switch {
	case e.html != "":
		d.element("content:encoded", e.html, &inXML)
	case e.text != "":
		d.element("content:encoded", e.text, &inHTML)
	}
	d.rssMedia(e)
	if s := e.source; s.url != "" {
		d.open("source", "url", s.url)
		d.raw(">")
		d.b = inRSS.append(d.b, s.name)
		d.close("source")
	}
	d.raw("</item>\n")
}

func (d *document) rssMedia(e *entry) {
	enclosed := false
	for _, enc := range e.enclosures {
		if enclosed || !strings.Contains(hostOf(enc.URL), ".") {
			d.empty("media:content", "url", enc.URL, "type", enc.Type, "fileSize", length(enc.Length))
			continue
		}
		enclosed = true
		kind := enc.Type
		if kind == "" {
			kind = unknownType
		}
		// The length is required; 0 says that it is not known.
		d.empty("enclosure", "url", enc.URL, "length", strconv.FormatInt(enc.Length, 10), "type", kind)
	}
	if e.image != "" {
		d.empty("media:thumbnail", "url", e.image)
	}
}

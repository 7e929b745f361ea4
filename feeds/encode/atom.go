package encode

import (
	"io"
	"time"

	"github.com/copytaster/copytaster/feeds"
)

// rfc3339 is a date construct (RFC 4287 section 3.3) in UTC.
const rfc3339 = "2006-01-02T15:04:05Z"

// Atom writes an Atom 1.0 document (RFC 4287) with the articles in the given
// order. Each entry names its feed in a source element (section 4.2.11), and
// its picture in media:thumbnail (Media RSS).
//
// An error is w's, or says what is wrong with f.
func Atom(w io.Writer, f Feed, articles []*feeds.Article) error {
	f, err := f.normal(articles)
	if err != nil {
		return err
	}
	d := newDocument(w)
	d.raw(`<feed xmlns="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/">` + "\n")
	d.element("id", f.ID, &inXML)
	d.textConstruct("title", f.Title)
	if f.Subtitle != "" {
		d.textConstruct("subtitle", f.Subtitle)
	}
	d.element("updated", f.Updated.UTC().Format(rfc3339), &inXML)
	d.empty("link", "rel", "self", "type", "application/atom+xml", "href", f.Self)
	if f.Site != "" {
		d.empty("link", "rel", "alternate", "type", "text/html", "href", f.Site)
	}
	for _, l := range f.Alternates {
		if l.Type != "text/html" || f.Site == "" {
			d.empty("link", "rel", "alternate", "type", l.Type, "href", l.URL)
		}
	}
	d.author(generator)
	d.open("generator", "uri", generatorURL, "version", f.Version)
	d.raw(">" + generator + "</generator>\n")
	for _, e := range entries(f, articles) {
		d.atomEntry(&e)
		if err := d.step(); err != nil {
			return err
		}
	}
	d.raw("</feed>\n")
	return d.flush()
}

func (d *document) atomEntry(e *entry) {
	d.open("entry", "xml:lang", e.language)
	d.raw(">\n")
	d.element("id", e.id, &inXML)
	d.textConstruct("title", e.shownTitle())
	d.element("updated", e.updated.Format(rfc3339), &inXML)
	if !e.published.IsZero() {
		d.element("published", e.published.Format(rfc3339), &inXML)
	}
	if e.link != "" {
		d.empty("link", "rel", "alternate", "href", e.link)
	}
	for _, enc := range e.enclosures {
		d.empty("link", "rel", "enclosure", "href", enc.URL, "type", enc.Type, "length", length(enc.Length))
	}
	for _, name := range e.authors {
		d.author(name)
	}
	for _, term := range e.terms {
		d.empty("category", "term", term)
	}
	if e.summary != "" {
		d.textConstruct("summary", e.summary)
	}
	switch {
	case e.html != "":
		d.raw(`<content type="html">`)
		d.b = inXML.append(d.b, e.html)
		d.close("content")
	case e.text != "":
		d.textConstruct("content", e.text)
	case e.link == "":
		// An entry without a page must have content (section 4.1.2).
		d.textConstruct("content", e.shownTitle())
	}
	d.atomSource(&e.source, e.updated)
	if e.image != "" {
		d.empty("media:thumbnail", "url", e.image)
	}
	d.raw("</entry>\n")
}

// atomSource writes what is known of the entry's feed. A source should tell
// when the feed was updated; that it was when the entry was is what we know.
func (d *document) atomSource(s *source, updated time.Time) {
	if s.id == "" {
		return
	}
	d.raw("<source>\n")
	d.element("id", s.id, &inXML)
	d.textConstruct("title", s.name)
	d.element("updated", updated.Format(rfc3339), &inXML)
	if s.url != "" {
		d.empty("link", "rel", "self", "href", s.url)
	}
	if s.site != "" {
		d.empty("link", "rel", "alternate", "type", "text/html", "href", s.site)
	}
	d.raw("</source>\n")
}

func (d *document) author(name string) {
	d.raw("<author><name>")
	d.b = inXML.append(d.b, name)
	d.raw("</name></author>\n")
}

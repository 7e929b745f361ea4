package boltstore

import (
	"github.com/copytaster/copytaster/feeds"
)

// The parts of an article's text. Each is a tag byte, a length and that many
// bytes; what is empty is left out, and what repeats stands repeatedly.
const (
	partTitle = iota + 1
	partURL
	partGUID
	partSummary
	partText
	partHTML
	partAuthor
	partCategory
	partLanguage
	partPublished
	partUpdated
	partEnclosure
	partImage
	partSource
)

func (w *writer) part(tag byte, s string) {
	if s != "" {
		w.byte(tag)
		w.string(s)
	}
}

func (w *writer) timePart(tag byte, ms int64) {
	if ms != never {
		var t writer
		t.int(ms)
		w.byte(tag)
		w.section(t)
	}
}

// appendArticle writes what an article says. Its id and when it was seen are
// in the header, and so is its feed, unless source is given.
func appendArticle(w *writer, a *feeds.Article, source *feeds.Source) {
	w.part(partTitle, a.Title)
	w.part(partURL, a.URL)
	w.part(partGUID, a.GUID)
	w.part(partSummary, a.Summary)
	w.part(partText, a.ContentText)
	w.part(partHTML, a.ContentHTML)
	for _, s := range a.Authors {
		w.byte(partAuthor)
		w.string(s)
	}
	for _, s := range a.Categories {
		w.byte(partCategory)
		w.string(s)
	}
	w.part(partLanguage, a.Language)
	w.timePart(partPublished, millis(a.Published))
	w.timePart(partUpdated, millis(a.Updated))
	for _, e := range a.Enclosures {
		var p writer
		p.string(e.URL)
		p.string(e.Type)
		p.int(e.Length)
		w.byte(partEnclosure)
		w.section(p)
	}
	w.part(partImage, a.Image)
	if source != nil {
		var p writer
		p.string(source.URL)
		p.string(source.Name)
		p.string(source.Title)
		p.string(source.Site)
		p.strings(source.Tags)
		w.byte(partSource)
		w.section(p)
	}
}

func decodeArticle(b []byte) (*feeds.Article, error) {
	a := new(feeds.Article)
	r := reader{b: b}
	for len(r.b) > 0 {
		tag := r.byte()
		p := r.section()
		switch tag {
		case partTitle:
			a.Title = string(p)
		case partURL:
			a.URL = string(p)
		case partGUID:
			a.GUID = string(p)
		case partSummary:
			a.Summary = string(p)
		case partText:
			a.ContentText = string(p)
		case partHTML:
			a.ContentHTML = string(p)
		case partAuthor:
			a.Authors = append(a.Authors, string(p))
		case partCategory:
			a.Categories = append(a.Categories, string(p))
		case partLanguage:
			a.Language = string(p)
		case partPublished:
			a.Published = instant((&reader{b: p}).int())
		case partUpdated:
			a.Updated = instant((&reader{b: p}).int())
		case partEnclosure:
			e := reader{b: p}
			a.Enclosures = append(a.Enclosures, feeds.Enclosure{URL: e.string(), Type: e.string(), Length: e.int()})
			r.bad = r.bad || e.bad
		case partImage:
			a.Image = string(p)
		case partSource:
			s := reader{b: p}
			a.Feed = &feeds.Source{URL: s.string(), Name: s.string(), Title: s.string(), Site: s.string(), Tags: s.strings()}
			r.bad = r.bad || s.bad
		default:
			r.fail()
		}
	}
	return a, r.err()
}

// articleHeader stands in front of an article's compressed text: what pruning
// and selecting need.
type articleHeader struct {
	feed number
	key  feeds.Key
	seen int64
	// rules are those that match.
	rules []string
}

// record returns a record of the article with the given id.
func (h *articleHeader) record(id []byte, text []byte) []byte {
	w := make(writer, 0, 24+len(text))
	w.byte(recordVersion)
	w = h.feed.appendTo(w)
	w.raw(h.key[:])
	w.time(h.seen, timeOf(id))
	w.strings(h.rules)
	w.raw(text)
	return w
}

// splitArticle returns a record's header and its compressed text, which is
// part of the record.
func splitArticle(id, b []byte) (h articleHeader, text []byte, err error) {
	r := reader{b: b}
	if r.byte() != recordVersion {
		return h, nil, errRecord
	}
	h.feed = r.number()
	copy(h.key[:], r.raw(len(h.key)))
	h.seen = r.time(timeOf(id))
	h.rules = r.strings()
	return h, r.b, r.err()
}

package parse

import (
	"cmp"
	"net/url"
	"strings"
	"time"

	ext "github.com/mmcdole/gofeed/extensions"
	"github.com/mmcdole/gofeed/rss"

	"github.com/copytaster/copytaster/feeds"
)

// rssFeed notes what the channel says of itself.
func (r *reader) rssFeed(f *rss.Feed, res *Result) {
	x := extensions(f.Extensions)
	res.Title = looseTitle(cmp.Or(f.Title, x.text("dc", "title")))
	res.Site = ""
	for _, l := range append(f.Links, x.alternate()) {
		if res.Site = resolve(r.base, l); res.Site != "" {
			break
		}
	}
	r.inherited = cmp.Or(bcp47(f.Language), bcp47(r.lang), bcp47(x.text("dc", "language")))
	res.Language = cmp.Or(r.language, r.inherited)
}

// rssItems returns the articles of what gofeed read. raw are the same items
// in the document; when their number differs they are not used.
func (r *reader) rssItems(items []*rss.Item, raw []*rawItem) []*feeds.Article {
	articles := make([]*feeds.Article, len(items))
	for i, it := range items {
		at := &rawItem{}
		if len(raw) == len(items) {
			at = raw[i]
		} else if it.GUID != nil {
			at = nil
		}
		articles[i] = r.rssItem(it, at)
	}
	return articles
}

// rssItem returns the article of one item; raw is nil when the id is to be
// taken from gofeed.
func (r *reader) rssItem(it *rss.Item, raw *rawItem) *feeds.Article {
	a := &feeds.Article{}
	x := extensions(it.Extensions)
	if raw == nil {
		raw = &rawItem{}
		a.GUID = identifier(it.GUID.Value)
	} else {
		a.GUID = r.id(raw)
	}
	base := rebase(r.base, r.value(raw.base))
	within := func(p int) *url.URL { return rebase(base, r.value(raw.parts[p].base)) }

	a.Title = looseTitle(cmp.Or(it.Title, x.text("dc", "title"), x.text("media", "title"), x.inGroup("title").Value))
	a.URL = r.rssLink(it, x, within(partLink))
	if a.URL == "" {
		a.URL = resolve(base, r.value(raw.about))
	}
	if a.URL == "" && len(it.Enclosures) > 0 {
		a.URL = resolve(base, it.Enclosures[0].URL)
	}

	setBody(a,
		text{value: cmp.Or(it.Description, x.text("dc", "description")), form: formHTML, base: within(partSummary)},
		text{value: cmp.Or(it.Content, x.text("atom", "content")), form: formHTML, base: within(partContent)})
	x.summary(a, base)

	a.Authors = r.rssAuthors(it, x)
	var labels []string
	for _, c := range it.Categories {
		labels = append(labels, c.Value)
	}
	labels = append(labels, x.texts("dc", "subject")...)
	for _, keywords := range []string{x.text("itunes", "keywords"), x.text("media", "keywords"), x.inGroup("keywords").Value} {
		labels = append(labels, strings.Split(keywords, ",")...)
	}
	for _, c := range x["atom"]["category"] {
		labels = append(labels, cmp.Or(c.Attrs["label"], c.Attrs["term"]))
	}
	a.Categories = distinct(labels, maxCategories)

	a.Language = cmp.Or(r.language, bcp47(r.value(raw.lang)), bcp47(x.text("dc", "language")), r.inherited)
	a.Published = r.date(cmp.Or(r.value(raw.published), it.PubDate), x.text("dc", "date"), x.text("dcterms", "issued"), x.text("dcterms", "created"), x.text("atom", "published"), x.text("atom03", "issued"))
	a.Updated = r.date(x.text("atom", "updated"), x.text("atom03", "modified"), x.text("dcterms", "modified"))
	for _, e := range it.Enclosures {
		enclose(a, base, e.URL, e.Type, e.Length)
	}
	x.media(a, base)
	return a
}

// rssLink returns where an item's page is, by the most telling of the many
// places that feeds put it.
func (r *reader) rssLink(it *rss.Item, x extensions, base *url.URL) string {
	links := append([]string{x.text("feedburner", "origLink")}, it.Links...)
	links = append(links, x.alternate())
	if it.GUID != nil && !strings.EqualFold(strings.TrimSpace(it.GUID.IsPermalink), "false") {
		// RSS 2.0 makes any guid a link unless it says otherwise; only what
		// looks like one is.
		if id := strings.TrimSpace(it.GUID.Value); strings.Contains(id, "://") {
			links = append(links, id)
		}
	}
	for _, l := range links {
		if u := resolve(base, l); u != "" {
			return u
		}
	}
	return ""
}

func (r *reader) rssAuthors(it *rss.Item, x extensions) []string {
	names := append([]string{it.Author}, x.texts("dc", "creator")...)
	names = append(names, x.texts("dc", "author")...)
	for _, key := range []string{"atom", "atom03"} {
		for _, a := range x[key]["author"] {
			names = append(names, cmp.Or(child(a, "name").Value, child(a, "email").Value))
		}
	}
	if list := people(names); len(list) > 0 {
		return list
	}
	return people([]string{x.text("itunes", "author"), x.text("media", "credit")})
}

// id returns an item's id exactly as the document gives it.
func (r *reader) id(raw *rawItem) string {
	return identifier(cmp.Or(r.value(raw.id), r.value(raw.about)))
}

// value returns the text at a place in the document, "" for an empty span.
func (r *reader) value(s span) string {
	if s.empty() {
		return ""
	}
	return decodeText(r.outline.doc[s.lo:s.hi])
}

// date returns the first of these dates that can be read and believed.
func (r *reader) date(candidates ...string) time.Time { return believed(r.doc.Now, candidates...) }

// extensions are the elements of other namespaces, by prefix and name.
type extensions map[string]map[string][]ext.Extension

func (x extensions) texts(prefix, name string) []string {
	var out []string
	for _, e := range x[prefix][name] {
		out = append(out, e.Value)
	}
	return out
}

func (x extensions) text(prefix, name string) string {
	for _, e := range x[prefix][name] {
		if e.Value != "" {
			return e.Value
		}
	}
	return ""
}

// alternate returns the first atom:link that leads to a page.
func (x extensions) alternate() string {
	for _, key := range []string{"atom", "atom03"} {
		for _, l := range x[key]["link"] {
			if rel := l.Attrs["rel"]; rel == "" || rel == "alternate" {
				return l.Attrs["href"]
			}
		}
	}
	return ""
}

// inGroup returns the first media element of a name in a media:group.
func (x extensions) inGroup(name string) ext.Extension {
	for _, g := range x["media"]["group"] {
		if e := child(g, name); e.Name != "" {
			return e
		}
	}
	return ext.Extension{}
}

func child(e ext.Extension, name string) ext.Extension {
	if c := e.Children[name]; len(c) > 0 {
		return c[0]
	}
	return ext.Extension{}
}

// summary fills in the texts that other vocabularies offer where the format's
// own are missing.
func (x extensions) summary(a *feeds.Article, base *url.URL) {
	if a.Summary != "" || a.ContentHTML != "" || a.ContentText != "" {
		return
	}
	media := x.inGroup("description")
	for _, e := range append(x["media"]["description"], media) {
		if e.Value != "" {
			media = e
			break
		}
	}
	s := text{value: cmp.Or(x.text("itunes", "summary"), x.text("atom", "summary"), x.text("itunes", "subtitle")), form: formHTML, base: base}
	if s.value == "" {
		s.value = media.Value
		if !strings.EqualFold(media.Attrs["type"], "html") { // Media RSS 1.5.1: plain is the default
			s.form = formText
		}
	}
	setBody(a, s, text{form: formOther})
}

// media adds what Media RSS and iTunes elements say: an image, and audio and
// video files that are not enclosed already.
func (x extensions) media(a *feeds.Article, base *url.URL) {
	contents := append([]ext.Extension(nil), x["media"]["content"]...)
	thumbs := append([]ext.Extension(nil), x["media"]["thumbnail"]...)
	for _, g := range x["media"]["group"] {
		contents = append(contents, g.Children["content"]...)
		thumbs = append(thumbs, g.Children["thumbnail"]...)
	}
	var images []string
	for _, e := range x["itunes"]["image"] {
		images = append(images, e.Attrs["href"])
	}
	for _, c := range contents[:min(len(contents), 10*maxEnclosures)] {
		kind, medium := strings.ToLower(c.Attrs["type"]), strings.ToLower(c.Attrs["medium"])
		switch {
		case medium == "image", strings.HasPrefix(kind, "image/"):
			images = append(images, c.Attrs["url"])
		case medium == "audio", medium == "video", strings.HasPrefix(kind, "audio/"), strings.HasPrefix(kind, "video/"):
			enclose(a, base, c.Attrs["url"], c.Attrs["type"], c.Attrs["fileSize"])
		}
		thumbs = append(thumbs, c.Children["thumbnail"]...)
	}
	for _, t := range thumbs {
		images = append(images, t.Attrs["url"])
	}
	for _, e := range a.Enclosures {
		if strings.HasPrefix(strings.ToLower(e.Type), "image/") {
			images = append(images, e.URL)
		}
	}
	for _, i := range images {
		if a.Image = resolve(base, i); a.Image != "" {
			return
		}
	}
}

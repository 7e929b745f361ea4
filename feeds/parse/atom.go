package parse

import (
	"cmp"
	"strings"

	"github.com/mmcdole/gofeed/atom"

	"github.com/copytaster/copytaster/feeds"
)

// atomFeed notes what the feed says of itself.
func (r *reader) atomFeed(f *atom.Feed, res *Result) {
	res.Title = looseTitle(f.Title)
	res.Site = ""
	for _, l := range f.Links {
		if l.Rel == "alternate" {
			if res.Site = resolve(r.base, l.Href); res.Site != "" {
				break
			}
		}
	}
	r.inherited = cmp.Or(bcp47(r.lang), bcp47(extensions(f.Extensions).text("dc", "language")))
	res.Language = cmp.Or(r.language, r.inherited)
	r.authors = persons(f.Authors)
}

// entries returns the articles of what gofeed read. raw are the same entries
// in the document; when their number differs they are not used.
func (r *reader) entries(entries []*atom.Entry, raw []*rawItem) []*feeds.Article {
	articles := make([]*feeds.Article, len(entries))
	for i, e := range entries {
		if len(raw) == len(entries) {
			articles[i] = r.entry(e, raw[i])
			continue
		}
		// All that gofeed does not tell is lost, the forms of texts included:
		// HTML is what most are.
		at := &rawItem{}
		for p := range at.parts {
			at.parts[p].form = formHTML
		}
		articles[i] = r.entry(e, at)
		articles[i].GUID = identifier(e.ID)
	}
	return articles
}

func (r *reader) entry(e *atom.Entry, raw *rawItem) *feeds.Article {
	a := &feeds.Article{GUID: r.id(raw)}
	x := extensions(e.Extensions)
	base := rebase(r.base, r.value(raw.base))
	of := func(p int, value string) text {
		part := raw.parts[p]
		return text{value: value, form: part.form, base: rebase(base, r.value(part.base))}
	}

	switch raw.parts[partTitle].form {
	case formHTML, formXHTML:
		a.Title = strictTitle(PlainText(clipText(e.Title)))
	default:
		a.Title = strictTitle(clipText(e.Title))
	}
	if a.Title == "" {
		a.Title = looseTitle(cmp.Or(x.text("media", "title"), x.inGroup("title").Value))
	}

	a.URL = r.entryLink(e, x, raw)
	content := text{form: formOther}
	if e.Content != nil {
		content = of(partContent, e.Content.Value)
	}
	setBody(a, of(partSummary, e.Summary), content)
	x.summary(a, base)

	a.Authors = persons(e.Authors)
	if len(a.Authors) == 0 && e.Source != nil {
		a.Authors = persons(e.Source.Authors)
	}
	if len(a.Authors) == 0 {
		a.Authors = people(x.texts("dc", "creator"))
	}
	if len(a.Authors) == 0 {
		a.Authors = r.authors
	}
	var labels []string
	for _, c := range e.Categories {
		labels = append(labels, cmp.Or(c.Label, c.Term))
	}
	labels = append(labels, x.texts("dc", "subject")...)
	labels = append(labels, strings.Split(cmp.Or(x.text("media", "keywords"), x.inGroup("keywords").Value), ",")...)
	a.Categories = distinct(labels, maxCategories)

	a.Language = cmp.Or(r.language, bcp47(r.value(raw.lang)), bcp47(x.text("dc", "language")), r.inherited)
	a.Published = r.date(cmp.Or(r.value(raw.published), e.Published), x.text("dcterms", "issued"), x.text("dcterms", "created"), x.text("dc", "date"))
	a.Updated = r.date(cmp.Or(r.value(raw.updated), e.Updated), x.text("dcterms", "modified"))
	for _, l := range e.Links {
		if l.Rel == "enclosure" {
			enclose(a, base, l.Href, l.Type, l.Length)
		}
	}
	x.media(a, base)
	return a
}

// entryLink returns where an entry's page is.
func (r *reader) entryLink(e *atom.Entry, x extensions, raw *rawItem) string {
	base := rebase(r.base, r.value(raw.base))
	near := rebase(base, r.value(raw.parts[partLink].base))
	if u := resolve(base, x.text("feedburner", "origLink")); u != "" {
		return u
	}
	var other, enclosed string
	for _, l := range e.Links {
		switch l.Rel {
		case "alternate", "http://www.iana.org/assignments/relation/alternate": // RFC 4287, section 4.2.7.2
			u := resolve(near, l.Href)
			if kind := strings.ToLower(l.Type); u != "" && (kind == "" || strings.Contains(kind, "html")) {
				return u
			}
			other = cmp.Or(other, u)
		case "enclosure":
			enclosed = cmp.Or(enclosed, resolve(base, l.Href))
		}
	}
	if other != "" {
		return other
	}
	if e.Content != nil {
		if u := resolve(base, e.Content.Src); u != "" {
			return u
		}
	}
	if id := r.id(raw); strings.Contains(id, "://") {
		if u := resolve(nil, id); u != "" {
			return u
		}
	}
	return enclosed
}

// persons returns the names of Atom persons, an address where there is no
// name.
func persons(list []*atom.Person) []string {
	var names []string
	for _, p := range list {
		names = append(names, cmp.Or(p.Name, p.Email))
	}
	return people(names)
}

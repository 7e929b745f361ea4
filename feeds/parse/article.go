package parse

import (
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/language"

	"github.com/copytaster/copytaster/feeds"
)

// Limits on what one article may hold; what is more is left out.
const (
	maxText       = 1 << 20 // bytes of one text of an article, before anything is removed
	maxTitle      = 2 << 10 // bytes
	maxName       = 300     // bytes of an author's name or a category
	maxAuthors    = 50
	maxCategories = 100
	maxEnclosures = 50
	maxID         = 4 << 10 // bytes; a longer one is no id
	// maxTeaser is the longest description that is a summary although it has
	// markup, in code points.
	maxTeaser = 500
)

// text is one text of an item.
type text struct {
	value string
	form  form
	base  *url.URL // of relative links inside
}

// setBody fills in summary and content so that nothing is lost and no text is
// there twice.
//
// What the feed calls content is the content, what it calls a summary or
// description is the summary; a summary that says the same as the content is
// left out. Where there is a summary only, it stays one if it is plain, or
// short with markup that carries nothing but its look; anything else (links,
// images, lists, a whole article) is the content, as many feeds know no other
// place for it.
func setBody(a *feeds.Article, summary, content text) {
	summary.value, content.value = clipText(summary.value), clipText(content.value)
	switch content.form {
	case formHTML, formXHTML:
		a.ContentHTML = sanitise(content.value, content.base)
		a.ContentText = PlainText(content.value)
	case formText:
		a.ContentText = plainLines(content.value)
	}
	switch summary.form {
	case formText:
		a.Summary = plainLines(summary.value)
	case formHTML, formXHTML:
		a.Summary = PlainText(summary.value)
		if a.ContentHTML != "" || a.ContentText != "" || strings.IndexByte(summary.value, '<') < 0 {
			break
		}
		clean := sanitise(summary.value, summary.base)
		if utf8.RuneCountInString(a.Summary) > maxTeaser || !onlyLooks(clean) {
			a.ContentHTML, a.ContentText, a.Summary = clean, a.Summary, ""
		}
	}
	if a.Summary == a.ContentText {
		a.Summary = ""
	}
}

func clipText(s string) string { return s[:runeStart(s, maxText)] }

// strictTitle returns a title that is plain text.
func strictTitle(s string) string {
	s = oneLine(s)
	if len(s) > maxTitle {
		s = s[:runeStart(s, maxTitle-len("…"))] + "…"
	}
	return s
}

// looseTitle returns a title that may hold markup or escaped entities: RSS
// does not say. What looks like a tag counts as one only if it is a pair of
// HTML, so that "Using the <div> element" stays whole.
func looseTitle(s string) string {
	s = s[:runeStart(s, maxText)]
	if strings.IndexByte(s, '<') >= 0 && hasMarkup(s) {
		s = PlainText(s)
	} else if strings.IndexByte(s, '&') >= 0 {
		s = html.UnescapeString(s)
	}
	return strictTitle(s)
}

// identifier returns an id, "" if it is too long to be one.
func identifier(s string) string {
	if len(s) > maxID {
		return ""
	}
	return s
}

// people returns the names in a list of authors, each once. Addresses stand in
// only where nobody has a name.
func people(list []string) []string {
	var names, addresses []string
	for _, s := range list[:min(len(list), 10*maxAuthors)] {
		if len(s) > maxText {
			continue
		}
		name := oneLine(PlainText(s))
		if open := strings.IndexByte(name, '('); open > 0 && strings.HasSuffix(name, ")") {
			// RFC 822's "address (name)", or "name (address)".
			before, inside := strings.TrimSpace(name[:open]), strings.TrimSpace(name[open+1:len(name)-1])
			switch {
			case isAddress(before) && inside != "":
				name = inside
			case isAddress(inside):
				name = before
			}
		}
		if isAddress(name) {
			addresses = append(addresses, name)
		} else {
			names = append(names, name)
		}
	}
	if out := distinct(names, maxAuthors); len(out) > 0 {
		return out
	}
	return distinct(addresses, maxAuthors)
}

func isAddress(s string) bool {
	return strings.IndexByte(s, '@') > 0 && strings.IndexByte(s, ' ') < 0
}

// distinct returns plain, non-empty, different labels, at most limit of them.
func distinct(labels []string, limit int) []string {
	var out []string
	for _, l := range labels[:min(len(labels), 10*limit)] {
		if len(out) == limit {
			break
		}
		if l == "" || len(l) > maxText {
			continue
		}
		l = looseTitle(l)
		if l == "" || len(l) > maxName {
			continue
		}
		if !slices.ContainsFunc(out, func(o string) bool { return strings.EqualFold(o, l) }) {
			out = append(out, l)
		}
	}
	return out
}

// enclose adds a media file if it has an address and is not there yet.
func enclose(a *feeds.Article, base *url.URL, link, kind, length string) {
	link = resolve(base, link)
	if link == "" || len(a.Enclosures) == maxEnclosures {
		return
	}
	for _, e := range a.Enclosures {
		if e.URL == link {
			return
		}
	}
	n, err := strconv.ParseInt(strings.TrimSpace(length), 10, 64)
	if err != nil || n < 0 {
		n = 0
	}
	kind = oneLine(kind)
	if len(kind) > maxName {
		kind = ""
	}
	a.Enclosures = append(a.Enclosures, feeds.Enclosure{URL: link, Type: kind, Length: n})
}

// bcp47 returns a language tag in its canonical form ("pt_br" is "pt-BR"), ""
// for what is none.
func bcp47(tag string) string {
	tag = strings.TrimSpace(tag)
	if i := strings.IndexAny(tag, ", ;"); i >= 0 {
		tag = tag[:i]
	}
	if tag == "en" { // the most frequent by far
		return tag
	}
	if len(tag) > 35 { // RFC 5646, section 4.4.1
		return ""
	}
	t, err := language.Parse(tag)
	if err != nil || t == language.Und {
		return ""
	}
	return t.String()
}

package parse

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/copytaster/copytaster/feeds"
)

// jsonFeed is a JSON Feed 1.0 or 1.1 (jsonfeed.org/version/1.1), as far as it
// is read.
type jsonFeed struct {
	Version  string          `json:"version"`
	Title    string          `json:"title"`
	Home     string          `json:"home_page_url"`
	Language string          `json:"language"`
	Author   json.RawMessage `json:"author"`
	Authors  json.RawMessage `json:"authors"`
	Items    json.RawMessage `json:"items"`
}

type jsonItem struct {
	// The id may be of any type; readers turn it into a string.
	ID          json.RawMessage `json:"id"`
	URL         string          `json:"url"`
	External    string          `json:"external_url"`
	Title       string          `json:"title"`
	ContentHTML string          `json:"content_html"`
	ContentText string          `json:"content_text"`
	Summary     string          `json:"summary"`
	Image       string          `json:"image"`
	Banner      string          `json:"banner_image"`
	Published   string          `json:"date_published"`
	Modified    string          `json:"date_modified"`
	Language    string          `json:"language"`
	Author      json.RawMessage `json:"author"`
	Authors     json.RawMessage `json:"authors"`
	Tags        json.RawMessage `json:"tags"`
	Attachments json.RawMessage `json:"attachments"`
}

// parseJSON reads a JSON document that begins with { or [.
func parseJSON(body []byte, doc Document, known func(uint64) bool, done repairs) (*Result, error) {
	if body[0] == '[' {
		return nil, notFeed("a JSON list")
	}
	var f jsonFeed
	err := lenient(body, &f)
	if err != nil {
		if fixed := mendJSON(body); fixed.doc != nil {
			f = jsonFeed{}
			if lenient(fixed.doc, &f) == nil {
				err = nil
				done |= fixed.done
			}
		}
	}
	if err != nil {
		if strings.Contains(string(body[:min(len(body), sniffed)]), "jsonfeed.org/version") {
			return nil, fmt.Errorf("%w: %s", ErrMalformed, clip(err.Error(), 200))
		}
		return nil, notFeed("text that begins like JSON but is none")
	}
	isFeed := strings.Contains(f.Version, "jsonfeed.org/version")
	if list := itemList(f.Items); list != nil {
		f.Items = list
		done |= repairJSON
	}
	if !isFeed && (len(f.Items) == 0 || f.Items[0] != '[') {
		return nil, notFeed("JSON, but no JSON Feed")
	}
	base := documentBase(doc.URL)
	r := &jsonReader{doc: doc, own: bcp47(doc.Language), inherited: bcp47(f.Language), authors: jsonAuthors(f.Author, f.Authors)}
	res := &Result{Title: jsonTitle(f.Title), Site: resolve(base, f.Home), Language: cmp.Or(r.own, r.inherited)}

	context := xxhash.New()
	context.Write([]byte{version, '{'})
	for _, s := range []string{address(base), doc.Language, f.Language, string(f.Author), string(f.Authors)} {
		fmt.Fprintf(context, "%d %s", len(s), s)
	}
	failed := 0
	for raw := range elements(f.Items) {
		if len(res.Items) == maxItems {
			break
		}
		it := Item{Fingerprint: fingerprint(context.Sum64(), raw)}
		if !known(it.Fingerprint) {
			var i jsonItem
			if raw[0] != '{' || readItem(raw, &i) != nil {
				failed++
				continue
			}
			it.Article = r.article(&i)
		}
		res.Items = append(res.Items, it)
	}
	if failed > 0 {
		done |= repairItems
	}
	res.Repairs = done.names()
	if failed > 0 && len(res.Items) == 0 {
		return nil, fmt.Errorf("%w: none of its %d items can be read", ErrMalformed, failed)
	}
	return res, nil
}

// lenient decodes JSON; members of the wrong type stay empty.
func lenient(b []byte, v any) error {
	err := json.Unmarshal(b, v)
	if _, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return nil
	}
	return err
}

// listOf returns a list that holds what should have been in one.
func listOf(v json.RawMessage) json.RawMessage {
	if len(v) == 0 || v[0] == '[' || string(v) == "null" {
		return v
	}
	return slices.Concat([]byte{'['}, v, []byte{']'})
}

// elements yields the elements of a valid JSON array; what is no array has
// none.
func elements(array []byte) func(yield func([]byte) bool) {
	return func(yield func([]byte) bool) {
		if len(array) < 2 || array[0] != '[' {
			return
		}
		depth, start := 0, -1
		for i := 1; i < len(array); i++ {
			switch c := array[i]; c {
			case ' ', '\t', '\r', '\n':
				continue
			case ',', ']':
				if depth == 0 {
					if start >= 0 && !yield(trimJSON(array[start:i])) {
						return
					}
					start = -1
					continue
				}
				if c == ']' {
					depth--
				}
				continue
			}
			if start < 0 {
				start = i
			}
			switch array[i] {
			case '{', '[':
				depth++
			case '}':
				depth--
			case '"':
				for i++; array[i] != '"'; i++ {
					if array[i] == '\\' {
						i++
					}
				}
			}
		}
	}
}

func trimJSON(b []byte) []byte {
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t' || b[len(b)-1] == '\r' || b[len(b)-1] == '\n') {
		b = b[:len(b)-1]
	}
	return b
}

type jsonReader struct {
	doc            Document
	own, inherited string // languages
	authors        []string
}

func (r *jsonReader) article(i *jsonItem) *feeds.Article {
	base := documentBase(r.doc.URL)
	a := &feeds.Article{
		GUID:      identifier(jsonID(i.ID)),
		URL:       cmp.Or(resolve(base, i.URL), resolve(base, i.External)),
		Title:     jsonTitle(i.Title),
		Language:  cmp.Or(r.own, bcp47(i.Language), r.inherited),
		Image:     cmp.Or(resolve(base, i.Image), resolve(base, i.Banner)),
		Published: believed(r.doc.Now, i.Published),
		Updated:   believed(r.doc.Now, i.Modified),
	}
	if a.URL == "" && strings.Contains(a.GUID, "://") {
		a.URL = resolve(nil, a.GUID)
	}
	content := text{value: i.ContentHTML, form: formHTML, base: base}
	if i.ContentHTML == "" {
		content = text{value: i.ContentText, form: formText}
	}
	setBody(a, text{value: i.Summary, form: formText}, content)

	if a.Authors = jsonAuthors(i.Author, i.Authors); len(a.Authors) == 0 {
		a.Authors = r.authors
	}
	var tags []string
	if lenient(listOf(i.Tags), &tags) == nil {
		a.Categories = distinct(tags, maxCategories)
	}
	for raw := range elements(listOf(i.Attachments)) {
		var at struct {
			URL  string          `json:"url"`
			Type string          `json:"mime_type"`
			Size json.RawMessage `json:"size_in_bytes"`
		}
		if lenient(raw, &at) == nil {
			size, _, _ := strings.Cut(strings.Trim(string(at.Size), `"`), ".")
			enclose(a, base, at.URL, at.Type, size)
		}
	}
	if a.URL == "" && len(a.Enclosures) > 0 {
		a.URL = a.Enclosures[0].URL
	}
	return a
}

// jsonID returns an id as a string, whatever its type.
func jsonID(raw json.RawMessage) string {
	var s string
	switch {
	case string(raw) == "null":
		return ""
	case json.Unmarshal(raw, &s) == nil:
		return strings.Trim(s, " \t\r\n")
	}
	return string(raw)
}

// jsonTitle returns a title, which is plain text here. Many feeds leave
// entities in it all the same.
func jsonTitle(s string) string { return strictTitle(html.UnescapeString(clipText(s))) }

// jsonAuthors returns the names of version 1.1's list or, without one, of
// version 1's author.
func jsonAuthors(one, list json.RawMessage) []string {
	var names []string
	add := func(raw []byte) {
		var author struct {
			Name string `json:"name"`
			URL  string `json:"url"`
		}
		if json.Unmarshal(raw, &author.Name) != nil && lenient(raw, &author) != nil {
			return
		}
		names = append(names, author.Name)
	}
	for raw := range elements(listOf(list)) {
		add(raw)
	}
	if len(names) == 0 && len(one) > 0 {
		add(one)
	}
	return people(names)
}

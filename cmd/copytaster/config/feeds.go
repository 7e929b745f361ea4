package config

import (
	"net/http"
	"slices"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v4"
	"golang.org/x/net/http/httpguts"
	"golang.org/x/text/language"

	"github.com/copytaster/copytaster/feeds"
)

const (
	feedURL = iota
	feedOPML
	feedName
	feedTags
	feedSchedule
	feedLanguage
	feedHeaders
)

var feedKeys = []string{"url", "opml", "name", "tags", "schedule", "language", "headers"}

// maxName is the length of the longest name or tag, in bytes.
const maxName = 400

// subscriptions collects feeds, each URL once.
type subscriptions struct {
	list []*feeds.Feed
	// lines say where a URL was listed.
	lines map[string]int
	files []opmlFile
}

func newSubscriptions(size int) *subscriptions {
	return &subscriptions{list: make([]*feeds.Feed, 0, size), lines: make(map[string]int, size)}
}

// feeds reads the list of feeds. Those of OPML files stand in the place of the
// file. A feed that is listed itself as well keeps its own settings and gains
// the tags.
func (d *decoder) feeds(n *yaml.Node) []*feeds.Feed {
	entries, ok := d.list(n)
	if !ok {
		return nil
	}
	if len(entries) == 0 {
		d.fail(n, "no feeds: list at least one URL")
		return nil
	}
	subs := newSubscriptions(len(entries))
	d.entries(entries, subs)
	return d.importAll(subs)
}

// entries reads elements of the list of feeds into subs.
func (d *decoder) entries(nodes []*yaml.Node, subs *subscriptions) {
	for _, n := range nodes {
		n = target(n)
		if n.Kind != yaml.ScalarNode {
			d.feed(n, subs)
			continue
		}
		f := &feeds.Feed{}
		if d.feedURL(n, f) {
			d.add(subs, n, f)
		}
	}
}

// feed reads a feed with its settings, or an OPML file with those for all its
// feeds, into subs.
func (d *decoder) feed(n *yaml.Node, subs *subscriptions) {
	k, ok := d.keys(n, feedKeys)
	if !ok {
		return
	}
	f := &feeds.Feed{
		Tags:     d.tags(k[feedTags]),
		Schedule: d.schedule(k[feedSchedule]),
		Language: d.language(k[feedLanguage]),
	}
	if k[feedOPML] != nil {
		for _, i := range []int{feedURL, feedName, feedHeaders} {
			if k[i] != nil {
				d.fail(k[i], "%s does not go with opml: an entry is one feed or one OPML file", feedKeys[i])
			}
		}
		if file, ok := d.opml(k[feedOPML]); ok {
			file.defaults, file.before = f, len(subs.list)
			subs.files = append(subs.files, file)
		}
		return
	}
	f.Name = d.feedName(k[feedName])
	f.Header = d.headers(k[feedHeaders])
	if k[feedURL] == nil {
		d.fail(n, "the feed has no url")
		return
	}
	if d.feedURL(k[feedURL], f) {
		d.add(subs, k[feedURL], f)
	}
}

// add takes a listed feed in, unless it is already.
func (d *decoder) add(subs *subscriptions, n *yaml.Node, f *feeds.Feed) {
	if line, ok := subs.lines[f.URL]; ok {
		d.fail(n, "the feed is already in line %d", line)
		return
	}
	subs.lines[f.URL] = n.Line
	subs.list = append(subs.list, f)
}

func (d *decoder) feedName(n *yaml.Node) string {
	if n == nil {
		return ""
	}
	v, ok := d.text(n)
	if !ok {
		return ""
	}
	name := strings.TrimSpace(v.text)
	switch {
	case !printable(name) || name == "" || len(name) > maxName:
		d.fail(n, "a name is text on one line, of up to %d bytes", maxName)
		return ""
	case strings.HasPrefix(name, "tag:"):
		d.fail(n, `a name must not begin with "tag:": in rules that means a tag`)
		return ""
	}
	return name
}

// printable reports whether s has no control characters and nothing else that
// cannot be seen on one line.
func printable(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return !unicode.IsGraphic(r) }) < 0
}

// tags reads labels; the list that it returns is shared, sorted and without
// repeats. n may be nil, and the list empty.
func (d *decoder) tags(n *yaml.Node) []string {
	if n == nil {
		return nil
	}
	list, ok := d.list(n)
	if !ok {
		return nil
	}
	tags := make([]string, 0, len(list))
	for _, e := range list {
		v, ok := d.text(e)
		if !ok {
			continue
		}
		if !isTag(v.text) {
			d.fail(v.node, `%s is not a tag: letters and digits, with spaces or - _ . & + between them`, v.shown())
			continue
		}
		tags = append(tags, v.text)
	}
	return d.tagList(tags)
}

// isTag reports whether s can stand in a path and in "tag:" without puzzling
// anyone.
func isTag(s string) bool {
	other := func(r rune) bool { return !isTagRune(r) }
	return len(s) <= maxName && strings.TrimSpace(s) == s &&
		strings.ContainsFunc(s, isWordRune) && !strings.ContainsFunc(s, other)
}

func isTagRune(r rune) bool { return isWordRune(r) || strings.ContainsRune(" -_.&+", r) }

func isWordRune(r rune) bool { return unicode.In(r, unicode.L, unicode.M, unicode.N) }

// tagList returns the one copy of a sorted list of tags.
func (d *decoder) tagList(tags []string) []string {
	if len(tags) == 0 {
		return nil
	}
	slices.Sort(tags)
	tags = slices.Compact(tags)
	key := strings.Join(tags, "\x00")
	if kept, ok := d.tagLists[key]; ok {
		return kept
	}
	kept := make([]string, len(tags))
	for i, t := range tags {
		kept[i] = d.intern(t)
	}
	d.tagLists[key] = kept
	return kept
}

// language reads a BCP 47 tag and returns its canonical form.
func (d *decoder) language(n *yaml.Node) string {
	if n == nil {
		return ""
	}
	v, ok := d.text(n)
	if !ok {
		return ""
	}
	tag, ok := d.parseLanguage(v.text)
	if !ok {
		d.fail(n, "%s is not a language tag, such as en, ar or pt-BR", v.shown())
	}
	return tag
}

// parseLanguage returns the canonical form of a language tag.
func (d *decoder) parseLanguage(s string) (string, bool) {
	if tag, known := d.languages[s]; known {
		return tag, tag != ""
	}
	canonical := ""
	if tag, err := language.Parse(s); err == nil && len(s) <= 100 && !tag.IsRoot() {
		canonical = d.intern(tag.String())
	}
	d.languages[strings.Clone(s)] = canonical
	return canonical, canonical != ""
}

// managed are headers that requests for feeds have anyway, or must not have.
var managed = map[string]bool{
	"Accept-Encoding": true, "Connection": true, "Content-Length": true, "Host": true,
	"If-Modified-Since": true, "If-None-Match": true, "If-Match": true, "If-Range": true,
	"If-Unmodified-Since": true, "Keep-Alive": true, "Proxy-Connection": true, "Range": true,
	"Te": true, "Trailer": true, "Transfer-Encoding": true, "Upgrade": true,
}

// headers reads request headers. "NAME_file" names a file that holds the value
// of NAME. n may be nil, and the mapping empty.
func (d *decoder) headers(n *yaml.Node) http.Header {
	if n == nil {
		return nil
	}
	n = target(n)
	if n.Kind != yaml.MappingNode || !d.untagged(n) {
		d.fail(n, "expected a mapping (`Name: value`), found %s", kindOf(n))
		return nil
	}
	h := make(http.Header, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		name, fromFile := strings.CutSuffix(key.Value, "_file")
		name = http.CanonicalHeaderKey(name)
		switch {
		case key.Kind != yaml.ScalarNode || !httpguts.ValidHeaderFieldName(name):
			d.fail(key, "is not the name of a header")
			continue
		case managed[name]:
			d.fail(key, "copytaster sets the header %s itself", name)
			continue
		case h.Values(name) != nil:
			d.fail(key, "the header %s is already set", name)
			continue
		}
		var text string
		if fromFile {
			text = d.secretFile(value)
		} else if v, ok := d.text(value); ok {
			text = v.text
		}
		if !httpguts.ValidHeaderFieldValue(text) {
			d.fail(value, "is not the value of a header: text on one line")
		}
		h[name] = []string{text}
	}
	return h
}

package config

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/feeds/opml"
)

// opmlFile is an OPML file that the configuration names.
type opmlFile struct {
	name     string // for messages
	outlines []opml.Outline
	// defaults has the entry's tags, schedule and language.
	defaults *feeds.Feed
	// before is how many listed feeds stand before the entry.
	before int
}

// opml reads the OPML file that n names.
func (d *decoder) opml(n *yaml.Node) (file opmlFile, ok bool) {
	v, ok := d.text(n)
	if !ok {
		return file, false
	}
	data, err := readFile(d.path(v.text))
	if err != nil {
		d.fail(n, "cannot read %s: %v", v.shown(), bare(err))
		return file, false
	}
	file.name = n.Value
	if !filepath.IsAbs(file.name) {
		file.name = filepath.Join(filepath.Dir(d.file), file.name)
	}
	file.outlines, err = opml.Parse(bytes.NewReader(data))
	switch {
	case err != nil:
		d.failIn(file.name, err.Error())
	case len(file.outlines) == 0:
		d.failIn(file.name, "lists no feeds: they are outlines with xmlUrl")
	}
	return file, err == nil
}

// failIn reports a problem with another file than the configuration.
func (d *decoder) failIn(file, msg string) {
	if len(d.problems) <= maxProblems {
		d.problems = append(d.problems, Problem{File: file, Msg: msg})
	}
}

// importAll returns the listed feeds with those of the files in their places.
func (d *decoder) importAll(subs *subscriptions) []*feeds.Feed {
	if len(subs.files) == 0 {
		return subs.list
	}
	known := make(map[string]*feeds.Feed, len(subs.list))
	for _, f := range subs.list {
		known[f.URL] = f
	}
	var all []*feeds.Feed
	done := 0
	for _, file := range subs.files {
		all = append(all, subs.list[done:file.before]...)
		done = file.before
		all = append(all, d.importFile(file, known)...)
	}
	return append(all, subs.list[done:]...)
}

// importFile returns the feeds of an OPML file that are not known yet, and adds
// its tags to those that are.
func (d *decoder) importFile(file opmlFile, known map[string]*feeds.Feed) (added []*feeds.Feed) {
	for _, o := range file.outlines {
		if msg := checkOutline(o.URL); msg != "" {
			d.failIn(file.name, "the feed "+quote(outlineName(o))+": "+msg)
			continue
		}
		f := d.outline(o, file.defaults)
		if same, ok := known[f.URL]; ok {
			same.Tags = d.tagList(slices.Concat(same.Tags, f.Tags))
			continue
		}
		known[f.URL] = f
		added = append(added, f)
	}
	return added
}

// checkOutline returns what is wrong with a URL in an OPML file. Such files
// come from elsewhere, so they do not get to read the files of this machine.
func checkOutline(url string) string {
	if _, ok := cutScheme(url, "file"); ok {
		return "an OPML file must not name local files: list them in the configuration itself"
	}
	return strings.Replace(checkURL(url, false), "https, http or file", "https or http", 1)
}

// outlineName returns what to call an outline in a message.
func outlineName(o opml.Outline) string {
	if title := strings.Join(strings.Fields(o.Title), " "); title != "" && title != o.URL {
		return title
	}
	return maskUser(o.URL)
}

// outline returns the feed that an outline describes.
func (d *decoder) outline(o opml.Outline, defaults *feeds.Feed) *feeds.Feed {
	f := &feeds.Feed{
		URL:      maskUser(o.URL),
		Name:     strings.Join(strings.Fields(o.Title), " "),
		Tags:     defaults.Tags,
		Schedule: defaults.Schedule,
		Language: defaults.Language,
	}
	if f.URL != o.URL {
		f.Endpoint = o.URL
	}
	if !printable(f.Name) || f.Name == o.URL || len(f.Name) > maxName || strings.HasPrefix(f.Name, "tag:") {
		f.Name = ""
	}
	if len(o.Tags) > 0 {
		tags := slices.Clone(defaults.Tags)
		for _, t := range o.Tags {
			if t = toTag(t); t != "" {
				tags = append(tags, t)
			}
		}
		f.Tags = d.tagList(tags)
	}
	if f.Language == "" && o.Language != "" {
		// What exporters write here is not the user's mistake: a tag that is
		// none is left out.
		f.Language, _ = d.parseLanguage(o.Language)
	}
	return f
}

// toTag makes a tag of the name of a folder, "" when nothing is left of it.
func toTag(name string) string {
	name = strings.Map(func(r rune) rune {
		if isTagRune(r) {
			return r
		}
		return ' '
	}, name)
	name = strings.Join(strings.Fields(name), " ")
	if !isTag(name) {
		return ""
	}
	return name
}

package opml

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
)

const (
	maxBytes    = 64 << 20
	maxDepth    = 100
	maxOutlines = 1_000_000
	maxFeedTags = 200
	// maxTags bounds the tags of all outlines together: folders multiply.
	maxTags = 5_000_000
)

// ErrNotOPML says that a document is something else. What it is follows in
// the error's text.
var ErrNotOPML = errors.New("not an OPML file")

// Parse reads a list of feeds, in its order. A feed that is listed twice is
// returned once, where it stands first, with the tags of both. Folders may
// nest at will up to a depth of 100 elements; a document may have 64 MiB, a
// million feeds, and 200 tags for each.
//
// It takes what readers really export: attribute names in any case, stray
// ampersands, missing types, any charset that the document names. It refuses
// a document that ends early, since the feeds that it lacks would be missed
// silently.
func Parse(r io.Reader) ([]Outline, error) {
	limited := &io.LimitedReader{R: r, N: maxBytes + 1}
	text, err := decode(limited)
	if err != nil {
		return nil, err
	}
	p := parser{seen: make(map[string]int)}
	err = p.read(text)
	switch {
	case limited.N <= 0:
		return nil, fmt.Errorf("read OPML: larger than %d MiB", maxBytes>>20)
	case err != nil:
		return nil, err
	}
	return p.list, nil
}

var declaredEncoding = regexp.MustCompile(`^\s*<\?xml[^>]*\sencoding\s*=\s*["']([^"'>]{1,40})["']`)

// decode returns the document in clean UTF-8, whatever its bytes are.
func decode(r io.Reader) (io.Reader, error) {
	in := bufio.NewReaderSize(r, 64<<10)
	head, err := in.Peek(512)
	if err != nil && err != io.EOF {
		return nil, fmt.Errorf("read OPML: %w", err)
	}
	label := ""
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		in.Discard(3)
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("<\x00")):
		label = "utf-16le"
	case bytes.HasPrefix(head, []byte("\xfe\xff")), bytes.HasPrefix(head, []byte("\x00<")):
		label = "utf-16be"
	default:
		if m := declaredEncoding.FindSubmatch(head); m != nil {
			label = strings.ToLower(string(m[1]))
		}
		if strings.HasPrefix(label, "utf-") || strings.HasPrefix(label, "ucs-") {
			label = "" // its declaration could be read, so it is UTF-8
		}
	}
	var out io.Reader = in
	if label != "" {
		if out, err = charset.NewReaderLabel(label, in); err != nil {
			return nil, fmt.Errorf("read OPML: unknown encoding %q in the XML declaration", label)
		}
	}
	illegal := runes.Predicate(func(r rune) bool {
		// XML 1.0 section 2.2, and the byte order mark.
		return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r >= 0xfffe && r <= 0xffff || r == 0xfeff
	})
	return transform.NewReader(out, runes.Remove(illegal)), nil // replaces what is no UTF-8
}

// element is an element that is open.
type element struct {
	name string
	tags []string // of the feeds in it: its name and those of the folders around it
}

type parser struct {
	open []element
	list []Outline
	seen map[string]int // URL → index in list
	tags int
	root bool
}

func (p *parser) read(text io.Reader) error {
	in := bufio.NewReader(text)
	start, err := in.Peek(256)
	if err != nil && err != io.EOF {
		return fmt.Errorf("read OPML: %w", err)
	}
	if start = bytes.TrimSpace(start); len(start) == 0 || start[0] != '<' {
		return fmt.Errorf("%w: it is %s", ErrNotOPML, describe(start))
	}
	d := xml.NewDecoder(in)
	d.Strict = false // "&" in addresses
	d.Entity = xml.HTMLEntity
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	for {
		// Raw: whether tags match is judged here, leniently.
		token, err := d.RawToken()
		if err == io.EOF {
			break
		}
		if err != nil {
			return fmt.Errorf("read OPML: %w", err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if err := p.start(t); err != nil {
				return err
			}
		case xml.EndElement:
			p.end(t)
		}
	}
	switch {
	case !p.root:
		return fmt.Errorf("%w: it is XML without an element", ErrNotOPML)
	case len(p.open) > 0:
		return fmt.Errorf("read OPML: it ends before </%s>: it is not complete", p.open[len(p.open)-1].name)
	}
	return nil
}

func (p *parser) start(t xml.StartElement) error {
	name := strings.ToLower(t.Name.Local)
	if !p.root {
		p.root = true
		if name != "opml" {
			return fmt.Errorf("%w: it is %s", ErrNotOPML, describeRoot(name))
		}
	}
	if len(p.open) >= maxDepth {
		return fmt.Errorf("read OPML: nested deeper than %d elements", maxDepth)
	}
	e := element{name: name, tags: p.folders()}
	if name == "outline" {
		folder, err := p.outline(t.Attr)
		if err != nil {
			return err
		}
		if folder != "" && !slices.Contains(e.tags, folder) {
			e.tags = append(e.tags, folder) // nothing else appends to them while this is open
		}
	}
	p.open = append(p.open, e)
	return nil
}

// folders returns the tags of the innermost open element.
func (p *parser) folders() []string {
	if len(p.open) == 0 {
		return nil
	}
	return p.open[len(p.open)-1].tags
}

// end closes the element of that name and what was left open in it. An end
// without a start is ignored.
func (p *parser) end(t xml.EndElement) {
	for i := len(p.open) - 1; i >= 0; i-- {
		if strings.EqualFold(p.open[i].name, t.Name.Local) {
			p.open = p.open[:i]
			return
		}
	}
}

// outline takes in an outline that is a feed; of any other it returns the
// name that it gives the feeds in it.
func (p *parser) outline(attrs []xml.Attr) (folder string, err error) {
	var o Outline
	var text, kind, url, category string
	for _, a := range attrs {
		switch strings.ToLower(a.Name.Local) {
		case "xmlurl":
			o.URL = strings.TrimSpace(a.Value)
		case "url":
			url = strings.TrimSpace(a.Value)
		case "htmlurl":
			o.Site = strings.TrimSpace(a.Value)
		case "title":
			o.Title = line(a.Value)
		case "text":
			text = line(a.Value)
		case "type":
			kind = strings.ToLower(strings.TrimSpace(a.Value))
		case "category":
			category = a.Value
		case "language":
			o.Language = strings.TrimSpace(a.Value)
		}
	}
	if o.URL == "" && (kind == "rss" || kind == "atom") {
		o.URL = url
	}
	if o.Title == "" {
		o.Title = text
	}
	if o.URL == "" {
		return tag(o.Title), nil
	}
	if o.Title == o.URL {
		o.Title = "" // lists must have a text, so this stands for none
	}
	return "", p.add(o, category)
}

// add takes in a feed, or adds what an earlier outline of it lacks.
func (p *parser) add(o Outline, category string) error {
	i, known := p.seen[o.URL]
	if !known {
		i = len(p.list)
		p.seen[o.URL] = i
		o.Tags = slices.Clone(p.folders())
		p.tags += len(o.Tags)
		p.list = append(p.list, o)
	}
	first := &p.list[i]
	if first.Title == "" {
		first.Title = o.Title
	}
	if first.Site == "" {
		first.Site = o.Site
	}
	if first.Language == "" {
		first.Language = o.Language
	}
	if known {
		for _, name := range p.folders() {
			if err := p.tag(first, name); err != nil {
				return err
			}
		}
	}
	for name := range strings.SplitSeq(category, ",") {
		if err := p.tag(first, tag(name)); err != nil {
			return err
		}
	}
	if len(p.list) > maxOutlines || p.tags > maxTags {
		return fmt.Errorf("read OPML: more than %d feeds or %d tags in all", maxOutlines, maxTags)
	}
	return nil
}

// tag adds a tag to a feed that lacks it.
func (p *parser) tag(o *Outline, name string) error {
	if name == "" || slices.Contains(o.Tags, name) {
		return nil
	}
	if len(o.Tags) >= maxFeedTags {
		return fmt.Errorf("read OPML: more than %d tags for one feed", maxFeedTags)
	}
	o.Tags = append(o.Tags, name)
	p.tags++
	return nil
}

// describe names a document that is no XML.
func describe(start []byte) string {
	switch {
	case len(start) == 0:
		return "empty"
	case start[0] == '{' || start[0] == '[':
		return "JSON"
	case bytes.Contains(start, []byte("\ufffd")): // decode's mark for what is no text
		return "binary data"
	case bytes.HasPrefix(start, []byte("http://")) || bytes.HasPrefix(start, []byte("https://")):
		return "a plain list of addresses; put them under feeds: in the configuration"
	}
	return "plain text"
}

// describeRoot names an XML document by its root element.
func describeRoot(name string) string {
	switch name {
	case "html":
		return "an HTML page"
	case "rss", "rdf":
		return "an RSS feed; list it under feeds: by url"
	case "feed":
		return "an Atom feed; list it under feeds: by url"
	}
	if len(name) > 40 {
		name = strings.ToValidUTF8(name[:40], "") + "…"
	}
	return fmt.Sprintf("XML with the root element <%s>", name)
}

package encode_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// node is an element of a parsed document.
type node struct {
	name     xml.Name
	attrs    map[string]string
	text     string
	children []*node
}

const (
	atomNS  = "http://www.w3.org/2005/Atom"
	mediaNS = "http://search.yahoo.com/mrss/"
	dcNS    = "http://purl.org/dc/elements/1.1/"
	encNS   = "http://purl.org/rss/1.0/modules/content/"
)

func parseXML(doc []byte) (*node, error) {
	if !utf8.Valid(doc) {
		return nil, errors.New("not UTF-8")
	}
	dec := xml.NewDecoder(bytes.NewReader(doc))
	root := &node{}
	stack := []*node{root}
	for {
		tok, err := dec.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		top := stack[len(stack)-1]
		switch t := tok.(type) {
		case xml.StartElement:
			n := &node{name: t.Name, attrs: map[string]string{}}
			for _, a := range t.Attr {
				if _, ok := n.attrs[a.Name.Local]; ok {
					return nil, fmt.Errorf("attribute %s twice in %s", a.Name.Local, t.Name.Local)
				}
				n.attrs[a.Name.Local] = a.Value
			}
			top.children = append(top.children, n)
			stack = append(stack, n)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			top.text += string(t)
		}
	}
	if len(root.children) != 1 {
		return nil, fmt.Errorf("%d root elements", len(root.children))
	}
	return root.children[0], nil
}

func (n *node) all(space, local string) []*node {
	var out []*node
	for _, c := range n.children {
		if c.name == (xml.Name{Space: space, Local: local}) {
			out = append(out, c)
		}
	}
	return out
}

// checker gathers what is wrong with a document.
type checker struct{ problems []error }

func (c *checker) add(format string, args ...any) {
	c.problems = append(c.problems, fmt.Errorf(format, args...))
}

func (c *checker) count(n *node, space, local string, least, most int) []*node {
	found := n.all(space, local)
	if len(found) < least || len(found) > most {
		c.add("%s holds %d %s", n.name.Local, len(found), local)
	}
	return found
}

var (
	uriPattern  = regexp.MustCompile(`^[a-z][a-z0-9+.-]*:([A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+$`)
	uuidPattern = regexp.MustCompile(`^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	mimePattern = regexp.MustCompile(`^[^\s()<>,;:\\"/\[\]?=]+/[^\s()<>,;:\\"/\[\]?=]+$`)
	langPattern = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$`)
)

func (c *checker) web(where, s string) {
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil || !uriPattern.MatchString(s) {
		c.add("%s: %q is no absolute web URL", where, s)
	}
	if i := strings.IndexAny(s, "[]"); i >= 0 && !strings.Contains(u.Host, "[") {
		c.add("%s: %q has brackets outside its host", where, s)
	}
	if strings.Count(s, "#") > 1 {
		c.add("%s: %q has two fragments", where, s)
	}
}

func (c *checker) date(where, layout, s string) {
	t, err := time.Parse(layout, s)
	if err != nil {
		c.add("%s: %v", where, err)
	} else if t.Year() < 1990 || t.Format(layout) != s {
		c.add("%s: date %q is implausible or no round trip", where, s)
	}
}

func (c *checker) mime(where, s string) {
	if !mimePattern.MatchString(s) {
		c.add("%s: media type %q", where, s)
	}
}

func (c *checker) characters(n *node) {
	values := []string{n.text}
	for _, v := range n.attrs {
		values = append(values, v)
	}
	for _, v := range values {
		for _, r := range v {
			if r == utf8.RuneError || r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r <= 0x9f || r == 0xfffe || r == 0xffff {
				c.add("%s holds %U", n.name.Local, r)
			}
		}
	}
	for _, child := range n.children {
		c.characters(child)
	}
}

func (c *checker) atomText(n *node) {
	if kind := n.attrs["type"]; kind != "text" && kind != "html" {
		c.add("%s has type %q", n.name.Local, kind)
	}
	if n.attrs["type"] == "text" && regexp.MustCompile(`</?[A-Za-z0-9]|&#?\w+;`).MatchString(n.text) {
		c.add("%s is text that looks like HTML: %q", n.name.Local, n.text)
	}
}

// checkAtom returns what breaks RFC 4287 in a document.
func checkAtom(doc []byte) error {
	root, err := parseXML(doc)
	if err != nil {
		return err
	}
	c := &checker{}
	c.characters(root)
	if root.name != (xml.Name{Space: atomNS, Local: "feed"}) {
		c.add("root is %v", root.name)
	}
	c.atomHead(root)
	c.count(root, atomNS, "author", 1, 1)
	ids := map[string]bool{}
	for _, e := range root.all(atomNS, "entry") {
		c.atomEntry(e, ids)
	}
	return errors.Join(c.problems...)
}

func (c *checker) atomHead(n *node) {
	for _, id := range c.count(n, atomNS, "id", 1, 1) {
		if !uriPattern.MatchString(id.text) {
			c.add("id %q is no absolute IRI", id.text)
		}
	}
	for _, t := range c.count(n, atomNS, "title", 1, 1) {
		c.atomText(t)
	}
	for _, u := range c.count(n, atomNS, "updated", 1, 1) {
		c.date("updated", "2006-01-02T15:04:05Z", u.text)
	}
	pairs := map[string]bool{}
	for _, l := range n.all(atomNS, "link") {
		c.web("link", l.attrs["href"])
		if t := l.attrs["type"]; t != "" {
			c.mime("link", t)
		}
		if l.attrs["rel"] == "" {
			c.add("link without rel")
		}
		key := l.attrs["rel"] + " " + l.attrs["type"]
		if pairs[key] && l.attrs["rel"] != "enclosure" {
			c.add("two links of %s", key)
		}
		pairs[key] = true
		if s, ok := l.attrs["length"]; ok {
			if v, err := strconv.ParseInt(s, 10, 64); err != nil || v < 0 {
				c.add("length %q", s)
			}
		}
	}
	for _, a := range n.all(atomNS, "author") {
		for _, name := range c.count(a, atomNS, "name", 1, 1) {
			if strings.TrimSpace(name.text) == "" {
				c.add("blank author")
			}
		}
	}
}

func (c *checker) atomEntry(e *node, ids map[string]bool) {
	c.atomHead(e)
	id := e.all(atomNS, "id")[0].text
	if ids[id] || !uuidPattern.MatchString(id) {
		c.add("id %q is repeated or no UUID", id)
	}
	ids[id] = true
	c.count(e, atomNS, "author", 1, 1000)
	for _, p := range c.count(e, atomNS, "published", 0, 1) {
		c.date("published", "2006-01-02T15:04:05Z", p.text)
	}
	for _, s := range c.count(e, atomNS, "summary", 0, 1) {
		c.atomText(s)
	}
	content := c.count(e, atomNS, "content", 0, 1)
	for _, s := range content {
		c.atomText(s)
	}
	alternates := 0
	for _, l := range e.all(atomNS, "link") {
		if l.attrs["rel"] == "alternate" {
			alternates++
		}
	}
	if len(content) == 0 && alternates == 0 {
		c.add("entry %s has neither content nor page", id)
	}
	for _, t := range e.all(atomNS, "category") {
		if strings.TrimSpace(t.attrs["term"]) == "" {
			c.add("category without term")
		}
	}
	if lang, ok := e.attrs["lang"]; ok && !langPattern.MatchString(lang) {
		c.add("language %q", lang)
	}
	for _, t := range e.all(mediaNS, "thumbnail") {
		c.web("thumbnail", t.attrs["url"])
	}
	for _, s := range c.count(e, atomNS, "source", 0, 1) {
		c.atomHead(s)
	}
}

// checkRSS returns what breaks RSS 2.0 in a document.
func checkRSS(doc []byte) error {
	root, err := parseXML(doc)
	if err != nil {
		return err
	}
	c := &checker{}
	c.characters(root)
	if root.name.Local != "rss" || root.attrs["version"] != "2.0" {
		c.add("root is %v %v", root.name, root.attrs)
	}
	for _, ch := range c.count(root, "", "channel", 1, 1) {
		for _, name := range []string{"title", "description"} {
			for _, n := range c.count(ch, "", name, 1, 1) {
				if strings.TrimSpace(n.text) == "" {
					c.add("blank %s", name)
				}
			}
		}
		for _, n := range c.count(ch, "", "link", 1, 1) {
			c.web("channel link", n.text)
		}
		for _, n := range c.count(ch, "", "lastBuildDate", 1, 1) {
			c.date("lastBuildDate", "Mon, 02 Jan 2006 15:04:05 +0000", n.text)
		}
		self := 0
		for _, n := range ch.all(atomNS, "link") {
			c.web("atom:link", n.attrs["href"])
			if n.attrs["rel"] == "self" {
				self++
			}
		}
		if self != 1 {
			c.add("%d self links", self)
		}
		ids := map[string]bool{}
		items := false
		for _, n := range ch.children {
			if n.name.Local == "item" {
				items = true
				c.rssItem(n, ids)
			} else if items {
				c.add("%s after items", n.name.Local)
			}
		}
	}
	return errors.Join(c.problems...)
}

func (c *checker) rssItem(n *node, ids map[string]bool) {
	for _, t := range c.count(n, "", "title", 0, 1) {
		if strings.TrimSpace(t.text) == "" {
			c.add("blank title")
		}
	}
	for _, l := range c.count(n, "", "link", 0, 1) {
		c.web("link", l.text)
	}
	for _, g := range c.count(n, "", "guid", 1, 1) {
		if g.attrs["isPermaLink"] != "false" || !uuidPattern.MatchString(g.text) || ids[g.text] {
			c.add("guid %q %v", g.text, g.attrs)
		}
		ids[g.text] = true
	}
	for _, p := range c.count(n, "", "pubDate", 1, 1) {
		c.date("pubDate", "Mon, 02 Jan 2006 15:04:05 +0000", p.text)
	}
	c.count(n, "", "description", 1, 1)
	c.count(n, encNS, "encoded", 0, 1)
	c.count(n, dcNS, "creator", 1, 1000)
	if len(n.all("", "author"))+len(n.all(dcNS, "date"))+len(n.all(dcNS, "subject")) > 0 {
		c.add("two elements say the same")
	}
	for _, l := range c.count(n, dcNS, "language", 0, 1) {
		if !langPattern.MatchString(l.text) {
			c.add("language %q", l.text)
		}
	}
	for _, g := range n.all("", "category") {
		if strings.TrimSpace(g.text) == "" {
			c.add("blank category")
		}
	}
	for _, e := range c.count(n, "", "enclosure", 0, 1) {
		c.web("enclosure", e.attrs["url"])
		c.mime("enclosure", e.attrs["type"])
		if v, err := strconv.ParseInt(e.attrs["length"], 10, 64); err != nil || v < 0 {
			c.add("enclosure length %q", e.attrs["length"])
		}
	}
	for _, m := range n.all(mediaNS, "content") {
		c.web("media:content", m.attrs["url"])
		if s, ok := m.attrs["fileSize"]; ok {
			if v, err := strconv.ParseInt(s, 10, 64); err != nil || v <= 0 {
				c.add("fileSize %q", s)
			}
		}
	}
	for _, m := range n.all(mediaNS, "thumbnail") {
		c.web("media:thumbnail", m.attrs["url"])
	}
	for _, s := range c.count(n, "", "source", 0, 1) {
		c.web("source", s.attrs["url"])
	}
}

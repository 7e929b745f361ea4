package parse

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/mmcdole/gofeed/atom"
	"github.com/mmcdole/gofeed/rss"

	"github.com/copytaster/copytaster/feeds"
)

// Document is a fetched feed document.
type Document struct {
	Body []byte
	// ContentType is the HTTP header of that name, or "". Only its charset
	// counts; what the document is, it says itself.
	ContentType string
	// URL is where the document came from after redirects. Relative links are
	// resolved against it, without its query. It may be "" or no web address:
	// then relative links are dropped.
	URL string
	// Language overrides what the document says, a BCP 47 tag or "".
	Language string
	// Now is the time of reading: dates more than two days later are not
	// believed. The zero time sets no such bound.
	Now time.Time
}

// Result is what a document says.
type Result struct {
	// Title is plain text on one line.
	Title string
	// Site is the page that the feed belongs to, absolute, or "".
	Site string
	// Language is a BCP 47 tag or "".
	Language string
	// Repairs names what had to be put right before the document could be
	// read, each once, in a fixed order: "charset", "illegal-characters",
	// "junk-before", "junk-after", "root", "namespace", "stray-markup",
	// "attributes", "mismatched-tags", "channels", "truncated", "json-syntax",
	// "unreadable-items". It is empty for a sound document.
	Repairs []string
	// Items are in document order.
	Items []Item
}

// Item is one item of a document.
type Item struct {
	// Fingerprint is of the item's raw bytes and all that it inherits from
	// the document. Whenever the same fingerprint comes again, so does the
	// same article. It is 0 when the document is too irregular to tell.
	Fingerprint uint64
	// Article is nil when the item is known.
	Article *feeds.Article
}

// Parse reads a document. known reports whether an item with this fingerprint
// is known already and need not be read; nil means that nothing is. The
// articles of the other items are the same as if everything were read.
//
// ID, Seen and Feed of the articles are left empty. At most 20,000 items are
// read, the first ones.
//
// Errors wrap ErrNotFeed, ErrMalformed or ErrLimit.
func Parse(doc Document, known func(fingerprint uint64) bool) (*Result, error) {
	if known == nil {
		known = func(uint64) bool { return false }
	}
	body, done, err := toUTF8(doc.Body, doc.ContentType)
	if err != nil {
		return nil, err
	}
	if b := bytes.TrimLeft(body, " \t\r\n\x00\ufeff"); len(b) > 0 && (b[0] == '{' || b[0] == '[') {
		return parseJSON(b, doc, known, done)
	}
	if legal := legalXML(body); len(legal) != len(body) {
		body, done = legal, done|repairIllegal
	}
	root := findRoot(body)
	if root.kind == 0 {
		if body, root = wrap(body, root); root.kind == 0 {
			return nil, identify(doc, body, root.first)
		}
		done |= repairRoot
	}
	if root.junk {
		done |= repairBefore
	}
	return parseXML(body[root.at:], root.kind, doc, known, done)
}

// parseXML reads a document that begins with its root element: as it is, and
// only if that fails as repaired. done is what was repaired so far.
func parseXML(body []byte, k kind, doc Document, known func(uint64) bool, done repairs) (*Result, error) {
	o, err := newOutline(body, k, documentBase(doc.URL))
	if err == nil && o.broken == 0 {
		var res *Result
		if res, err = o.parse(doc, known); err == nil {
			res.Repairs = (done | o.done).names()
			return res, nil
		}
	}
	if errors.Is(err, ErrLimit) || errors.Is(err, ErrNotFeed) {
		return nil, err
	}
	res, repaired, rerr := parseRepaired(body, k, doc, known)
	switch {
	case res != nil:
		res.Repairs = (done | repaired).names()
		return res, nil
	case err == nil:
		// The parser is lenient about tags that do not match: what it makes
		// of them is better than nothing.
		if res, err = o.parse(doc, known); err == nil {
			res.Repairs = (done | o.done | o.broken).names()
		}
		return res, err
	case errors.Is(rerr, ErrLimit):
		return nil, rerr
	}
	return nil, err
}

// parseRepaired reads a document after repairing its markup. What is said of
// fingerprints holds as if the repaired document had been fetched.
func parseRepaired(body []byte, k kind, doc Document, known func(uint64) bool) (*Result, repairs, error) {
	fixed, done, err := repairXML(body, k)
	if fixed == nil {
		return nil, 0, err
	}
	o, err := newOutline(fixed, k, documentBase(doc.URL))
	if err != nil {
		return nil, 0, err
	}
	res, err := o.parse(doc, known)
	return res, done | o.done, err
}

// parse reads the outlined document, all but what is known.
func (o *outline) parse(doc Document, known func(uint64) bool) (*Result, error) {
	if o.uncertain && !o.overflow.empty() {
		return nil, refused("more than %d items between mismatched tags", maxItems)
	}
	res := &Result{Items: make([]Item, len(o.items))}
	skip := make([]bool, len(o.items))
	unknown := len(o.items)
	if !o.uncertain {
		context := o.contextHash(doc)
		for i, it := range o.items {
			fp := fingerprint(context, o.doc[it.span.lo:it.span.hi])
			res.Items[i].Fingerprint = fp
			if known(fp) {
				skip[i] = true
				unknown--
			}
		}
	}
	articles, err := o.read(doc, res, skip)
	if err == nil && len(articles) != unknown && !o.uncertain {
		// gofeed counts the items otherwise: nothing can be said about which
		// is which. All are read, and none is recognised next time.
		o.uncertain = true
		articles, err = o.read(doc, res, nil)
	}
	switch {
	case err != nil:
		return nil, err
	case len(articles) == 0 && unknown > 0:
		return nil, fmt.Errorf("%w: none of its %d items can be read", ErrMalformed, len(o.items))
	case o.uncertain:
		res.Items = make([]Item, len(articles))
		skip = make([]bool, len(articles))
	}
	for i := range res.Items {
		if !skip[i] {
			res.Items[i].Article, articles = articles[0], articles[1:]
		}
	}
	return res, nil
}

// read has gofeed read the document without the skipped items, fills in what
// res says of the feed, and returns the articles in order.
func (o *outline) read(doc Document, res *Result, skip []bool) (articles []*feeds.Article, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: reading it failed: %v", ErrMalformed, p)
		}
	}()
	var rest []*rawItem
	for i := range o.items {
		if skip == nil || !skip[i] {
			rest = append(rest, &o.items[i])
		}
	}
	r := &reader{outline: o, doc: doc, language: bcp47(doc.Language)}
	xml := bytes.NewReader(o.without(skip))
	if o.kind == kindAtom {
		f, err := (&atom.Parser{}).Parse(xml)
		if err != nil {
			return nil, unread(err)
		}
		r.atomFeed(f, res)
		return r.entries(f.Entries, rest), nil
	}
	f, err := (&rss.Parser{}).Parse(xml)
	if err != nil {
		return nil, unread(err)
	}
	r.rssFeed(f, res)
	return r.rssItems(f.Items, rest), nil
}

// unread wraps an error of gofeed's, which may quote the document at length.
func unread(err error) error {
	return fmt.Errorf("%w: %s", ErrMalformed, clip(err.Error(), 200))
}

// reader turns what gofeed read into articles.
type reader struct {
	*outline
	doc Document
	// language is the configured one; inherited that of the feed.
	language, inherited string
	// authors are those of an Atom feed, for entries without.
	authors []string
}

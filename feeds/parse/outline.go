package parse

import (
	"bytes"
	"net/url"
)

// Limits on what a document may hold. Real feeds stay far below: among 4,653
// samples the deepest nested 28 elements and the richest declared 58
// namespaces. Each limit bounds something that gofeed does per element,
// recursively or in quadratic time.
const (
	maxDepth      = 1000
	maxNamespaces = 64 // declarations in one tag
	maxAttrs      = 1000
	maxAttrsInAll = 1_000_000
	maxElements   = 500_000
	// maxScope bounds the sum, over all elements, of the namespaces in scope:
	// gofeed copies them for each element.
	maxScope = 5_000_000
	// maxBroken bounds the sum, over all CDATA sections, of the bytes between
	// the beginning of their element and them: gofeed joins text again at
	// each of them.
	maxBroken   = 1 << 30
	maxComments = 500_000 // comments, instructions and declarations
	// maxItems is how many items of a document are read; those after it are
	// left out. Feeds put the newest first.
	maxItems = 20_000
)

// Namespaces that hold the elements of the formats themselves.
const (
	nsAtom10  = "http://www.w3.org/2005/Atom"
	nsAtom03  = "http://purl.org/atom/ns#"
	nsRDF     = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
	nsRSS10   = "http://purl.org/rss/1.0/"
	nsRSS090  = "http://my.netscape.com/rdf/simple/0.9/"
	nsRSS090b = "http://channel.netscape.com/rdf/simple/0.9/"
)

// outline is what one pass over an XML document finds.
type outline struct {
	kind kind
	// doc is the document from its root element on, to the end of it.
	doc []byte
	// head are the start tags of root and channel, and the feed-level
	// elements that items take something from.
	head []span
	// base and lang are what xml:base and xml:lang say above the items.
	base *url.URL
	lang string
	// items are the first maxItems items in document order; overflow holds
	// all further ones.
	items    []rawItem
	overflow span
	// edits make the document fit for gofeed. dates are edits as well: they
	// keep dates from it, which it tries a hundred layouts on, to no use here.
	edits, dates []edit
	// uncertain: tags are mismatched or items stand where their order is not
	// gofeed's. Nothing must be cut out.
	uncertain bool
	// done is what the outline repairs by itself, broken what it sees wrong
	// with the markup although it can be read on.
	done, broken repairs
}

// rawItem is one item as it stands in the document.
type rawItem struct {
	span span
	tag  span // its start tag
	// id is the content of guid or id, about the value of rdf:about.
	id, about span
	lang      span
	base      span
	// published and updated are dates that gofeed is not to see.
	published, updated span
	parts              [partCount]part
}

// part is what an item's text child says of itself and gofeed does not tell.
type part struct {
	base span
	form form
}

// The text children of items whose form or base matters.
const (
	partTitle = iota
	partSummary
	partContent
	partLink
	partCount
)

// form is how a text is written.
type form uint8

const (
	formText form = iota
	formHTML
	formXHTML
	formOther
)

// edit replaces a stretch of the document.
type edit struct {
	span span
	text string
}

// element is an open element.
type element struct {
	name  span
	start int // of its content
	scope int // namespaces in scope, those of the root not counted
	role  role
	// bindings are the tag's namespace declarations; root, channel and items
	// have theirs noted, and so have items' children of interest.
	bindings []binding
}

// binding is a namespace declaration.
type binding struct {
	prefix, uri string
	attr        attr // where the document says so
}

type role uint8

const (
	roleOther role = iota
	roleRoot
	roleChannel
	roleItem
	roleOverflow  // an item beyond maxItems
	roleID        // an item's id
	rolePublished // an item's date
	roleUpdated   // an item's date of change
	roleFeedDate  // a date of the feed
	roleInherit   // a feed-level element that items take something from
)

// outliner builds an outline.
type outliner struct {
	tokenizer
	*outline
	stack []element
	// namespaces are those that the root declares, used which of them
	// elements are in.
	namespaces []binding
	used       []bool
	elements   int
	attrCount  int
	scope      int
	cdata      int // what CDATA sections have cost so far
	comments   int
	channels   int
	foreign    int // items of another vocabulary
	atRoot     int // items beside a channel
	inside     int // items in a channel
}

// newOutline walks over the document from its root element on. base is the
// document's address.
func newOutline(doc []byte, k kind, base *url.URL) (*outline, error) {
	o := &outliner{tokenizer: tokenizer{doc: doc}, outline: &outline{kind: k, doc: doc, base: base}}
	for {
		t, ok, err := o.next()
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, o.truncated()
		}
		switch t.kind {
		case startTag:
			if err := o.open(t); err != nil {
				return nil, err
			}
		case endTag:
			o.close(t)
		default:
			if err := o.breakText(t); err != nil {
				return nil, err
			}
		}
		if len(o.stack) == 0 {
			break
		}
	}
	o.outline.doc = doc[:o.pos]
	o.after(doc[o.pos:])
	if k != kindAtom && o.channels == 0 && len(o.items) == 0 {
		if k == kindRDF {
			return nil, notFeed("an RDF document without a channel")
		}
		return nil, malformed(doc, 0, "an RSS document without a channel")
	}
	if len(o.items) == 0 && lastTag(o.outline.doc, itemName(k)) >= 0 {
		o.broken |= repairTags // items where none belong
	}
	if o.channels > 1 {
		o.broken |= repairChannels
	}
	if o.channels > 1 || o.atRoot > 0 && o.inside > 0 {
		o.uncertain = true
	}
	if err := o.prune(); err != nil {
		return nil, err
	}
	if len(o.items) == 0 && o.foreign > 0 {
		return nil, malformed(doc, 0, "all of its %d items are in a foreign namespace", o.foreign)
	}
	return o.outline, nil
}

// after looks at what follows the root element.
func (o *outliner) after(rest []byte) {
	rest = bytes.TrimSpace(rest)
	if len(rest) == 0 {
		return
	}
	if lastTag(rest, itemName(o.kind)) >= 0 {
		o.broken |= repairTags // the root ended too early, or this is another document
	}
	if !bytes.HasPrefix(rest, []byte("<!--")) && !bytes.HasPrefix(rest, []byte("<?")) {
		o.done |= repairAfter
	}
}

func (o *outliner) open(t token) error {
	if o.elements++; o.elements > maxElements {
		return refused("more than %d elements", maxElements)
	}
	if len(o.stack) == maxDepth {
		return refused("elements nested deeper than %d", maxDepth)
	}
	e := element{name: t.name, start: t.span.hi}
	var parent *element
	if len(o.stack) > 0 {
		parent = &o.stack[len(o.stack)-1]
		e.scope = parent.scope
	}
	declared := 0
	for _, a := range o.attrs {
		if bytes.HasPrefix(o.text(a.name), []byte("xmlns")) {
			declared++
		}
	}
	if declared > maxNamespaces {
		return refused("a tag with more than %d namespace declarations", maxNamespaces)
	}
	if parent != nil {
		e.scope += declared
	}
	if o.scope += e.scope; o.scope > maxScope {
		return refused("too many elements within too many namespaces")
	}
	if o.attrCount += len(o.attrs); o.attrCount > maxAttrsInAll {
		return refused("more than %d attributes", maxAttrsInAll)
	}
	o.classify(&e, parent, t)
	o.use(t.name)
	if len(o.attrs) > 0 {
		o.editAttrs(&e)
	}
	if t.selfClosing {
		o.finish(&e, t.span.hi, t.span.hi)
		return nil
	}
	o.stack = append(o.stack, e)
	return nil
}

// use notes that an element is in one of the root's namespaces.
func (o *outliner) use(name span) {
	prefix, _ := o.split(name)
	if len(prefix) == 0 {
		return
	}
	for i, b := range o.namespaces {
		if b.prefix == string(prefix) {
			o.used[i] = true
		}
	}
}

// prune takes the root's declarations of namespaces that no element is in out
// of what gofeed sees: most feeds declare many, and gofeed copies them for
// each element.
func (o *outliner) prune() error {
	inScope := 0
	for i, b := range o.namespaces {
		if o.used[i] || b.prefix == "" {
			inScope++
			continue
		}
		end := b.attr.value.hi
		if end < len(o.outline.doc) && (o.outline.doc[end] == '"' || o.outline.doc[end] == '\'') {
			end++
		}
		o.edits = append(o.edits, edit{span: span{b.attr.name.lo, end}})
	}
	if o.scope+inScope*o.elements > maxScope {
		return refused("too many elements within too many namespaces")
	}
	return nil
}

// classify finds out what the element is for.
func (o *outliner) classify(e, parent *element, t token) {
	_, local := o.split(t.name)
	switch {
	case parent == nil:
		e.role = roleRoot
		o.root(e, t)
	case parent.role == roleRoot && o.kind != kindAtom && equalFold(local, "channel"):
		e.role = roleChannel
		o.channels++
		o.channel(e, t)
	case parent.role == roleRoot || parent.role == roleChannel:
		switch {
		case equalFold(local, itemName(o.kind)):
			o.item(e, parent, t)
		case equalFold(local, "language"), o.kind == kindAtom && equalFold(local, "author"):
			e.role = roleInherit
		case o.kind != kindAtom && (equalFold(local, "pubdate") || equalFold(local, "lastbuilddate")):
			e.role = roleFeedDate
		}
	case parent.role == roleItem:
		o.child(e, local)
	}
}

// close ends an element, and with it those inside that were left open: all of
// them, the root too, if none has the name. So does encoding/xml.
func (o *outliner) close(t token) {
	name := o.text(t.name)
	_, local := o.split(t.name)
	for n := len(o.stack); n > 0; n = len(o.stack) {
		e := o.stack[n-1]
		o.stack = o.stack[:n-1]
		if bytes.Equal(o.text(e.name), name) {
			o.finish(&e, t.span.lo, t.span.hi)
			return
		}
		o.uncertain = true
		o.broken |= repairTags
		_, open := o.split(e.name)
		if bytes.Equal(open, local) {
			o.finish(&e, t.span.lo, t.span.hi)
			return
		}
		o.finish(&e, t.span.lo, t.span.lo)
	}
}

// finish notes where an element ended: its content at inner, itself at end.
func (o *outliner) finish(e *element, inner, end int) {
	switch e.role {
	case roleItem:
		o.items[len(o.items)-1].span.hi = end
	case roleOverflow:
		o.overflow.hi = end
	case roleID:
		o.items[len(o.items)-1].id = span{e.start, inner}
	case rolePublished:
		o.items[len(o.items)-1].published = span{e.start, inner}
	case roleUpdated:
		o.items[len(o.items)-1].updated = span{e.start, inner}
	case roleInherit:
		o.head = append(o.head, span{e.name.lo - 1, end})
	}
	switch e.role {
	case rolePublished, roleUpdated, roleFeedDate:
		if e.start < inner {
			o.dates = append(o.dates, edit{span: span{e.start, inner}})
		}
	}
}

// breakText leaves comments and instructions out of what gofeed sees: it takes
// them for text, or for a change of charset. It counts what CDATA costs gofeed.
func (o *outliner) breakText(t token) error {
	if t.kind != cdata {
		if o.comments++; o.comments > maxComments {
			return refused("more than %d comments", maxComments)
		}
		o.edits = append(o.edits, edit{span: t.span})
		return nil
	}
	switch e := &o.stack[len(o.stack)-1]; e.role {
	case roleRoot, roleChannel, roleItem:
	default:
		if o.cdata += t.span.lo - e.start; o.cdata > maxBroken {
			return refused("text in too many CDATA sections")
		}
	}
	return nil
}

func (o *outliner) text(s span) []byte { return o.tokenizer.doc[s.lo:s.hi] }

// split returns the prefix and the local part of a name.
func (o *outliner) split(name span) (prefix, local []byte) {
	b := o.text(name)
	if i := bytes.IndexByte(b, ':'); i > 0 && i < len(b)-1 {
		return b[:i], b[i+1:]
	}
	return nil, b
}

func equalFold(b []byte, s string) bool {
	return len(b) == len(s) && bytes.EqualFold(b, []byte(s))
}

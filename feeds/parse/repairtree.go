package parse

import (
	"bytes"
	"slices"
	"strings"

	html "golang.org/x/net/html/atom"
)

// isItem reports whether an element of this name is an item where items may
// stand.
func (r *repairer) isItem(name string) bool {
	prefix, local := cutPrefix(name)
	root, _ := cutPrefix(r.open[0].name)
	return strings.EqualFold(local, itemName(r.kind)) && (prefix == "" || prefix == root)
}

// atItems reports whether items may stand where the repairer is.
func (r *repairer) atItems() bool {
	switch len(r.open) {
	case 1:
		return true
	case 2:
		return r.isChannel(r.open[1].name)
	}
	return false
}

func (r *repairer) isChannel(name string) bool {
	_, local := cutPrefix(name)
	return r.kind != kindAtom && strings.EqualFold(local, "channel")
}

// makeRoom closes the elements that an element of this name cannot stand in.
// skip says that the tag is to be left out, dropped that the element is.
func (r *repairer) makeRoom(name string) (skip, dropped bool) {
	switch {
	case strings.EqualFold(name, r.open[0].name) && r.item == 0:
		r.done |= repairTags
		return true, false
	case r.isChannel(name) && r.item == 0 && len(r.open) <= 2:
		if len(r.open) == 2 && r.isChannel(r.open[1].name) {
			r.done |= repairTags
			return true, false
		}
		if r.channels++; r.channels > 1 && len(r.open) == 1 && !r.channelEnd.empty() {
			// Go on with the channel before, as if it had not ended.
			r.done |= repairChannels
			at := r.channelEnd.lo
			r.out = append(r.out[:at], r.out[r.channelEnd.hi:]...)
			r.open = append(r.open, openTag{name: r.channel, at: at})
			return true, false
		}
	case r.isItem(name):
		depth := 1
		if len(r.open) > 1 && r.isChannel(r.open[1].name) {
			depth = 2
		}
		if len(r.open) > depth {
			r.done |= repairTags
			r.closeTo(depth)
		}
	case len(r.open) > r.holder()+1:
		child := r.holder() + 1
		if top := len(r.open) - 1; top > child && strings.EqualFold(r.open[top].name, name) && endsItself(name) {
			r.done |= repairTags
			r.closeTo(top)
		}
		if beside(r.open[child].name, name, len(r.open) == child+1) {
			r.done |= repairTags
			r.closeTo(child)
		}
	case r.item == 0 && len(r.open) == 2 && r.isChannel(r.open[1].name):
		dropped = r.channels > 1
	}
	return false, dropped
}

// meantAsEnd reports whether a start tag is an end tag without its slash, as in
// <title>text<title>. after is what follows it.
func (r *repairer) meantAsEnd(name string, attrs, after []byte) bool {
	top := len(r.open) - 1
	if top != r.holder()+1 || len(attrs) > 0 || r.open[top].name != name {
		return false
	}
	_, local := cutPrefix(strings.ToLower(name))
	next := skipSpace(after, 0)
	return !containers[local] && r.out[len(r.out)-1] != '>' && next < len(after) && after[next] == '<'
}

// holder returns the index in open of the item, channel or feed that what comes
// next describes.
func (r *repairer) holder() int {
	if r.item == 0 && len(r.open) > 1 && r.isChannel(r.open[1].name) {
		return 1
	}
	return r.item
}

// containers are the children of items and channels that have a title, a link
// or the like of their own.
var containers = map[string]bool{"image": true, "textinput": true, "source": true, "author": true, "contributor": true, "group": true}

// beside reports whether an element can only stand beside a child of the
// holder, not within it. near says that nothing is open between the two.
func beside(child, name string, near bool) bool {
	prefix, local := cutPrefix(strings.ToLower(name))
	_, in := cutPrefix(strings.ToLower(child))
	if containers[in] {
		return false
	}
	switch prefix {
	case "":
		switch local {
		case "guid", "pubdate", "description", "category", "link", "enclosure", "comments", "id", "updated", "published":
			return true
		case "title", "author", "summary", "content":
			return near
		}
	case "dc", "dcterms", "content", "slash", "wfw", "feedburner":
		return true
	}
	return false
}

// endsItself reports whether HTML takes the start of such an element for the
// end of another one that is open.
func endsItself(name string) bool {
	switch html.Lookup([]byte(strings.ToLower(name))) {
	case html.P, html.Li, html.Dt, html.Dd, html.Tr, html.Td, html.Th, html.Option:
		return true
	}
	return false
}

// voidElement reports whether an element is one of HTML's without content.
func voidElement(name string) bool {
	switch html.Lookup([]byte(strings.ToLower(name))) {
	case html.Br, html.Hr, html.Img, html.Input, html.Meta, html.Wbr, html.Area, html.Base, html.Col, html.Embed, html.Param:
		return true
	}
	return false
}

// find returns which open element an end tag of this name ends, or -1. What
// stands in an item does not end anything outside, unless it is the channel.
func (r *repairer) find(name string) int {
	_, local := cutPrefix(name)
	lowest := 0
	if r.item > 0 && !r.isItem(name) && !r.isChannel(name) && !strings.EqualFold(name, r.open[0].name) {
		lowest = r.item + 1
	}
	for i := len(r.open) - 1; i >= lowest; i-- {
		if o := r.open[i].name; len(o) == len(name) && strings.EqualFold(o, name) {
			return i
		}
	}
	if top := len(r.open) - 1; top > lowest {
		if _, l := cutPrefix(r.open[top].name); strings.EqualFold(l, local) {
			return top
		}
	}
	return -1
}

// closeTo closes open elements until depth are left. What looked like a tag
// inside of a text but is none of HTML's, and never ended, was text.
func (r *repairer) closeTo(depth int) {
	var texts []int // offsets in out, the largest first
	inText := false
	if child := r.holder() + 1; child < len(r.open) {
		_, in := cutPrefix(strings.ToLower(r.open[child].name))
		inText = !containers[in]
	}
	lt := "&lt;"
	if r.inHTML() {
		lt = "&amp;lt;"
	}
	for i := len(r.open) - 1; i >= depth; i-- {
		e := r.open[i]
		r.open = r.open[:i]
		switch {
		case e.dropped:
			r.out = r.out[:e.at]
			continue
		case inText && i > depth && i > r.holder()+1 && !strings.Contains(e.name, ":") && html.Lookup([]byte(strings.ToLower(e.name))) == 0:
			texts = append(texts, e.at)
			continue
		case len(texts) > 0 && i <= r.holder()+1:
			r.unmark(texts, lt)
			texts = nil
		}
		at := len(r.out)
		r.out = append(append(append(r.out, "</"...), e.name...), '>')
		if i == r.item && i > 0 {
			r.item = 0
			r.complete++
		}
		if i == 1 && r.isChannel(e.name) {
			r.channelEnd, r.channel = span{at, len(r.out)}, e.name
		}
	}
	if len(texts) > 0 {
		r.unmark(texts, lt)
	}
}

// unmark puts lt in the place of the < at these offsets in out, the largest
// first.
func (r *repairer) unmark(texts []int, lt string) {
	r.done |= repairMarkup
	from := texts[len(texts)-1]
	tail := bytes.Clone(r.out[from:])
	r.out = r.out[:from]
	at := 0
	for _, t := range slices.Backward(texts) {
		r.out = append(append(r.out, tail[at:t-from]...), lt...)
		at = t - from + 1
	}
	r.out = append(r.out, tail[at:]...)
}

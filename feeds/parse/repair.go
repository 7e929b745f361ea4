package parse

import (
	"bytes"
	"strings"
)

// repairer rewrites the XML of a feed that no parser accepts into XML that is
// well-formed, guided by what feeds look like: an item does not stand in an
// item, a link not in a guid, and HTML that was not escaped is HTML.
//
// Every loop over the document either moves on or has its failure noted, so
// that the work is proportional to the document's size and the depth limit.
type repairer struct {
	doc  []byte
	kind kind
	out  []byte
	open []openTag
	done repairs
	// item is the index in open of the item that is open, or 0.
	item     int
	before   repairs // what was done before that item
	complete int     // items that ended
	channels int
	// channelEnd is where the end tag of the last channel stands in out, and
	// channel is its name.
	channelEnd span
	channel    string
	// lastItem is where the last item of the document begins, or -1.
	lastItem int
	// noComment, noInstruction, noSection: no further one has an end.
	noComment, noInstruction, noSection bool
}

// maxRepairDepth is how deep broken markup may be nested: each end tag may have
// to be compared with all that is open.
const maxRepairDepth = 200

// openTag is an element that is open in what the repairer wrote.
type openTag struct {
	name string
	at   int // of its start tag in out
	// dropped: the element is left out, with all that is in it.
	dropped bool
	// cdata: it holds a CDATA section.
	cdata bool
}

// repairXML returns a document, which begins with its root element, as
// well-formed XML, and what had to be done to it. A document that ends too
// early keeps its whole items. It returns nil when nothing can be saved.
func repairXML(doc []byte, k kind) ([]byte, repairs, error) {
	r := &repairer{doc: doc, kind: k, out: make([]byte, 0, len(doc)+len(doc)/16), lastItem: lastTag(doc, itemName(k))}
	pos := 0
	for pos < len(doc) {
		lt := bytes.IndexByte(doc[pos:], '<')
		if lt < 0 {
			r.text(doc[pos:])
			break
		}
		r.text(doc[pos : pos+lt])
		next, err := r.markup(pos + lt)
		if err != nil {
			return nil, 0, err
		}
		pos = next
		if len(r.open) == 0 {
			break
		}
	}
	if len(r.open) > 0 {
		if r.item > 0 {
			r.done = r.before
			r.out = r.out[:r.open[r.item].at]
			r.open = r.open[:r.item]
			r.item = 0
		}
		if r.complete == 0 {
			return nil, 0, nil
		}
		r.done |= repairTruncated
		r.closeTo(0)
	}
	if r.complete == 0 && r.lastItem >= 0 {
		return nil, 0, nil
	}
	return r.out, r.done, nil
}

// itemName returns the name of the element that holds an item.
func itemName(k kind) string {
	if k == kindAtom {
		return "entry"
	}
	return "item"
}

// lastTag returns where the last start tag with this local name begins, or -1.
func lastTag(doc []byte, local string) int {
	for end := len(doc); end > 0; {
		i := bytes.LastIndexByte(doc[:end], '<')
		if i < 0 {
			break
		}
		n := nameEnd(doc[:min(len(doc), i+64)], i+1)
		_, l := cutPrefix(string(doc[i+1 : n]))
		if strings.EqualFold(l, local) {
			return i
		}
		end = i
	}
	return -1
}

func cutPrefix(name string) (prefix, local string) {
	if i := strings.IndexByte(name, ':'); i >= 0 {
		return name[:i], name[i+1:]
	}
	return "", name
}

// text copies character data.
func (r *repairer) text(b []byte) {
	if len(r.open) == 0 || len(b) == 0 {
		return
	}
	mark, end := []byte("]]>"), "]]&gt;"
	if r.open[len(r.open)-1].cdata {
		end = " " // what is left of a CDATA section within another
	}
	if n := len(r.out); r.out[n-1] == ']' && (b[0] == '>' || bytes.HasPrefix(b, []byte("]>"))) {
		// What was left out in between must not make one.
		gt := bytes.IndexByte(b, '>')
		r.out = append(append(r.out, b[:gt]...), "&gt;"...)
		b = b[gt+1:]
	}
	for {
		i := bytes.Index(b, mark)
		if i < 0 {
			break
		}
		r.done |= repairMarkup
		r.out = append(append(r.out, b[:i]...), end...)
		b = b[i+len(mark):]
	}
	r.out = append(r.out, b...)
}

// stray takes the < at pos for text.
func (r *repairer) stray(pos int) int {
	r.done |= repairMarkup
	if pos+1 < len(r.doc) && letter(r.doc[pos+1]) && r.inHTML() {
		r.out = append(r.out, "&amp;lt;"...)
	} else {
		r.out = append(r.out, "&lt;"...)
	}
	return pos + 1
}

// inHTML reports whether text is read as HTML where the repairer is, so that
// what looks like a tag must be escaped twice to stay text.
func (r *repairer) inHTML() bool {
	child := r.holder() + 1
	if r.kind == kindAtom || child >= len(r.open) {
		return false
	}
	_, local := cutPrefix(strings.ToLower(r.open[child].name))
	return local == "title" || local == "description" || local == "encoded"
}

// markup handles what begins with the < at pos and returns where it ends.
func (r *repairer) markup(pos int) (int, error) {
	rest := r.doc[pos:]
	switch {
	case len(rest) < 40 && !bytes.ContainsAny(rest[1:], "<>"):
		return len(r.doc), nil // cut off
	case bytes.HasPrefix(rest, []byte("<!--")):
		if !r.noComment {
			if end := bytes.Index(rest[4:], []byte("-->")); end >= 0 {
				if bytes.Contains(rest[4:4+end], []byte("--")) {
					r.done |= repairMarkup
				}
				return pos + 4 + end + 3, nil
			}
			r.noComment = true
		}
		r.done |= repairMarkup
		return pos + 4, nil
	case bytes.HasPrefix(rest, []byte("<![CDATA[")):
		return r.section(pos, rest), nil
	case bytes.HasPrefix(rest, []byte("<?")):
		if !r.noInstruction {
			if end := bytes.Index(rest, []byte("?>")); end >= 0 {
				if nameEnd(rest, 2) == 2 {
					r.done |= repairMarkup
				}
				return pos + end + 2, nil
			}
			r.noInstruction = true
		}
		return r.stray(pos), nil
	case bytes.HasPrefix(rest, []byte("<!")):
		end := bytes.IndexAny(rest[1:], "<>")
		if end < 0 || rest[1+end] == '<' {
			return r.stray(pos), nil
		}
		r.done |= repairMarkup
		return pos + 1 + end + 1, nil
	case bytes.HasPrefix(rest, []byte("</")):
		return r.endTag(pos, rest), nil
	}
	return r.startTag(pos, rest)
}

// section copies a CDATA section. One without an end reaches to the end tag of
// the element that it stands in.
func (r *repairer) section(pos int, rest []byte) int {
	const mark = "<![CDATA["
	rest = rest[len(mark):]
	end := -1
	if !r.noSection {
		end = bytes.Index(rest, []byte("]]>"))
	}
	next := pos + len(mark) + end + 3
	top := &r.open[len(r.open)-1]
	if end < 0 {
		r.noSection = true
		if end = bytes.Index(rest, []byte("</"+top.name)); end < 0 {
			return len(r.doc)
		}
		r.done |= repairMarkup
		next = pos + len(mark) + end
	}
	top.cdata = true
	inside := rest[:end]
	r.out = append(r.out, mark...)
	if bytes.Contains(inside, []byte(mark)) {
		r.done |= repairMarkup
		inside = bytes.ReplaceAll(inside, []byte(mark), []byte{' '})
	}
	r.out = append(append(r.out, inside...), "]]>"...)
	return next
}

// startTag copies a start tag and closes what cannot hold it.
func (r *repairer) startTag(pos int, rest []byte) (int, error) {
	n := nameEnd(rest, 1)
	name := string(rest[1:n])
	if !validName(rest[1:n]) || strings.HasSuffix(name, ":") || name[0] == ':' {
		return r.stray(pos), nil
	}
	attrs, end, selfClosing, ok, err := r.attributes(rest, n)
	switch {
	case err != nil:
		return 0, err
	case !ok && !bytes.ContainsAny(rest[1:], "<>"):
		return len(r.doc), nil // cut off
	case !ok:
		return r.stray(pos), nil
	}
	next := pos + end
	dropped := false
	if len(r.open) > 0 {
		if r.meantAsEnd(name, attrs, r.doc[next:]) {
			r.done |= repairTags
			r.closeTo(len(r.open) - 1)
			return next, nil
		}
		var skip bool
		if skip, dropped = r.makeRoom(name); skip {
			return next, nil
		}
	}
	if len(r.open) == maxRepairDepth {
		return 0, refused("elements nested deeper than %d in broken markup", maxRepairDepth)
	}
	tag := openTag{name: name, at: len(r.out), dropped: dropped}
	r.out = append(append(append(r.out, '<'), name...), attrs...)
	if r.item == 0 {
		r.before = r.done
	}
	item := r.item == 0 && r.atItems() && r.isItem(name)
	if selfClosing || len(r.open) > r.holder()+1 && voidElement(name) {
		if !selfClosing {
			r.done |= repairTags
		}
		r.out = append(r.out, "/>"...)
		if item {
			r.complete++
		}
		if dropped {
			r.out = r.out[:tag.at]
		}
		return next, nil
	}
	r.out = append(r.out, '>')
	if item {
		r.item = len(r.open)
	}
	r.open = append(r.open, tag)
	return next, nil
}

// endTag closes the element that an end tag names, and those inside it.
func (r *repairer) endTag(pos int, rest []byte) int {
	at := skipSpace(rest, 2)
	n := nameEnd(rest, at)
	name := string(rest[at:n])
	stop := bytes.IndexAny(rest[n:], "<>")
	switch {
	case stop < 0:
		return len(r.doc) // cut off
	case !validName(rest[at:n]):
		if rest[n+stop] == '>' && stop == 0 { // </>
			r.done |= repairTags
			return pos + n + 1
		}
		return r.stray(pos)
	}
	next := pos + n + stop
	if rest[n+stop] == '>' {
		next++
	}
	if stop > 0 || at > 2 || rest[n+stop] == '<' {
		r.done |= repairTags
	}
	i := r.find(name)
	if i < 0 || i == 0 && r.lastItem >= pos {
		r.done |= repairTags
		return next
	}
	if i != len(r.open)-1 || r.open[i].name != name {
		r.done |= repairTags
	}
	r.closeTo(i)
	return next
}

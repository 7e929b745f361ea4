package parse

import (
	"bytes"
	"slices"
	"strings"
)

// root notes what the root element says, and gives it the namespace of its
// format where that is missing or misspelt: gofeed would find an empty feed.
func (o *outliner) root(e *element, t token) {
	o.head = append(o.head, t.span)
	o.inherit()
	e.bindings = o.declared()
	o.namespaces, o.used = e.bindings, make([]bool, len(e.bindings))
	prefix, _ := o.split(t.name)
	if o.kind == kindAtom {
		if !o.repair(e, string(prefix)) && len(prefix) > 0 && !o.native(string(prefix), e) {
			o.done |= repairNamespace
			o.edits = append(o.edits, edit{span{t.name.hi, t.name.hi}, ` xmlns:` + string(prefix) + `="` + nsAtom10 + `"`})
			e.bindings = append(e.bindings, binding{prefix: string(prefix), uri: nsAtom10})
		}
		return
	}
	o.repair(e, "")
}

func (o *outliner) channel(e *element, t token) {
	o.head = append(o.head, t.span)
	o.inherit()
	e.bindings = o.declared()
	o.repair(e, "")
}

// inherit notes xml:base and xml:lang of an element that holds items.
func (o *outliner) inherit() {
	for _, a := range o.attrs {
		switch string(o.text(a.name)) {
		case "xml:base":
			o.base = rebase(o.base, decodeText(o.text(a.value)))
		case "xml:lang":
			o.lang = decodeText(o.text(a.value))
		}
	}
}

// item begins an item if the element is one of the format's own.
func (o *outliner) item(e, parent *element, t token) {
	e.bindings = o.declared()
	prefix, _ := o.split(t.name)
	if root, _ := o.split(o.stack[0].name); len(prefix) == 0 || bytes.Equal(root, prefix) {
		o.repair(e, string(prefix))
	}
	if !o.native(string(prefix), e) {
		o.foreign++
		return
	}
	if parent.role == roleChannel {
		o.inside++
	} else {
		o.atRoot++
	}
	if len(o.items) == maxItems {
		e.role = roleOverflow
		if o.overflow.lo == 0 {
			o.overflow.lo = t.span.lo
		}
		return
	}
	e.role = roleItem
	it := rawItem{span: span{t.span.lo, t.span.hi}, tag: t.span}
	for _, a := range o.attrs {
		switch name := o.text(a.name); {
		case string(name) == "xml:base":
			it.base = a.value
		case string(name) == "xml:lang":
			it.lang = a.value
		case o.kind == kindRDF && (string(name) == "about" || bytes.HasSuffix(name, []byte(":about"))):
			it.about = a.value
		}
	}
	o.items = append(o.items, it)
}

// child notes an item's id, its dates and what gofeed does not tell of its texts.
func (o *outliner) child(e *element, local []byte) {
	which := -1
	switch {
	case o.kind == kindAtom && equalFold(local, "id"), o.kind != kindAtom && equalFold(local, "guid"):
		e.role = roleID
	case o.kind == kindAtom && (equalFold(local, "published") || equalFold(local, "issued")), o.kind != kindAtom && equalFold(local, "pubdate"):
		e.role = rolePublished
	case o.kind == kindAtom && (equalFold(local, "updated") || equalFold(local, "modified")):
		e.role = roleUpdated
	case equalFold(local, "title"):
		which = partTitle
	case equalFold(local, "summary"), equalFold(local, "description"):
		which = partSummary
	case equalFold(local, "content"), equalFold(local, "encoded"):
		which = partContent
	case equalFold(local, "link"):
		which = partLink
	default:
		return
	}
	prefix, _ := o.split(e.name)
	e.bindings = o.declared()
	native := o.native(string(prefix), e)
	if e.role != roleOther {
		if !native {
			e.role = roleOther
		}
		return
	}
	if !native && !equalFold(local, "encoded") || which == partLink && len(o.attrs) == 0 {
		return
	}
	p := part{}
	var kind, mode string
	for _, a := range o.attrs {
		switch string(o.text(a.name)) {
		case "xml:base":
			p.base = a.value
		case "type":
			kind = strings.ToLower(strings.TrimSpace(decodeText(o.text(a.value))))
		case "mode":
			mode = strings.ToLower(decodeText(o.text(a.value)))
		}
	}
	p.form = formOf(kind, mode)
	if which == partLink && p.base.empty() {
		return
	}
	o.items[len(o.items)-1].parts[which] = p
}

// formOf reads type and mode of an Atom text (RFC 4287, section 3.1.1; mode
// is Atom 0.3's).
func formOf(kind, mode string) form {
	switch {
	case strings.Contains(kind, "xhtml"):
		return formXHTML
	case strings.Contains(kind, "html"):
		return formHTML
	case mode == "base64":
		return formOther
	case kind == "" || kind == "text" || strings.HasPrefix(kind, "text/"):
		return formText
	}
	return formOther
}

// editAttrs notes the changes to a tag that keep gofeed from doing what this
// package does itself: resolving links against xml:base, which gofeed gets
// wrong and which destroys ids, and parsing the HTML of Atom texts, which
// hostile markup makes arbitrarily expensive.
func (o *outliner) editAttrs(e *element) {
	_, local := o.split(e.name)
	for _, a := range o.attrs {
		name := o.text(a.name)
		if string(name) == "xml:base" {
			o.edits = append(o.edits, edit{a.name, "xml-base"})
			continue
		}
		if o.kind != kindAtom || !bytes.HasSuffix(name, []byte("type")) || equalFold(local, "link") {
			continue
		}
		if string(name) != "type" && !bytes.HasSuffix(name, []byte(":type")) || a.value.empty() {
			continue
		}
		switch formOf(strings.ToLower(decodeText(o.text(a.value))), "") {
		case formHTML:
			o.edits = append(o.edits, edit{a.value, "text"})
		case formXHTML:
			o.edits = append(o.edits, edit{a.value, "xmark"})
		}
	}
}

// declared returns the namespace declarations of the current tag.
func (o *outliner) declared() []binding {
	var bs []binding
	for _, a := range o.attrs {
		name := o.text(a.name)
		if !bytes.HasPrefix(name, []byte("xmlns")) {
			continue
		}
		prefix := ""
		if len(name) > len("xmlns") {
			if name[len("xmlns")] != ':' {
				continue
			}
			prefix = string(name[len("xmlns:"):])
		}
		bs = append(bs, binding{prefix, strings.TrimSpace(decodeText(o.text(a.value))), a})
	}
	return bs
}

// repair makes the element's own declaration of prefix name the format's
// namespace if it names another, and reports whether it declares the prefix.
func (o *outliner) repair(e *element, prefix string) bool {
	found := false
	for i := range e.bindings {
		b := &e.bindings[i]
		if b.prefix != prefix {
			continue
		}
		found = true
		quote := o.tokenizer.doc[b.attr.value.lo-1]
		if nativeNamespace(o.kind, b.uri) || quote != '"' && quote != '\'' {
			continue
		}
		switch o.kind {
		case kindAtom:
			b.uri = nsAtom10
		case kindRDF:
			b.uri = nsRSS10
		default:
			b.uri = ""
		}
		o.done |= repairNamespace
		o.edits = append(o.edits, edit{b.attr.value, b.uri})
	}
	return found
}

// native reports whether an element with this prefix, innermost of those that
// are open, belongs to the format itself.
func (o *outliner) native(prefix string, e *element) bool {
	for i := len(o.stack); i >= 0; i-- {
		bs := e.bindings
		if i < len(o.stack) {
			bs = o.stack[i].bindings
		}
		for _, b := range slices.Backward(bs) {
			if b.prefix == prefix {
				return nativeNamespace(o.kind, b.uri)
			}
		}
	}
	return prefix == "" || o.kind != kindAtom && (prefix == "rss" || prefix == "rdf")
}

func nativeNamespace(k kind, uri string) bool {
	if k == kindAtom {
		return uri == "" || uri == nsAtom10 || uri == nsAtom03
	}
	switch uri {
	case "", "rss", "rdf", nsRDF, nsRSS10, nsRSS090, nsRSS090b:
		return true
	}
	return false
}

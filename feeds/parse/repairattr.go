package parse

import (
	"bytes"
	"slices"
)

// attributes reads the attributes of a start tag whose name ends at i, and
// returns them as XML. It returns ok false when the tag has no end, so that
// its < was none.
func (r *repairer) attributes(tag []byte, i int) (attrs []byte, end int, selfClosing, ok bool, err error) {
	var names [][]byte
	for count := 0; ; count++ {
		if count == maxAttrs {
			return nil, 0, false, false, refused("a tag with more than %d attributes", maxAttrs)
		}
		i = skipSpace(tag, i)
		if i >= len(tag) || tag[i] == '<' {
			return nil, 0, false, false, nil
		}
		switch {
		case tag[i] == '>':
			return attrs, i + 1, false, true, nil
		case tag[i] == '/' && i+1 < len(tag) && tag[i+1] == '>':
			return attrs, i + 2, true, true, nil
		}
		n := nameEnd(tag, i)
		if !validName(tag[i:n]) {
			if bytes.IndexByte([]byte("&|();+*"), tag[i]) >= 0 {
				return nil, 0, false, false, nil // a formula: if a<b && c>d
			}
			r.done |= repairAttributes
			i = max(i+1, n)
			continue
		}
		name := tag[i:n]
		i = n
		var value []byte
		if at := skipSpace(tag, n); at < len(tag) && tag[at] == '=' {
			if value, i = r.value(tag, skipSpace(tag, at+1), bytes.HasPrefix(name, []byte("xmlns"))); i < 0 {
				return nil, 0, false, false, nil
			}
		} else {
			r.done |= repairAttributes
		}
		if len(names) < maxNamespaces { // far more than any real tag has
			if slices.ContainsFunc(names, func(o []byte) bool { return bytes.Equal(o, name) }) {
				r.done |= repairAttributes
				continue
			}
			names = append(names, name)
		}
		attrs = append(append(append(attrs, ' '), name...), `="`...)
		for _, c := range value {
			switch c {
			case '<':
				r.done |= repairAttributes
				attrs = append(attrs, "&lt;"...)
			case '"':
				attrs = append(attrs, "&quot;"...)
			default:
				attrs = append(attrs, c)
			}
		}
		attrs = append(attrs, '"')
	}
}

// value reads the value of an attribute at i and returns it with where it
// ends, or -1 when the tag has no end. slash says that one at the end of the
// tag is the value's rather than the tag's.
func (r *repairer) value(tag []byte, i int, slash bool) ([]byte, int) {
	if i >= len(tag) {
		return nil, -1
	}
	if q := tag[i]; q == '"' || q == '\'' {
		if end := bytes.IndexByte(tag[i+1:], q); end >= 0 {
			value, after := tag[i+1:i+1+end], i+1+end+1
			// A quote that another attribute's name or text follows begins a
			// value: that of this one has no end. Nor has one that holds tags.
			if after < len(tag) && bytes.IndexByte([]byte(" \t\r\n>/?"), tag[after]) >= 0 && !bytes.Contains(value, []byte("</")) {
				return value, after
			}
			if bytes.IndexByte(value, '>') < 0 && bytes.IndexByte(value, ' ') < 0 {
				r.done |= repairAttributes // a="b"c="d"
				return value, after
			}
		}
		i++
	}
	r.done |= repairAttributes
	n := bytes.IndexAny(tag[i:], " \t\r\n><")
	switch {
	case n < 0:
		return nil, -1
	case tag[i+n] == '>' && n > 0 && tag[i+n-1] == '/' && !slash:
		n--
	}
	return bytes.TrimRight(tag[i:i+n], `"'`), i + n
}

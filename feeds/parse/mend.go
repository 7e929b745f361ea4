package parse

import (
	"bytes"
	"encoding/json"
	"slices"
)

// mended is a JSON document that was repaired.
type mended struct {
	doc  []byte
	done repairs
}

// mendJSON rewrites text that is nearly JSON: it drops comments, commas before
// a bracket and what follows the end, escapes control characters in strings,
// and lets a document that ends too early keep its whole items. doc is nil
// when nothing can be saved; it need not be valid even so.
func mendJSON(b []byte) mended {
	m := mended{doc: make([]byte, 0, len(b)+16), done: repairJSON}
	var open []byte
	whole := 0 // how much of doc is good with the brackets of an item list closed
	for i := 0; i < len(b); {
		switch c := b[i]; {
		case c == '"':
			end, ok := m.quote(b, i)
			if !ok {
				return m.cutOff(whole)
			}
			i = end
			continue
		case c == '/' && i+1 < len(b) && b[i+1] == '/':
			end := bytes.IndexByte(b[i:], '\n')
			if end < 0 {
				return m.cutOff(whole)
			}
			i += end
			continue
		case c == '/' && i+1 < len(b) && b[i+1] == '*':
			end := bytes.Index(b[i+2:], []byte("*/"))
			if end < 0 {
				return m.cutOff(whole)
			}
			i += 2 + end + 2
			continue
		case c == '{' || c == '[':
			if len(open) == 9000 { // encoding/json's own limit is 10,000
				return mended{}
			}
			open = append(open, c+2) // the closing bracket
		case c == '}' || c == ']':
			if len(open) == 0 || open[len(open)-1] != c {
				return mended{}
			}
			open = open[:len(open)-1]
			m.doc = bytes.TrimRight(m.doc, ", \t\r\n")
			m.doc = append(m.doc, c)
			if i++; len(open) == 0 {
				return m
			}
			if c == '}' && string(open) == "}]" {
				whole = len(m.doc)
			}
			continue
		case c < ' ' && c != '\n' && c != '\r' && c != '\t':
			i++
			continue
		}
		m.doc = append(m.doc, b[i])
		i++
	}
	return m.cutOff(whole)
}

// quote copies the string that begins at i and returns where it ends.
func (m *mended) quote(b []byte, i int) (end int, ok bool) {
	m.doc = append(m.doc, '"')
	for i++; i < len(b); i++ {
		switch c := b[i]; {
		case c == '"':
			m.doc = append(m.doc, '"')
			return i + 1, true
		case c == '\\' && i+1 < len(b):
			i++
			if bytes.IndexByte([]byte(`"\/bfnrtu`), b[i]) < 0 {
				m.doc = append(m.doc, '\\') // the backslash was meant
			}
			if b[i] < ' ' {
				m.doc = append(m.doc, "\\ "...)
				continue
			}
			m.doc = append(m.doc, '\\', b[i])
		case c == '\n':
			m.doc = append(m.doc, `\n`...)
		case c == '\t':
			m.doc = append(m.doc, `\t`...)
		case c < ' ':
			m.doc = append(m.doc, ' ')
		default:
			m.doc = append(m.doc, c)
		}
	}
	return 0, false
}

// cutOff ends the document after its last whole item.
func (m *mended) cutOff(whole int) mended {
	if whole == 0 {
		return mended{}
	}
	return mended{append(m.doc[:whole], "]}"...), repairTruncated}
}

// itemList returns an array of the items of a feed that has them otherwise: a
// single one, or an object that names each. It returns nil for an array, and
// when there are no items.
func itemList(items json.RawMessage) json.RawMessage {
	if len(items) == 0 || items[0] != '{' {
		return nil
	}
	var named map[string]json.RawMessage
	if json.Unmarshal(items, &named) != nil {
		return nil
	}
	var keys []string
	for key, item := range named {
		if len(item) == 0 || item[0] != '{' {
			return slices.Concat([]byte("["), items, []byte("]")) // an item itself
		}
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b string) int { // "2" before "10"
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return bytes.Compare([]byte(a), []byte(b))
	})
	list := []byte("[")
	for i, key := range keys {
		if i > 0 {
			list = append(list, ',')
		}
		list = append(list, named[key]...)
	}
	return append(list, ']')
}

// readItem decodes an item. A number where text belongs is the text of the
// number; other members of the wrong type stay empty.
func readItem(raw []byte, i *jsonItem) error {
	err := json.Unmarshal(raw, i)
	if err == nil || lenient(raw, i) != nil {
		return err
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil {
		return nil
	}
	for name, v := range members {
		if len(v) == 0 || v[0] != '-' && (v[0] < '0' || v[0] > '9') {
			continue
		}
		switch name {
		case "title", "content_text", "content_html", "summary", "date_published", "date_modified":
			members[name] = slices.Concat([]byte{'"'}, v, []byte{'"'})
		}
	}
	if again, err := json.Marshal(members); err == nil {
		*i = jsonItem{}
		return lenient(again, i)
	}
	return nil
}

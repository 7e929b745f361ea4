package text

import "strings"

// EntryGap is how many positions lie between the last word of an entry of a
// list and the first of the next.
const EntryGap = 1 << 10

// ReadEntries takes the entries of a field that is no part of the article's
// text (its authors, its categories, its URL) apart into d, whose former
// contents are lost. Words are stemmed as l does. The field's text is the
// entries joined by "\n", and no phrase or distance crosses from one into the
// next. In a URL every sign separates words.
func (d *Document) ReadEntries(f Field, entries []string, l Stemmer) {
	d.reset()
	d.texts[f] = strings.Join(entries, "\n")
	d.stemmer = l
	s := d.texts[f]
	if f == URL {
		s = PlainURL(s)
	}
	g := &d.segments
	g.reset(s)
	pos, entry, ends := int32(0), 0, -1
	for len(d.tokens) < MaxWords {
		seg, ok := g.next()
		if !ok {
			break
		}
		for entry < len(entries) && seg.from > ends {
			ends += len(entries[entry]) + 1
			entry++
			pos += EntryGap
		}
		if f != URL {
			seg = g.core(seg)
		}
		t := Token{
			Field: f, Pos: pos,
			Start: int32(seg.start), End: int32(seg.end),
			from: int32(seg.from), to: int32(seg.to),
		}
		t.form = newForm(d.raw(&t), l)
		d.tokens = append(d.tokens, t)
		pos++
	}
}

// PlainURL returns a URL with a space in place of each sign that joins words
// elsewhere, such as "." and "_".
func PlainURL(url string) string {
	b := []byte(url)
	for i, c := range b {
		switch c {
		case '.', '_', '\'', ',', ';', ':':
			b[i] = ' '
		}
	}
	return string(b)
}

package parse

import (
	"encoding/binary"
	"slices"

	"github.com/cespare/xxhash/v2"
)

// version goes into every fingerprint. It grows whenever the same bytes lead
// to another article, so that everything is read again once.
const version = 2

// contextHash hashes what items inherit from their surroundings: an item whose
// bytes are the same in the same context is the same article.
func (o *outline) contextHash(doc Document) uint64 {
	h := xxhash.New()
	write := func(b []byte) {
		var n [8]byte
		binary.LittleEndian.PutUint64(n[:], uint64(len(b)))
		h.Write(n[:])
		h.Write(b)
	}
	write([]byte{version, byte(o.kind)})
	write([]byte(address(documentBase(doc.URL))))
	write([]byte(doc.Language))
	for _, s := range o.head {
		write(o.doc[s.lo:s.hi])
	}
	return h.Sum64()
}

// fingerprint is never 0: that stands for an item that cannot be recognised.
func fingerprint(context uint64, raw []byte) uint64 {
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:8], context)
	binary.LittleEndian.PutUint64(b[8:], xxhash.Sum64(raw))
	return max(1, xxhash.Sum64(b[:]))
}

// without returns the document with the edits made and without the items for
// which skip is true and those that overflow. skip may be nil.
func (o *outline) without(skip []bool) []byte {
	out := make([]byte, 0, len(o.doc)+64*min(len(o.edits), 2))
	edits := o.edits
	if !o.uncertain {
		edits = append(edits[:len(edits):len(edits)], o.dates...)
	}
	slices.SortStableFunc(edits, func(a, b edit) int { return a.span.lo - b.span.lo })
	at := 0
	copyTo := func(end int) {
		for len(edits) > 0 && edits[0].span.lo < end {
			e := edits[0]
			edits = edits[1:]
			if e.span.lo < at { // within what is out already
				continue
			}
			out = append(out, o.doc[at:e.span.lo]...)
			out = append(out, e.text...)
			at = e.span.hi
		}
		if at < end {
			out = append(out, o.doc[at:end]...)
		}
	}
	for i := range skip {
		if skip[i] {
			copyTo(o.items[i].span.lo)
			at = o.items[i].span.hi
		}
	}
	if !o.overflow.empty() {
		copyTo(o.overflow.lo)
		at = o.overflow.hi
	}
	copyTo(len(o.doc))
	return out
}

package config

import (
	"bytes"

	"go.yaml.in/yaml/v4"

	"github.com/copytaster/copytaster/feeds"
)

const (
	// minPieces is the size in bytes from which a file is read in pieces.
	minPieces = 256 << 10
	// pieceFeeds is how many feeds are read at a time.
	pieceFeeds = 1000
)

// pieces reads a large file without ever holding all of its YAML: a node takes
// some 200 bytes, and a hundred thousand feeds with their settings are a
// million nodes. It cuts the list of feeds between its entries, reads the parts
// one by one, and returns the feeds and the document without them, in which all
// stands in its old line.
//
// What it takes apart are lists as nearly everyone writes them: a line "feeds:"
// and entries that begin with a dash, all in the same column. Where that or
// anything else is not so, ok is false, and the file is to be read as a whole,
// which also tells the mistakes in its YAML best.
func (d *decoder) pieces() (root *yaml.Node, list []*feeds.Feed, ok bool) {
	if len(d.source) < minPieces {
		return nil, nil, false
	}
	key, entries, end := d.feedLines()
	if len(entries) == 0 {
		return nil, nil, false
	}
	starts := d.lineStarts()
	var rest bytes.Buffer
	rest.Write(d.source[:starts[key+1]])
	for range end - key - 1 {
		rest.WriteByte('\n')
	}
	rest.Write(d.source[d.lineStart(end):])
	root, err := d.compose(rest.Bytes())
	if err != nil || !hasEmptyFeeds(root, key+1) || !d.unfolds(root) {
		return nil, nil, false
	}
	subs := newSubscriptions(len(entries))
	for first := 0; first < len(entries); first += pieceFeeds {
		last := min(first+pieceFeeds, len(entries))
		stop := end
		if last < len(entries) {
			stop = entries[last]
		}
		piece, err := d.compose(d.source[starts[entries[first]]:d.lineStart(stop)])
		if err != nil || piece.Kind != yaml.SequenceNode || len(piece.Content) != last-first {
			return nil, nil, false
		}
		moveDown(piece, entries[first])
		if !d.unfolds(piece) {
			return nil, nil, false
		}
		d.entries(piece.Content, subs)
		d.locate(piece, "feeds", first)
	}
	return root, d.importAll(subs), true
}

// feedLines returns the lines, counted from 0, of the key "feeds" at the top
// of the document, of each entry below it, and the first line after them.
func (d *decoder) feedLines() (key int, entries []int, end int) {
	starts := d.lineStarts()
	key = -1
	indent := 0
	for i := range starts {
		line := d.source[starts[i]:d.lineStart(i+1)]
		text := bytes.TrimLeft(line, " ")
		blank := len(bytes.TrimSpace(text)) == 0 || text[0] == '#'
		column := len(line) - len(text)
		switch {
		case key < 0:
			if after, ok := bytes.CutPrefix(line, []byte("feeds:")); ok && len(bytes.TrimSpace(after)) == 0 {
				key = i
			}
		case blank:
		case text[0] != '-' || len(bytes.TrimSpace(text[:min(2, len(text))])) != 1:
			if column == 0 {
				return key, entries, i
			}
		case len(entries) == 0:
			indent = column
			entries = append(entries, i)
		case column == indent:
			entries = append(entries, i)
		}
	}
	return key, entries, len(starts)
}

// lineStart returns the offset of a line, counted from 0, or the source's end.
func (d *decoder) lineStart(line int) int {
	if starts := d.lineStarts(); line < len(starts) {
		return starts[line]
	}
	return len(d.source)
}

// hasEmptyFeeds reports whether the document has the key "feeds" in that line,
// with nothing in it.
func hasEmptyFeeds(root *yaml.Node, line int) bool {
	if root.Kind != yaml.MappingNode {
		return false
	}
	for i := 0; i+1 < len(root.Content); i += 2 {
		if k := root.Content[i]; k.Value == "feeds" && k.Line == line {
			return isNull(root.Content[i+1])
		}
	}
	return false
}

// moveDown adds to the lines of a node and all in it.
func moveDown(n *yaml.Node, lines int) {
	n.Line += lines
	for _, c := range n.Content {
		moveDown(c, lines)
	}
}

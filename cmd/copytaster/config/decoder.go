package config

import (
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/copytaster/copytaster/monitor/rule"
)

// decoder turns the nodes of one file into values and keeps what is wrong with
// them. Its reading methods return the zero value, or ok false, after they
// reported a problem, so that reading goes on to find the next one.
type decoder struct {
	file   string // as the user named it
	dir    string // the file's folder, absolute
	source []byte
	env    func(string) (string, bool)
	// starts are the offsets of the source's lines, found when needed.
	starts []int

	found    []finding
	problems Problems
	warnings Problems
	warned   int
	// defined are the named expressions that rules can use.
	defined rule.Definitions
	// expanded is how many values aliases stood for so far.
	expanded int

	// Values that many feeds share are kept once.
	interned  map[string]string
	tagLists  map[string][]string
	schedules map[string]string
	languages map[string]string
}

func newDecoder(file, dir string, source []byte, env func(string) (string, bool)) *decoder {
	return &decoder{
		file:      file,
		dir:       dir,
		source:    source,
		env:       env,
		interned:  make(map[string]string),
		tagLists:  make(map[string][]string),
		schedules: make(map[string]string),
		languages: make(map[string]string),
	}
}

// finding is a problem whose path is not known yet: see locate.
type finding struct {
	node *yaml.Node
	// warning is set for what may be meant.
	warning bool
	Problem
}

// fail reports a problem with the value of a node.
func (d *decoder) fail(n *yaml.Node, format string, args ...any) {
	d.failPlace(n, n.Line, n.Column, fmt.Sprintf(format, args...))
}

// failInside reports a problem at an offset, in code points, inside the value
// of a scalar node.
func (d *decoder) failInside(n *yaml.Node, offset int, msg string) {
	line, column := d.inside(n, offset)
	d.failPlace(n, line, column, msg)
}

func (d *decoder) failPlace(n *yaml.Node, line, column int, msg string) {
	if len(d.found) <= maxProblems {
		d.found = append(d.found, finding{node: n, Problem: Problem{File: d.file, Line: line, Column: column, Msg: msg}})
	}
}

// failAt reports a problem with the file rather than with a value.
func (d *decoder) failAt(line, column int, msg string) {
	d.problems = append(d.problems, Problem{File: d.file, Line: line, Column: column, Msg: msg})
}

// locate gives the problems found in the tree under n their paths. path is n's
// own, and first the position in its list of n's first element.
func (d *decoder) locate(n *yaml.Node, path string, first int) {
	if len(d.found) == 0 {
		return
	}
	wanted := make(map[*yaml.Node][]int, len(d.found))
	for i, f := range d.found {
		wanted[f.node] = append(wanted[f.node], i)
	}
	var trail []byte
	var walk func(n *yaml.Node)
	note := func(n *yaml.Node) {
		for _, i := range wanted[n] {
			d.found[i].Path = string(trail)
		}
	}
	walk = func(n *yaml.Node) {
		note(n)
		length := len(trail)
		switch n.Kind {
		case yaml.SequenceNode:
			base := first
			first = 0 // of the outermost list only
			for i, c := range n.Content {
				trail = fmt.Appendf(trail, "[%d]", base+i)
				walk(c)
				trail = trail[:length]
			}
		case yaml.MappingNode:
			for i := 0; i+1 < len(n.Content); i += 2 {
				if length > 0 {
					trail = append(trail, '.')
				}
				trail = append(trail, showKey(n.Content[i])...)
				note(n.Content[i])
				walk(n.Content[i+1])
				trail = trail[:length]
			}
		}
	}
	trail = append(trail, path...)
	walk(n)
	for _, f := range d.found {
		if f.warning {
			d.warnings = append(d.warnings, f.Problem)
		} else {
			d.problems = append(d.problems, f.Problem)
		}
	}
	d.found = nil
}

// hiddenKey stands for a key that is not shown.
const hiddenKey = "(key)"

// showKey returns a mapping's key as far as it can be shown: what does not
// look like a key may be a secret that slipped.
func showKey(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode || n.Value == "" || len(n.Value) > 40 {
		return hiddenKey
	}
	for _, r := range n.Value {
		if !(r == '_' || r == '-' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9') {
			return hiddenKey
		}
	}
	return n.Value
}

// target returns the node that an alias stands for, else n itself.
func target(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// maxKeys bounds the keys of one mapping that this version knows.
const maxKeys = 12

// keys returns the values of a mapping in the order of names, nil for a key
// that is absent or says nothing ("key:"). It reports unknown and repeated
// keys. ok is false when n is no mapping.
func (d *decoder) keys(n *yaml.Node, names []string) (values [maxKeys]*yaml.Node, ok bool) {
	n = target(n)
	if !d.untagged(n) {
		return values, false
	}
	if n.Kind != yaml.MappingNode {
		d.fail(n, "expected a mapping (`key: value`), found %s", kindOf(n))
		return values, false
	}
	var seen [maxKeys]*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], target(n.Content[i+1])
		at := -1
		if key.Kind == yaml.ScalarNode {
			for j, name := range names {
				if key.Value == name {
					at = j
				}
			}
		}
		switch {
		case at < 0:
			d.unknownKey(key, names)
		case seen[at] != nil:
			d.fail(key, "the key is already in line %d", seen[at].Line)
		default:
			seen[at] = key
			if !isNull(value) {
				values[at] = value
			} else if !optional[names[at]] {
				d.fail(value, "has no value")
			}
		}
	}
	return values, true
}

// optional are the keys of sections: one that says nothing, because all in it
// is commented out, is as good as absent.
var optional = map[string]bool{"poll": true, "feeds": true, "watch": true, "receivers": true, "define": true, "tags": true, "headers": true}

func (d *decoder) unknownKey(key *yaml.Node, names []string) {
	name := showKey(key)
	switch {
	case name == hiddenKey && key.Value != "<<":
		d.fail(key, "unknown key: the keys here are %s", strings.Join(names, ", "))
	case key.Kind == yaml.ScalarNode && key.Value == "<<":
		d.fail(key, "merge keys (<<) are not supported: repeat the keys, or use an alias for a whole value")
	case later[name]:
		d.fail(key, "this version of copytaster does not know the key %q", name)
	case closest(name, names) != "":
		d.fail(key, "unknown key %q: did you mean %q?", name, closest(name, names))
	default:
		d.fail(key, "unknown key %q: the keys here are %s", name, strings.Join(names, ", "))
	}
}

// later are keys of later versions. A configuration written for one deserves a
// better answer than a guess at a typing mistake.
var later = map[string]bool{
	"proxy": true, "full_text": true, "group": true, "updates": true, "after": true,
	"on_update": true, "health": true, "max_per_hour": true,
	"quiet_hours": true, "email": true, "digest": true, "exec": true,
}

// list returns the elements of a sequence.
func (d *decoder) list(n *yaml.Node) (elements []*yaml.Node, ok bool) {
	n = target(n)
	switch {
	case !d.untagged(n):
		return nil, false
	case n.Kind != yaml.SequenceNode:
		d.fail(n, "expected a list (`[a, b]`, or a line with `- ` for each), found %s", kindOf(n))
		return nil, false
	}
	return n.Content, true
}

// value is a scalar as it is meant and as it may be shown.
type value struct {
	node *yaml.Node
	// text has references to the environment replaced.
	text string
	// fromEnv tells that text must not be shown.
	fromEnv bool
}

// shown returns the value as it stands in the file, quoted, not too long, and
// without the password of a URL.
func (v value) shown() string { return quote(maskUser(v.node.Value)) }

func quote(s string) string {
	const most = 80
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return strconv.Quote(s)
}

// text returns the value of a scalar. Numbers and dates are taken as the text
// that stands in the file; true, false and nothing are refused, because where
// text is wanted they are mistakes.
func (d *decoder) text(n *yaml.Node) (v value, ok bool) {
	n = target(n)
	switch {
	case !d.untagged(n):
		return v, false
	case n.Kind != yaml.ScalarNode:
		d.fail(n, "expected text, found %s", kindOf(n))
		return v, false
	case n.Tag == "!!bool":
		d.fail(n, "expected text, found %s: put it in quotes if that is the text", n.Value)
		return v, false
	case isNull(n) || n.Value == "":
		d.fail(n, "has no value")
		return v, false
	}
	return d.expand(n)
}

// untagged reports whether n carries no explicit YAML tag.
func (d *decoder) untagged(n *yaml.Node) bool {
	if n.Style&yaml.TaggedStyle == 0 {
		return true
	}
	d.fail(n, "YAML tags are not supported: put a value that begins with ! in quotes")
	return false
}

func isNull(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Tag == "!!null" && n.Style&yaml.TaggedStyle == 0
}

func kindOf(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case isNull(n):
		return "nothing"
	case n.Tag == "!!bool":
		return "true or false"
	case n.Tag == "!!int", n.Tag == "!!float":
		return "a number"
	}
	return "text"
}

// intern returns s, the same copy for all its uses.
func (d *decoder) intern(s string) string {
	if s == "" {
		return ""
	}
	if kept, ok := d.interned[s]; ok {
		return kept
	}
	kept := strings.Clone(s)
	d.interned[kept] = kept
	return kept
}

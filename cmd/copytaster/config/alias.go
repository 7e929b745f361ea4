package config

import (
	"fmt"

	"go.yaml.in/yaml/v4"
)

// maxExpanded is how many values all aliases together may stand for.
const maxExpanded = 1_000_000

// unfolds reports whether the document is finite and of a sensible size when
// each alias is replaced by what it stands for; if not, it reports the alias.
func (d *decoder) unfolds(root *yaml.Node) bool {
	m := measure{sizes: make(map[*yaml.Node]int), expanded: d.expanded}
	m.size(root)
	d.expanded = m.expanded
	if m.culprit == nil {
		return true
	}
	d.failAt(m.culprit.Line, m.culprit.Column, fmt.Sprintf(
		"the alias stands for itself, or all aliases together for more than %d values", maxExpanded))
	return false
}

// measure finds how many values a document has once its aliases are replaced.
type measure struct {
	// sizes is of the nodes that aliases point to, -1 while one is measured.
	sizes    map[*yaml.Node]int
	expanded int
	culprit  *yaml.Node
}

func (m *measure) size(n *yaml.Node) int {
	if m.culprit != nil {
		return 0
	}
	if n.Kind != yaml.AliasNode {
		size := 1
		for _, c := range n.Content {
			size += m.size(c)
		}
		return size
	}
	size, known := m.sizes[n.Alias]
	if !known {
		m.sizes[n.Alias] = -1
		size = m.size(n.Alias)
		m.sizes[n.Alias] = size
	}
	if m.expanded += size; m.culprit == nil && (size < 0 || m.expanded > maxExpanded) {
		m.culprit = n
	}
	return size
}

package match

import (
	"slices"
	"strings"

	"github.com/copytaster/copytaster/monitor/rule"
)

// globs finds the patterns that a word has the form of, by what a pattern
// begins with, else by what it ends in.
type globs struct {
	heads, tails map[string][]glob
	headLengths  []int // that occur, ascending
	tailLengths  []int
	others       []glob // with wildcards at both ends
}

type glob struct {
	pattern string
	id      uint32
}

func (g *globs) add(pattern string, id uint32) {
	p := glob{pattern, id}
	head := strings.IndexAny(pattern, "*?")
	tail := len(pattern) - 1 - strings.LastIndexAny(pattern, "*?")
	switch {
	case head > 0 && head >= tail:
		if g.heads == nil {
			g.heads = make(map[string][]glob)
		}
		g.heads[pattern[:head]] = append(g.heads[pattern[:head]], p)
		g.headLengths = insert(g.headLengths, head)
	case tail > 0:
		if g.tails == nil {
			g.tails = make(map[string][]glob)
		}
		end := pattern[len(pattern)-tail:]
		g.tails[end] = append(g.tails[end], p)
		g.tailLengths = insert(g.tailLengths, tail)
	default:
		g.others = append(g.others, p)
	}
}

func insert(list []int, n int) []int {
	if i, found := slices.BinarySearch(list, n); !found {
		return slices.Insert(list, i, n)
	}
	return list
}

func (g *globs) find(dst []uint32, folded string) []uint32 {
	try := func(list []glob) {
		for i := range list {
			if rule.Glob(list[i].pattern, folded) {
				dst = append(dst, list[i].id)
			}
		}
	}
	for _, n := range g.headLengths {
		if n > len(folded) {
			break
		}
		try(g.heads[folded[:n]])
	}
	for _, n := range g.tailLengths {
		if n > len(folded) {
			break
		}
		try(g.tails[folded[len(folded)-n:]])
	}
	try(g.others)
	return dst
}

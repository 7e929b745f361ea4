package text

import "sort"

// shingle is how many words in a row make a repetition.
const shingle = 8

// repeats says which words of the content repeat the summary.
type repeats struct {
	known bool
	words []bool // by token
}

// Repeated reports whether a word of the content stands there only because the
// content repeats the summary, so that counting both would count one thing
// twice: it belongs to eight words in a row that stand in the summary as well,
// or to the whole summary if that is shorter. What stands n times in the
// summary is repeated by its first n times in the content; case and accents do
// not count.
func (d *Document) Repeated(token int) bool {
	if !d.repeats.known {
		d.findRepeats()
	}
	return d.repeats.words[token]
}

func (d *Document) findRepeats() {
	d.repeats.known = true
	d.repeats.words = append(d.repeats.words[:0], make([]bool, len(d.tokens))...)
	summary, content := d.fieldTokens(Summary), d.fieldTokens(Content)
	n := min(shingle, summary.to-summary.from)
	if n == 0 || content.to-content.from < n {
		return
	}
	numbers := make(map[string]int32)
	row := func(i int) (key [shingle]int32) {
		for j := range n {
			w := d.tokens[i+j].Folded()
			number, ok := numbers[w]
			if !ok {
				number = int32(len(numbers) + 1)
				numbers[w] = number
			}
			key[j] = number
		}
		return key
	}
	times := make(map[[shingle]int32]int)
	for i := summary.from; i+n <= summary.to; i++ {
		times[row(i)]++
	}
	for i := content.from; i+n <= content.to; i++ {
		key := row(i)
		if times[key] == 0 {
			continue
		}
		times[key]--
		for j := range n {
			d.repeats.words[i+j] = true
		}
	}
}

// stretch is a run of tokens [from, to).
type stretch struct{ from, to int }

func (d *Document) fieldTokens(f Field) stretch {
	first := func(f Field) int {
		return sort.Search(len(d.tokens), func(i int) bool { return d.tokens[i].Field >= f })
	}
	return stretch{first(f), first(f + 1)}
}

// TokenAt returns the first word of a field that does not end before a byte of
// its text.
func (d *Document) TokenAt(f Field, offset int) (int, bool) {
	s := d.fieldTokens(f)
	i := s.from + sort.Search(s.to-s.from, func(i int) bool { return int(d.tokens[s.from+i].to) > offset })
	return i, i < s.to
}

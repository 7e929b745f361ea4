package match

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"unicode/utf8"

	"github.com/copytaster/copytaster/monitor/rule"
	"github.com/copytaster/copytaster/monitor/text"
)

// What rules ask of an article's words and facts is numbered: the ids. An
// article has an id when one of its words is looked for under it, or when its
// fact holds. Words that share a stem in English, Russian or Arabic have
// neighbouring ids, so that what a word of such an article is looked for under
// is mostly one range.

// always is the id that every article has.
const always = 0

// kind is what an id stands for.
type kind uint8

const (
	stemmedWord kind = iota // in any grammatical form
	exactWord               // folded
	pattern                 // with wildcards
	site                    // facts, in the order of rule.Kind
	feed
	tag
	lang
	inLanguage // the article is in the language, or its language is not known
	kinds
)

func factKind(k rule.Kind) kind { return site + kind(k) }

// lexicon numbers what rules ask for, while they are read.
type lexicon struct {
	tables [kinds]*stringTable
	counts [kinds][]uint32 // how often rules ask for it
}

func newLexicon() *lexicon {
	l := &lexicon{}
	for k := range l.tables {
		l.tables[k] = newStringTable()
	}
	return l
}

// add returns a preliminary number, which holds the kind in its lowest bits.
func (l *lexicon) add(k kind, s string, n uint32) uint32 {
	i, isNew := l.tables[k].add(s)
	if isNew {
		l.counts[k] = append(l.counts[k], 0)
	}
	l.counts[k][i] += n
	return i<<3 | uint32(k)
}

// word is add for a rule's word in any form. Case makes no difference to the
// forms of a word in ASCII, but for Turkish with its two letters i.
func (l *lexicon) word(w string) uint32 {
	for i := range len(w) {
		if w[i] >= utf8.RuneSelf || w[i] == 'I' {
			return l.add(stemmedWord, w, 1)
		}
	}
	return l.add(stemmedWord, strings.ToLower(w), 1)
}

// merge adds what another lexicon holds and returns the numbers here of its
// preliminary ones, by kind.
func (l *lexicon) merge(m *lexicon) (numbers [kinds][]uint32) {
	for k := range kinds {
		numbers[k] = make([]uint32, m.tables[k].len())
		for i := range numbers[k] {
			numbers[k][i] = l.add(k, string(m.tables[k].at(uint32(i))), m.counts[k][i])
		}
	}
	return numbers
}

// words is what ids stand for. It is immutable but for what it works out when
// it is first asked for, and safe for concurrent use.
type words struct {
	n      int                 // ids
	first  [kinds + 1]uint32   // the first id of each kind
	tables [kinds]*stringTable // in the order of ids, but for words
	folds  lookup              // words that are not their folded form, by that
	stems  [text.Stemmers]struct {
		once  sync.Once
		words atomic.Pointer[lookup]
	}
	globs globs
	// rates estimate, for an id, the share of articles that have it.
	rates []float32
}

// idSet is a set of ids: a range, or a list kept elsewhere.
type idSet struct {
	at uint32 // the first id, or the list's place
	n  uint32 // how many; with isList a list's length
}

const (
	isList = 1 << 23
	isOwn  = 1 << 22 // with isList: the list is the workspace's

	setLength = isOwn - 1
)

// lookup finds ids by a string.
type lookup struct {
	keys  *stringTable
	sets  []idSet
	lists []uint32
}

// newLookup returns a lookup of ids[i] by keys[i], of which the ids ascend.
func newLookup(keys []string, ids []uint32) lookup {
	l := lookup{keys: newStringTable()}
	heads := make([]uint32, 0, len(keys))
	next := make([]uint32, len(keys)+1)
	for i := len(keys) - 1; i >= 0; i-- {
		n, isNew := l.keys.add(keys[i])
		if isNew {
			heads = append(heads, 0)
		}
		next[i+1] = heads[n]
		heads[n] = uint32(i + 1)
	}
	l.keys.trim()
	l.sets = make([]idSet, len(heads))
	var found []uint32
	for n, i := range heads {
		found = found[:0]
		for ; i > 0; i = next[i] {
			found = append(found, ids[i-1])
		}
		if last := len(found) - 1; found[last]-found[0] == uint32(last) {
			l.sets[n] = idSet{found[0], uint32(len(found))}
			continue
		}
		l.sets[n] = idSet{uint32(len(l.lists)), uint32(len(found)) | isList}
		l.lists = append(l.lists, found...)
	}
	l.lists = slices.Clip(l.lists)
	return l
}

// find appends the ids of a string.
func (l *lookup) find(dst []uint32, s string) []uint32 {
	if len(l.sets) == 0 {
		return dst
	}
	n, ok := l.keys.find(s)
	if !ok {
		return dst
	}
	set := l.sets[n]
	if set.n&isList != 0 {
		return append(dst, l.lists[set.at:set.at+set.n&^isList]...)
	}
	for i := range set.n {
		dst = append(dst, set.at+i)
	}
	return dst
}

func (l *lookup) size() int {
	return l.keys.size() + 8*cap(l.sets) + 4*cap(l.lists)
}

// primaries are the languages by whose stems words are ordered: of each script
// the one that most articles are in.
var primaries = [...]text.Stemmer{text.English, text.Russian, text.Arabic}

// primary returns the language by whose stems a word is ordered.
func primary(t *text.Term) text.Stemmer {
	for _, l := range primaries {
		if t.In(l) {
			return l
		}
	}
	return text.NoStemmer
}

// reader tells a word's forms in a language: a text.Scanner or text.Analyzer.
type reader interface {
	Forms(word string, l text.Stemmer) (folded, stem string, alternates []string)
}

// ruleWord is a word of rules in the language by whose stems it is ordered.
type ruleWord struct {
	word, stem, folded string
	language           text.Stemmer
	number             uint32 // in a lexicon
}

// newWords gives ids to what a lexicon holds. ids maps its numbers to them, by
// kind; list holds the words that rules look for in any form, in their order.
func newWords(lex *lexicon) (w *words, ids [kinds][]uint32, list []ruleWord) {
	w = &words{}
	list = make([]ruleWord, lex.tables[stemmedWord].len())
	parallel(len(list), func(_, from, to int) {
		for i := from; i < to; i++ {
			e := &list[i]
			e.word = string(lex.tables[stemmedWord].at(uint32(i)))
			t := text.NewTerm(e.word)
			e.language = primary(&t)
			e.stem, e.folded, e.number = t.Stem(e.language), t.Folded(), uint32(i)
		}
	})
	slices.SortFunc(list, func(a, b ruleWord) int {
		return cmp.Or(cmp.Compare(a.language, b.language), cmp.Compare(a.stem, b.stem), cmp.Compare(a.word, b.word))
	})
	ids[stemmedWord] = make([]uint32, len(list))
	w.first[stemmedWord] = always + 1
	byWord := newStringTable()
	var folded []string
	var numbers []uint32
	for i := range list {
		id := uint32(i) + w.first[stemmedWord]
		byWord.add(list[i].word)
		ids[stemmedWord][list[i].number] = id
		if list[i].folded != list[i].word {
			folded, numbers = append(folded, list[i].folded), append(numbers, id)
		}
	}
	byWord.trim()
	w.tables[stemmedWord] = byWord
	for _, l := range primaries {
		w.knowStems(l, list)
	}
	w.folds = newLookup(folded, numbers)
	next := w.first[stemmedWord] + uint32(len(list))
	for k := exactWord; k < kinds; k++ {
		w.first[k] = next
		w.tables[k] = lex.tables[k]
		w.tables[k].trim()
		ids[k] = make([]uint32, lex.tables[k].len())
		for i := range ids[k] {
			ids[k][i] = next
			next++
		}
	}
	w.first[kinds] = next
	w.n = int(next)
	for i := range uint32(w.tables[pattern].len()) {
		w.globs.add(string(w.tables[pattern].at(i)), w.first[pattern]+i)
	}

	w.rates = make([]float32, w.n)
	w.rates[always] = 1
	total := 0.0
	for _, n := range lex.counts[stemmedWord] {
		total += float64(n)
	}
	for i := 0; i < len(list); {
		j, n := i, 0.0
		for ; j < len(list) && list[j].stem == list[i].stem && list[j].language == list[i].language; j++ {
			n += float64(lex.counts[stemmedWord][list[j].number])
		}
		// What people watch for is about as frequent among rules as in news.
		// Few rules say little: there, short words are frequent ones.
		rate := (wordsPerArticle*n + trust*guess(list[i].folded)) / (total + trust)
		for ; i < j; i++ {
			w.rates[ids[stemmedWord][list[i].number]] = float32(min(rate, 1))
		}
	}
	for k := exactWord; k < kinds; k++ {
		for i, id := range ids[k] {
			s := string(w.tables[k].at(uint32(i)))
			rate := 0.0
			switch k {
			case exactWord:
				rate = guess(s)
				if found := w.byFold(nil, s); len(found) > 0 {
					rate = float64(w.rates[found[0]])
				}
			case pattern:
				rate = 4 * guess(strings.NewReplacer("*", "", "?", "").Replace(s))
			case site, feed:
				rate = 0.005 // there are many
			case tag:
				rate = 0.05
			case lang, inLanguage:
				rate = 0.5
			}
			w.rates[id] = float32(min(rate, 1))
		}
	}
	return w, ids, list
}

const (
	wordsPerArticle = 80 // that differ
	// trust is how many of the rules' words are worth as much as a guess.
	trust = 3000
)

// guess estimates a word's share of articles from its looks.
func guess(folded string) float64 {
	if text.Frequent(folded) {
		return 0.4
	}
	return 0.04 * math.Exp2(-float64(min(utf8.RuneCountInString(folded), 12))/2)
}

// byStem returns the words by their stems in a language.
func (w *words) byStem(l text.Stemmer) *lookup {
	s := &w.stems[l]
	s.once.Do(func() {
		var stems []string
		var ids []uint32
		for i := range uint32(w.tables[stemmedWord].len()) {
			t := text.NewTerm(string(w.tables[stemmedWord].at(i)))
			// The words of other scripts are found by their folded forms.
			if t.In(l) || primary(&t) == text.NoStemmer {
				stems, ids = append(stems, t.Stem(l)), append(ids, w.first[stemmedWord]+i)
			}
		}
		l := newLookup(stems, ids)
		s.words.Store(&l)
	})
	return s.words.Load()
}

// knowStems is byStem for a language by whose stems words are ordered, when
// they are known.
func (w *words) knowStems(l text.Stemmer, list []ruleWord) {
	var stems []string
	var ids []uint32
	for i := range list {
		if list[i].language == l || list[i].language == text.NoStemmer {
			stems, ids = append(stems, list[i].stem), append(ids, w.first[stemmedWord]+uint32(i))
		}
	}
	known := newLookup(stems, ids)
	w.stems[l].once.Do(func() { w.stems[l].words.Store(&known) })
}

// of returns the ids under which a word of an article in a language is looked
// for, ascending.
func (w *words) of(dst []uint32, rd reader, word string, l text.Stemmer) []uint32 {
	folded, stem, alternates := rd.Forms(word, l)
	return w.ofForms(dst, folded, stem, alternates, l)
}

func (w *words) ofForms(dst []uint32, folded, stem string, alternates []string, l text.Stemmer) []uint32 {
	if w.tables[stemmedWord].len() > 0 {
		stems := w.byStem(l)
		dst = stems.find(dst, stem)
		for _, s := range alternates {
			dst = stems.find(dst, s)
		}
		dst = w.byFold(dst, folded)
	}
	if w.tables[exactWord].len() > 0 {
		if n, ok := w.tables[exactWord].find(folded); ok {
			dst = append(dst, w.first[exactWord]+n)
		}
	}
	dst = w.globs.find(dst, folded)
	slices.Sort(dst)
	return slices.Compact(dst)
}

// byFold appends the ids of words with a folded form.
func (w *words) byFold(dst []uint32, folded string) []uint32 {
	if n, ok := w.tables[stemmedWord].find(folded); ok {
		dst = append(dst, w.first[stemmedWord]+n)
	}
	return w.folds.find(dst, folded)
}

// fact returns the id of a fact.
func (w *words) fact(k kind, key string) (uint32, bool) {
	n, ok := w.tables[k].find(key)
	return w.first[k] + n, ok
}

func (w *words) size() int {
	n := w.folds.size() + 4*cap(w.rates)
	for _, t := range w.tables {
		n += t.size()
	}
	for l := range w.stems {
		if known := w.stems[l].words.Load(); known != nil {
			n += known.size()
		}
	}
	return n
}

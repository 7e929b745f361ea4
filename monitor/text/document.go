package text

// Source is what Analyze reads: an article's parts as plain text, and the
// language that the article or its feed declares, a BCP 47 tag or "".
type Source struct {
	Title, Summary, Content string
	Language                string
}

const (
	// MaxWords is how many words of an article are read, about those of two
	// books. What follows is not searched.
	MaxWords = 200_000
	// FieldGap is how many positions lie between the last word of a field and
	// the first of the next.
	FieldGap = 1 << 20
)

// Document is an article taken apart into words. The zero Document is ready to
// be filled by Analyzer.Analyze, again and again: it keeps its memory. It is
// not safe for concurrent use, not even for reading.
type Document struct {
	texts    [fields]string
	tokens   []Token
	language string
	stemmer  Stemmer
	segments segmenter
	indexed  bool
	stems    chains
	folds    chains
	others   alternates
	lines    boundaries
	repeats  repeats
}

// Token is a word of a Document, without possessive 's and elided article.
type Token struct {
	Field Field
	// Start and End count code points of the field; End is exclusive.
	Start, End int32
	// Pos counts words from the article's first. Neighbours differ by one,
	// words of different fields by more than FieldGap.
	Pos      int32
	from, to int32
	form     *form
}

// Folded returns the word as Fold does.
func (t *Token) Folded() string { return t.form.folded }

// Stem returns the word's folded stem in the article's language.
func (t *Token) Stem() string { return t.form.stem }

// Alternates returns further stems by which the word is found, different from
// Stem and from each other: in Arabic, those of the word without conjunctions
// and prepositions that may be written onto it; in Russian, that of a name
// whose end looks like an ending. Most words have none.
func (t *Token) Alternates() []string { return t.form.alternates }

// Tokens returns the article's words in order. They hold until the next
// Analyze.
func (d *Document) Tokens() []Token { return d.tokens }

// Language returns the article's language as a canonical tag, "" when it could
// not be told.
func (d *Document) Language() string { return d.language }

// Stemmer returns how the article's words were stemmed.
func (d *Document) Stemmer() Stemmer { return d.stemmer }

// Text returns a field.
func (d *Document) Text(f Field) string { return d.texts[f] }

// Surface returns how a word stands in the article, as Surface does.
func (d *Document) Surface(t *Token) string { return Surface(d.raw(t)) }

func (d *Document) raw(t *Token) string { return d.texts[t.Field][t.from:t.to] }

// Span returns the stretch from token first to token last, which stand in one
// field.
func (d *Document) Span(first, last int) Span {
	a, b := &d.tokens[first], &d.tokens[last]
	return Span{Field: a.Field, Start: int(a.Start), End: int(b.End), Text: d.texts[a.Field][a.from:b.to]}
}

// Find returns the places of a term in any grammatical form: where the stem,
// an alternate stem or the folded form is the same.
func (d *Document) Find(t *Term) Cursor {
	d.index()
	stem := t.Stem(d.stemmer)
	return Cursor{d, d.stems.first(stem), d.folds.first(t.Folded()), d.others.first(stem)}
}

// FindExact returns the places where a term's folded form is the same.
func (d *Document) FindExact(t *Term) Cursor {
	d.index()
	return Cursor{d, none, d.folds.first(t.Folded()), 0}
}

// Cursor walks the places of a term.
type Cursor struct {
	d          *Document
	stem, fold int32
	other      int32 // 1 + index in d.others.list; 0 for none
}

// Next returns the index of the next token, ascending.
func (c *Cursor) Next() (int, bool) {
	at := min(c.stem, c.fold)
	if c.other > 0 {
		at = min(at, c.d.others.list[c.other-1].token)
	}
	if at == none {
		return 0, false
	}
	if c.stem == at {
		c.stem = c.d.stems.next[at]
	}
	if c.fold == at {
		c.fold = c.d.folds.next[at]
	}
	if c.other > 0 && c.d.others.list[c.other-1].token == at {
		c.other = c.d.others.list[c.other-1].next
	}
	return int(at), true
}

const none = 1<<31 - 1

// chains links the tokens that share a form, in order.
type chains struct {
	heads map[string]int32
	next  []int32
}

func (c *chains) first(key string) int32 {
	if i, ok := c.heads[key]; ok {
		return i
	}
	return none
}

func (c *chains) reset(n int) {
	if c.heads == nil {
		c.heads = make(map[string]int32)
	}
	clear(c.heads)
	if cap(c.next) < n {
		c.next = make([]int32, n)
	}
	c.next = c.next[:n]
}

// add links token i, which stands before all that were added.
func (c *chains) add(key string, i int32) {
	c.next[i] = c.first(key)
	c.heads[key] = i
}

// alternates links the tokens that share an alternate stem, in order.
type alternates struct {
	heads map[string]int32 // 1 + index in list
	list  []alternate
}

type alternate struct{ token, next int32 }

func (a *alternates) first(key string) int32 { return a.heads[key] }

// add links token i, which stands before all that were added.
func (a *alternates) add(key string, i int32) {
	if a.heads == nil {
		a.heads = make(map[string]int32)
	}
	a.list = append(a.list, alternate{i, a.heads[key]})
	a.heads[key] = int32(len(a.list))
}

// index links the tokens when the first question is asked.
func (d *Document) index() {
	if d.indexed {
		return
	}
	d.indexed = true
	d.stems.reset(len(d.tokens))
	d.folds.reset(len(d.tokens))
	clear(d.others.heads)
	d.others.list = d.others.list[:0]
	for i := len(d.tokens) - 1; i >= 0; i-- {
		f := d.tokens[i].form
		d.stems.add(f.stem, int32(i))
		d.folds.add(f.folded, int32(i))
		for _, stem := range f.alternates {
			d.others.add(stem, int32(i))
		}
	}
}

// keptWords is the size above which a document's memory is not kept: clearing
// a large map costs as much as filling it.
const keptWords = 1 << 14

// reset forgets the last article.
func (d *Document) reset() {
	if cap(d.tokens) > keptWords {
		*d = Document{}
		return
	}
	clear(d.tokens)
	d.tokens = d.tokens[:0]
	d.texts = [fields]string{}
	d.lines.known, d.repeats.known = false, false
	d.language, d.stemmer, d.indexed = "", NoStemmer, false
}

package rule

import (
	"regexp"

	"github.com/copytaster/copytaster/monitor/text"
)

// Expr is a parsed expression. It is immutable and safe for concurrent use.
type Expr struct {
	root     Node
	size     int // nodes and words
	depth    int
	warnings []Warning
}

// Root returns the expression's outermost node.
func (e *Expr) Root() Node { return e.root }

// Node is a part of an expression: *And, *Or, *Not, *In, *Phrase, *Near,
// *AtLeast, *Some, *Regexp or *Fact. Nodes are read-only once parsed. A named
// expression stands in the tree as what it was defined as.
type Node interface{ print(p *printer) }

// And holds when all of at least two nodes do. None of them is an *And.
type And struct{ Nodes []Node }

// Or holds when any of at least two nodes does. None of them is an *Or.
type Or struct{ Nodes []Node }

// Not holds when its node does not.
type Not struct{ Node Node }

// In limits its node to a part of the article.
type In struct {
	Part Part
	Node Node
}

// Within returns the part in which the node is looked for, given the part in
// which n stands: a field named outside limits one named inside, except that
// authors, categories and the URL are no part of Anywhere and yet can be named
// there. 0: nowhere.
func (n *In) Within(outer Part) Part {
	if outer == Anywhere {
		return n.Part
	}
	return outer & n.Part
}

// Part is a set of fields.
type Part uint8

// The parts that an expression can name. Anywhere is where words are looked
// for that stand under no name.
const (
	Title    Part = 1 << text.Title
	Body     Part = 1<<text.Summary | 1<<text.Content
	Author   Part = 1 << text.Authors
	Category Part = 1 << text.Categories
	URL      Part = 1 << text.URL
	Anywhere      = Title | Body
)

var partNames = [...]struct {
	part Part
	name string
}{{Title, "title"}, {Title, "intitle"}, {Body, "body"}, {Author, "author"}, {Category, "category"}, {URL, "url"}}

// partNamed returns the part of a field's name, 0 for no field.
func partNamed(name string) Part {
	for _, p := range partNames {
		if p.name == name {
			return p.part
		}
	}
	return 0
}

func (p Part) String() string {
	for _, q := range partNames {
		if q.part == p {
			return q.name
		}
	}
	return "anywhere"
}

// Has reports whether a field belongs to the part.
func (p Part) Has(f text.Field) bool { return p&(1<<f) != 0 }

// Phrase holds where its words, at least one, stand next to each other in
// order within one field, or one entry of a list.
type Phrase struct {
	Form  Form
	Words []Word
}

// Near holds where each of its parts, two to MaxParts, has a place of its own
// in one window: the places do not overlap, and at most Distance words of the
// window belong to none of them. A part is a *Phrase, an *Or of parts, or an
// *In of title or body with a part. "a b"~n is read as a NEAR/n b.
type Near struct {
	Parts []Node
	// Distance is for Words alone.
	Distance int
	Unit     Unit
	// Ordered: the places follow each other in the order of the parts.
	Ordered bool
}

// Unit says what the parts of a Near have in common.
type Unit uint8

// The units.
const (
	// Words: one window with at most Distance other words.
	Words Unit = iota
	// Sentence: one sentence, which every place lies in as a whole.
	Sentence
	// Paragraph: one paragraph, which every place lies in as a whole.
	Paragraph
)

// AtLeast holds when its node has at least N places that do not overlap. The
// node is a *Phrase, *Near, *Regexp, an *Or of such, or an *In with one. What
// the content repeats from the summary counts once.
type AtLeast struct {
	N    int
	Node Node
}

// Some holds when at least N of its nodes do.
type Some struct {
	N     int
	Nodes []Node
}

// Regexp holds where the field's text, as a reader sees it, matches. It looks
// at each field, and each entry of a list, apart; and "." does not match a
// line's end.
type Regexp struct {
	// Source is what stands between the slashes.
	Source string
	// Fold: case does not count.
	Fold bool
	// Re is the compiled expression.
	Re *regexp.Regexp
}

// Form says how the words of a phrase are compared.
type Form uint8

// The forms.
const (
	// Stemmed: in any grammatical form of the article's language.
	Stemmed Form = iota
	// Exact: in this form, case and accents folded.
	Exact
	// Cased: in this form and this case, accents included.
	Cased
)

// Word is a word of a phrase.
type Word struct {
	Term text.Term
	// Pattern is the folded word with its wildcards, "" for a word without.
	Pattern string
	surface string // for Cased
}

// Fact holds for articles of which something is known beside their text.
type Fact struct {
	Kind Kind
	// Value is as it was written, without quotes.
	Value string
	key   string // Value as it is compared
}

// Kind is what a Fact is about.
type Kind uint8

// The kinds.
const (
	// Site: the article's host is Value or below it.
	Site Kind = iota
	// Feed: Value is the feed's name, title or URL.
	Feed
	// Tag: the feed has the tag.
	Tag
	// Lang: the article's language is Value.
	Lang
)

var kindNames = [...]string{Site: "site", Feed: "feed", Tag: "tag", Lang: "lang"}

func (k Kind) String() string { return kindNames[k] }

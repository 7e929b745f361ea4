package rule

import (
	"github.com/copytaster/copytaster/monitor/text"
)

// Expr is a parsed expression. It is immutable and safe for concurrent use.
type Expr struct {
	root Node
}

// Root returns the expression's outermost node.
func (e *Expr) Root() Node { return e.root }

// Node is a part of an expression: *And, *Or, *Not, *In, *Phrase or *Fact.
// Nodes are read-only once parsed.
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

// Part is a set of fields.
type Part uint8

// The parts that an expression can name.
const (
	Title    Part = 1 << text.Title
	Body     Part = 1<<text.Summary | 1<<text.Content
	Anywhere      = Title | Body
)

// Has reports whether a field belongs to the part.
func (p Part) Has(f text.Field) bool { return p&(1<<f) != 0 }

// Phrase holds where its words, at least one, stand next to each other in
// order within one field.
type Phrase struct {
	Form  Form
	Words []Word
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

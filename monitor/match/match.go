package match

import (
	"fmt"
	"slices"
	"sync"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/rule"
	"github.com/copytaster/copytaster/monitor/text"
)

// Rule is what somebody watches for.
type Rule struct {
	Name string
	// Match is the expression as its author wrote it; Expr is what it was
	// parsed to and must not be nil.
	Match string
	Expr  *rule.Expr
	// In limits the rule to the articles of these feeds; empty: all feeds.
	In []Scope
	// Language, a BCP 47 tag, limits the rule to articles in that language
	// and those whose language could not be told; "": no limit.
	Language string
}

// Scope is a set of feeds: those with a tag, or those with a name, title or
// URL. Case and accents do not count.
type Scope struct {
	Tag  string
	Feed string // when Tag is ""
}

// Match is a rule that an article matches, and why. Excerpt makes something to
// read of it.
type Match struct {
	// Rule is the index's own, as Index.Rule returns it.
	Rule *Rule
	// Spans are the evidence in order of field and position, at most
	// rule.MaxEvidence pieces; none when facts alone decided.
	Spans []text.Span
}

// Index holds rules. It is immutable and safe for concurrent use: when rules
// change, Update returns another.
type Index struct {
	parts  []part
	shared *shared
}

// part is a segment of an index. The first has almost all rules, the others
// those that changed since.
type part struct {
	*segment
	base  int32    // the number of its first rule
	dead  []uint64 // by rule: it was removed or replaced; may be nil
	gone  int      // how many are
	names *names
}

// shared is what an index and those made of it have in common.
type shared struct {
	scanner  *text.Scanner
	analyzer *text.Analyzer
	pool     sync.Pool // of *article
}

// article is an article while it is matched.
type article struct {
	a        *feeds.Article
	scan     text.Scan
	doc      text.Document
	analyzer *text.Analyzer
	analyzed bool
	found    []int32
	// scanned counts the entries of its ids, looked those that were tested.
	scanned, looked int
}

// document returns the article as the evaluator reads it.
func (x *article) document() *text.Document {
	if !x.analyzed {
		x.analyzed = true
		x.analyzer.Analyze(&x.doc, source(x.a))
	}
	return &x.doc
}

func source(a *feeds.Article) text.Source {
	return text.Source{Title: a.Title, Summary: a.Summary, Content: a.ContentText, Language: a.Language}
}

// field returns the field of a word by its number.
func (x *article) field(i uint32) text.Field {
	f := text.Title
	for int(i) >= x.scan.Ends[f] {
		f++
	}
	return f
}

func (x *article) word(i uint32) string {
	w := &x.scan.Words[i]
	return x.scan.Text(x.field(i))[w.From:w.To]
}

// limits are what a rule asks of an article beside its expression.
type limits struct {
	language string
	scoped   bool
	feeds    []*rule.Fact
}

// New returns an index of the rules, in their order. It keeps the slice, which
// must not change any more. It panics when an Expr is nil.
func New(rules []Rule) *Index {
	for i := range rules {
		if rules[i].Expr == nil {
			panic(fmt.Sprintf("match: rule %q has no expression", rules[i].Name))
		}
	}
	sh := &shared{scanner: text.NewScanner(), analyzer: text.NewAnalyzer()}
	sh.pool.New = func() any { return &article{analyzer: sh.analyzer} }
	return newIndex(sh, rules)
}

func newIndex(sh *shared, rules []Rule) *Index {
	ix := &Index{shared: sh}
	for from := 0; from == 0 || from < len(rules); from += maxRules {
		some := rules[from:min(from+maxRules, len(rules))]
		ix.parts = append(ix.parts, part{segment: newSegment(some, sh.scanner, sh.scanner), base: int32(from), names: &names{}})
	}
	return ix
}

func newLimits(r *Rule) limits {
	l := limits{language: text.CanonicalLanguage(r.Language), scoped: len(r.In) > 0}
	for _, s := range r.In {
		kind, value := rule.Feed, s.Feed
		if s.Tag != "" {
			kind, value = rule.Tag, s.Tag
		}
		// A scope that names nothing holds for nothing.
		if f, err := rule.NewFact(kind, value); err == nil {
			l.feeds = append(l.feeds, f)
		}
	}
	return l
}

func (l *limits) hold(d *text.Document, a *feeds.Article) bool {
	if l.language != "" && d.Language() != "" && !text.LanguageIs(d.Language(), l.language) {
		return false
	}
	return !l.scoped || slices.ContainsFunc(l.feeds, func(f *rule.Fact) bool { return f.Holds(d, a) })
}

// Find appends to dst the numbers of the rules that the article matches,
// ascending. It reads title, summary, content text, language, URL and feed,
// and what else an expression names. Where it meets no word for the first time
// and no rule needs the evaluator, it allocates nothing but dst.
func (ix *Index) Find(dst []int32, a *feeds.Article) []int32 {
	x := ix.shared.pool.Get().(*article)
	dst = ix.find(dst, x, a)
	ix.put(x)
	return dst
}

func (ix *Index) find(dst []int32, x *article, a *feeds.Article) []int32 {
	x.a, x.analyzed, x.scanned, x.looked = a, false, 0, 0
	ix.shared.scanner.Scan(&x.scan, source(a))
	for i := range ix.parts {
		p := &ix.parts[i]
		dst = p.find(dst, x, p.base, p.dead)
	}
	return dst
}

func (ix *Index) put(x *article) {
	x.a = nil
	ix.shared.pool.Put(x)
}

// Match returns the rules that the article matches, in the order of their
// numbers, with evidence. It reads what Find does.
func (ix *Index) Match(a *feeds.Article) []Match {
	x := ix.shared.pool.Get().(*article)
	defer ix.put(x)
	x.found = ix.find(x.found[:0], x, a)
	if len(x.found) == 0 {
		return nil
	}
	d := x.document()
	matches := make([]Match, 0, len(x.found))
	for _, i := range x.found {
		r := ix.Rule(i)
		if spans, ok := r.Expr.Eval(d, a); ok {
			matches = append(matches, Match{Rule: r, Spans: spans})
		}
	}
	return matches
}

// Size returns how many bytes of memory the index takes, without the rules
// themselves and what matching needs at a time.
func (ix *Index) Size() int {
	n := 0
	for i := range ix.parts {
		n += ix.parts[i].size() + 8*cap(ix.parts[i].dead)
	}
	return n
}

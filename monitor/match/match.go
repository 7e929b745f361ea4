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
	// Rule points into what Index.Rules returns.
	Rule *Rule
	// Spans are the evidence in order of field and position, at most
	// rule.MaxEvidence pieces; none when facts alone decided.
	Spans []text.Span
}

// Index holds rules. It is immutable and safe for concurrent use.
type Index struct {
	rules    []Rule
	limits   []limits
	postings postings
	analyzer *text.Analyzer
	scratch  sync.Pool // of *scratch
}

// limits are what a rule asks of an article beside its expression.
type limits struct {
	language string
	scoped   bool
	feeds    []*rule.Fact
}

// scratch is what one article at a time needs.
type scratch struct {
	doc text.Document
	// seen holds, per rule, the last round in which it was a candidate.
	seen       []uint32
	round      uint32
	candidates []int32
}

// New returns an index of the rules, in their order. It keeps the slice, which
// must not change any more. It panics when an Expr is nil.
func New(rules []Rule) *Index {
	ix := &Index{rules: rules, limits: make([]limits, len(rules)), analyzer: text.NewAnalyzer()}
	ix.scratch.New = func() any { return &scratch{seen: make([]uint32, len(rules))} }
	for i := range rules {
		r := &rules[i]
		if r.Expr == nil {
			panic(fmt.Sprintf("match: rule %q has no expression", r.Name))
		}
		ix.limits[i] = newLimits(r)
		ix.postings.add(int32(i), r.Expr)
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

// Rules returns the rules in their order. They must not be changed.
func (ix *Index) Rules() []Rule { return ix.rules }

// Match returns the rules that the article matches, in their order. It reads
// title, summary, content text, language, URL and feed.
func (ix *Index) Match(a *feeds.Article) []Match {
	s := ix.scratch.Get().(*scratch)
	defer ix.scratch.Put(s)
	ix.analyzer.Analyze(&s.doc, text.Source{
		Title: a.Title, Summary: a.Summary, Content: a.ContentText, Language: a.Language,
	})
	var matches []Match
	for _, i := range ix.candidates(s) {
		if !ix.limits[i].hold(&s.doc, a) {
			continue
		}
		if spans, ok := ix.rules[i].Expr.Eval(&s.doc, a); ok {
			matches = append(matches, Match{Rule: &ix.rules[i], Spans: spans})
		}
	}
	return matches
}

// candidates returns the rules that the article may match, in order. They hold
// until s is used again.
func (ix *Index) candidates(s *scratch) []int32 {
	if s.round++; s.round == 0 {
		clear(s.seen)
		s.round = 1
	}
	s.candidates = append(s.candidates[:0], ix.postings.always...)
	add := func(rules []int32) {
		for _, i := range rules {
			if s.seen[i] != s.round {
				s.seen[i] = s.round
				s.candidates = append(s.candidates, i)
			}
		}
	}
	stems := ix.postings.stems[s.doc.Stemmer()]
	tokens := s.doc.Tokens()
	for i := range tokens {
		t := &tokens[i]
		add(stems[t.Stem()])
		add(ix.postings.folds[t.Folded()])
	}
	slices.Sort(s.candidates)
	return s.candidates
}

package notify

import (
	"time"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/text"
)

// Type says what an alert is about; it is the type of its webhook.
type Type string

const (
	// ArticleMatched: an article matched a rule.
	ArticleMatched Type = "article.matched"
	// Test: somebody asked for a test alert.
	Test Type = "test"
)

// Alert is what receivers are told: one rule matched one article. It is
// complete in itself, so that it reads the same on every attempt and replay,
// even after the article was edited or pruned.
type Alert struct {
	// ID is a ULID, given by the store.
	ID   string    `json:"id"`
	Type Type      `json:"type"`
	Time time.Time `json:"time"`
	Rule Rule      `json:"rule"`
	// Article is as it was when it matched.
	Article *feeds.Article `json:"article"`
	// Matches is the evidence, in order of field and position.
	Matches []text.Span  `json:"matches,omitempty"`
	Excerpt text.Excerpt `json:"excerpt"`
	// Receivers are the names of those who are to hear it. The store makes a
	// delivery for each and does not keep the list.
	Receivers []string `json:"-"`
}

// Rule is the watch rule as it was when it matched.
type Rule struct {
	Name  string `json:"name"`
	Match string `json:"match"`
	// Version tells texts of the rule apart: it is short, the same as long as
	// the rule means the same, and another when its text or its scope was
	// changed. It is "" for alerts recorded before there were versions.
	Version string `json:"version,omitempty"`
}

// Package console prints alerts for people at a terminal:
//
//	Oslo ready to «mediate» in the «Gulf» «crisis»
//	https://news.example.org/world/gulf
//	2026-03-14 10:16 +01:00 · rule gulf-crisis-mediation · Example World
//	  … the minister said that Norway was ready to «mediate» in the
//	  «Gulf» «crisis» …
//
// that is the title, the link, when the article was published, which rule it
// matched, the feed, and an excerpt; the words that matched are marked. An
// empty line ends each alert.
//
// What feeds say is written by strangers: control characters, escape sequences
// and characters that reorder text never reach the terminal.
package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/mattn/go-runewidth"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/text"
	"github.com/copytaster/copytaster/notify"
)

// The most characters that are shown of a text, so that no article floods the
// terminal.
const (
	maxTitle   = 400
	maxURL     = 2000
	maxName    = 100
	maxExcerpt = 1000
)

// minWidth is the smallest width that alerts are laid out for.
const minWidth = 20

// Options says how alerts look.
type Options struct {
	// Color marks words in bold red, as grep does, instead of «so».
	Color bool
	// Width is the width of a line in columns; 0 is 80, the least is 20.
	// Links are not wrapped and can be longer.
	Width int
	// Zone is the time zone that times are shown in; nil is time.Local.
	Zone *time.Location
}

// Console is a notify.Notifier that prints alerts. It is safe for concurrent
// use; attempts made one at a time keep alerts in the order in which they fell
// due.
type Console struct {
	color  bool
	width  int
	zone   *time.Location
	widths *runewidth.Condition

	mu sync.Mutex
	w  io.Writer
}

// New returns a console that prints to w, with one Write for each alert.
func New(w io.Writer, o Options) *Console {
	c := &Console{
		color: o.Color, width: o.Width, zone: o.Zone, w: w,
		// The same in every locale.
		widths: &runewidth.Condition{StrictEmojiNeutral: true},
	}
	if c.width == 0 {
		c.width = 80
	}
	c.width = max(c.width, minWidth)
	if c.zone == nil {
		c.zone = time.Local
	}
	return c
}

// Notify prints the delivery's alert. A Write that blocks is not ended by ctx.
func (c *Console) Notify(ctx context.Context, d notify.Delivery) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if d.Alert == nil {
		return notify.Permanent(errors.New("print alert: the delivery has no alert"))
	}
	out := c.render(d.Alert)
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := io.WriteString(c.w, out); err != nil {
		return fmt.Errorf("print alert: %w", err)
	}
	return nil
}

// render returns an alert as it is printed.
func (c *Console) render(a *notify.Alert) string {
	article := a.Article
	if article == nil {
		article = new(feeds.Article)
	}
	var b strings.Builder
	title, marks := article.Title, titleMarks(a.Matches)
	excerpt := a.Excerpt
	if excerpt.Text == title {
		marks = append(marks, excerpt.Marks...)
		excerpt = text.Excerpt{}
	}
	if a.Type == notify.Test {
		c.write(&b, line{text: "Test alert", limit: maxTitle, style: bold})
	}
	if title == "" && article.URL == "" && excerpt.Text == "" && a.Type != notify.Test {
		title = "(an article without title, link and text)"
	}
	c.write(&b, line{text: title, marks: marks, limit: maxTitle, style: bold})
	if link := c.link(article.URL); link != "" {
		b.WriteString(link + "\n")
	}
	c.write(&b, line{text: c.about(a, article), limit: 3 * maxName, style: dim})
	c.write(&b, line{text: excerpt.Text, marks: excerpt.Marks, limit: maxExcerpt, indent: "  "})
	b.WriteByte('\n')
	return b.String()
}

// about returns when, by which rule and from which feed. The feed's name comes
// last: in a script that runs from right to left it would pull what follows it
// to its left.
func (c *Console) about(a *notify.Alert, article *feeds.Article) string {
	var parts []string
	if when := article.When(); !when.IsZero() {
		parts = append(parts, when.In(c.zone).Format("2006-01-02 15:04 -07:00"))
	}
	if a.Rule.Name != "" {
		parts = append(parts, "rule "+clip(a.Rule.Name, maxName))
	}
	if article.Feed != nil && article.Feed.Name != "" {
		parts = append(parts, clip(article.Feed.Name, maxName))
	}
	return strings.Join(parts, " · ")
}

// link returns a URL on one line.
func (c *Console) link(url string) string {
	var b strings.Builder
	for _, g := range c.glyphs(url, nil, maxURL) {
		// A space can carry a combining mark and be no place to end a line, yet
		// end the link for whoever clicks on it.
		b.WriteString(strings.ReplaceAll(g.text, " ", "%20"))
	}
	return b.String()
}

// titleMarks returns the evidence that stands in the title.
func titleMarks(matches []text.Span) [][2]int {
	var marks [][2]int
	for _, m := range matches {
		if m.Field == text.Title {
			marks = append(marks, [2]int{m.Start, m.End})
		}
	}
	return marks
}

// clip returns the first n code points of s.
func clip(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i] + "…"
		}
		n--
	}
	return s
}

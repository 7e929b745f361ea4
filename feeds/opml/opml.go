// Package opml reads and writes lists of feeds in OPML 2.0
// (http://opml.org/spec2.opml), the form in which readers exchange
// subscriptions.
package opml

import "strings"

// Outline is one feed of a list.
type Outline struct {
	// URL is the feed's address (xmlUrl) as it was given, without white space
	// around it.
	URL string
	// Title is the feed's name on one line, or "".
	Title string
	// Site is the page that the feed belongs to (htmlUrl), or "".
	Site string
	// Tags are the names of the folders around the feed, outermost first, then
	// its categories, without repeats.
	Tags []string
	// Language is what the list says of the feed's language, or "".
	Language string
}

// line puts text on one line.
func line(s string) string { return strings.Join(strings.Fields(s), " ") }

// tag returns a folder's or category's name without the slashes that mark a
// path (http://opml.org/spec2.opml, "category").
func tag(s string) string { return line(strings.Trim(line(s), "/ ")) }

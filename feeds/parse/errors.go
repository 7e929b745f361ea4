package parse

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// Parse's errors wrap one of these, by what can be done about it. Their text
// is meant for people and quotes nothing of the document but names of
// elements.
var (
	// ErrNotFeed: the document is something else, and the text says what.
	ErrNotFeed = errors.New("not a feed")
	// ErrMalformed: the document is a feed that cannot be read.
	ErrMalformed = errors.New("malformed feed")
	// ErrLimit: the document asks for more work than any real feed does. The
	// text names the limit.
	ErrLimit = errors.New("feed refused")
)

func notFeed(what string) error { return fmt.Errorf("%w: %s", ErrNotFeed, what) }

// malformed reports what is wrong at an offset of doc.
func malformed(doc []byte, at int, format string, args ...any) error {
	line := 1 + bytes.Count(doc[:min(at, len(doc))], []byte{'\n'})
	return fmt.Errorf("%w: line %d: %s", ErrMalformed, line, fmt.Sprintf(format, args...))
}

func refused(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrLimit, fmt.Sprintf(format, args...))
}

// sniffed is how much of a document is looked at to say what it is.
const sniffed = 64 << 10

// identify says what a document is that is no feed. text is the document as
// UTF-8, root the name of its first element, "" if it has none.
func identify(doc Document, text []byte, root string) error {
	raw := doc.Body[:min(len(doc.Body), sniffed)]
	head := bytes.ToLower(text[:min(len(text), sniffed)])
	has := func(words ...string) bool {
		for _, w := range words {
			if bytes.Contains(head, []byte(w)) {
				return true
			}
		}
		return false
	}
	switch lower := strings.ToLower(root); {
	case len(bytes.TrimSpace(text)) == 0 && len(bytes.Trim(raw, "\x00")) == len(raw):
		return notFeed("an empty document")
	case bytes.HasPrefix(raw, []byte("\x1f\x8b")):
		return notFeed("compressed data")
	case bytes.HasPrefix(raw, []byte("%PDF")):
		return notFeed("a PDF document")
	case bytes.IndexByte(raw, 0) >= 0 && wide(raw) == nil:
		return notFeed("binary data")
	case lower == "opml":
		return notFeed("an OPML list of feeds; name it under opml:")
	case lower == "urlset" || lower == "sitemapindex":
		return notFeed("a sitemap")
	case has("<!doctype html", "<html") || htmlRoots[lower]:
		switch {
		case has("cf-chl", "cf_chl", "just a moment...", "captcha", "challenge-platform", "ddos-guard", "verify you are human", "are you a robot"):
			return notFeed("an HTML page that checks for bots")
		case has(`type="password"`, `type='password'`, "type=password"):
			return notFeed("an HTML page that asks for a login")
		case has("application/rss+xml", "application/atom+xml", "application/feed+json"):
			return notFeed("an HTML page; it names feeds of its own")
		}
		return notFeed("an HTML page")
	case root != "":
		return notFeed(fmt.Sprintf("an XML document with the root element <%s>", clip(root, 40)))
	}
	if bytes.HasPrefix(bytes.TrimSpace(head), []byte("<?xml")) {
		return notFeed("an XML document without a root element")
	}
	return notFeed("plain text")
}

// htmlRoots are elements that HTML without <html> begins with.
var htmlRoots = map[string]bool{
	"head": true, "body": true, "title": true, "meta": true, "script": true, "style": true, "div": true, "p": true,
	"br": true, "b": true, "h1": true, "form": true, "center": true, "table": true, "span": true, "iframe": true,
}

// clip shortens a name for an error message.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return s[:runeStart(s, n)] + "…"
}

package opml

import (
	"bufio"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"
)

// Write writes a list of feeds, one outline each in the order given, as OPML
// 2.0. Tags become categories, since a feed can stand in one folder only; a
// comma in a tag, which would end a category, becomes a space. The zero time
// leaves the date out. Userinfo in an address is not written.
func Write(w io.Writer, title string, created time.Time, list []Outline) error {
	b := bufio.NewWriter(w)
	b.WriteString(xml.Header + "<opml version=\"2.0\">\n  <head>\n    <title>")
	escape(b, line(title))
	b.WriteString("</title>\n")
	if !created.IsZero() {
		// RFC 822 with a four-digit year, as the OPML specification asks.
		fmt.Fprintf(b, "    <dateCreated>%s</dateCreated>\n", created.UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT"))
	}
	b.WriteString("    <docs>http://opml.org/spec2.opml</docs>\n  </head>\n  <body>\n")
	for _, o := range list {
		writeOutline(b, o)
	}
	b.WriteString("  </body>\n</opml>\n")
	if err := b.Flush(); err != nil {
		return fmt.Errorf("write OPML: %w", err)
	}
	return nil
}

// writeOutline writes one feed. Errors stay in b for Flush.
func writeOutline(b *bufio.Writer, o Outline) {
	url, title := withoutUserinfo(strings.TrimSpace(o.URL)), line(o.Title)
	text := title
	if text == "" {
		text = url // the specification demands one
	}
	var categories []string
	for _, t := range o.Tags {
		if t = tag(strings.ReplaceAll(t, ",", " ")); t != "" {
			categories = append(categories, t)
		}
	}
	b.WriteString(`    <outline type="rss"`)
	attribute(b, "text", text)
	for _, a := range [...]struct{ name, value string }{
		{"title", title},
		{"xmlUrl", url},
		{"htmlUrl", withoutUserinfo(strings.TrimSpace(o.Site))},
		{"language", strings.TrimSpace(o.Language)},
		{"category", strings.Join(categories, ",")},
	} {
		if a.value != "" {
			attribute(b, a.name, a.value)
		}
	}
	b.WriteString("/>\n")
}

func attribute(b *bufio.Writer, name, value string) {
	b.WriteString(" " + name + `="`)
	escape(b, value)
	b.WriteByte('"')
}

func escape(b *bufio.Writer, s string) {
	_ = xml.EscapeText(b, []byte(s)) // b keeps its error
}

// withoutUserinfo cuts the name and password out of an address. It works on
// the text, so that no address is too odd for it.
func withoutUserinfo(url string) string {
	scheme, rest, ok := strings.Cut(url, "://")
	if !ok {
		return url
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	if at := strings.LastIndex(rest[:end], "@"); at >= 0 {
		rest = rest[at+1:]
	}
	return scheme + "://" + rest
}

package parse_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/mmcdole/gofeed"

	"github.com/copytaster/copytaster/feeds/parse"
)

// typical is a feed of 30 items and about 19 KB, as on a poll of a news site.
func typical() parse.Document {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/">
<channel><title>Harbour Gazette</title><link>https://example.org/</link><description>News of the quay</description><language>en</language>
<atom:link href="https://example.org/feed.xml" rel="self" type="application/rss+xml"/>
`)
	for i := range 30 {
		fmt.Fprintf(&b, `<item><title>Ferry number %d leaves the harbour &amp; returns</title><link>https://example.org/news/2026/11/%d/ferry</link>
<guid isPermaLink="false">https://example.org/?p=%d</guid><pubDate>Fri, 20 Nov 2026 08:%02d:00 GMT</pubDate><dc:creator>Ada Quay</dc:creator><category>Sea</category>
<description><![CDATA[<p>The ferry with the number %d left the harbour this morning with <b>forty</b> passengers. <a href="https://example.org/more/%d">It waited</a> an hour for the fog to lift, said the harbour master, and came back before noon with letters and fish.</p>]]></description></item>
`, i, i, i, i, i, i)
	}
	b.WriteString("</channel></rss>\n")
	return parse.Document{Body: []byte(b.String()), URL: "https://example.org/feed.xml"}
}

func BenchmarkParse(b *testing.B) {
	doc := typical()
	full, err := parse.Parse(doc, nil)
	if err != nil || len(full.Items) != 30 {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		unknown int
	}{{"new=30", 30}, {"new=1", 1}, {"new=0", 0}} {
		known := make(map[uint64]bool)
		for _, it := range full.Items[c.unknown:] {
			known[it.Fingerprint] = true
		}
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(doc.Body)))
			for b.Loop() {
				if _, err := parse.Parse(doc, func(fp uint64) bool { return known[fp] }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("gofeed", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(doc.Body)))
		p := gofeed.NewParser()
		for b.Loop() {
			if _, err := p.Parse(bytes.NewReader(doc.Body)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("gofeed-no-image-scan", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(doc.Body)))
		p := gofeed.NewParser()
		p.RSSTranslator = &gofeed.DefaultRSSTranslator{DisableContentImageScan: true}
		for b.Loop() {
			if _, err := p.Parse(bytes.NewReader(doc.Body)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkOutline measures the walk in front of gofeed on a large document:
// all items are known and the head is small.
func BenchmarkOutline(b *testing.B) {
	doc := typical()
	begin, end := bytes.Index(doc.Body, []byte("<item>")), bytes.LastIndex(doc.Body, []byte("</channel>"))
	items := bytes.Repeat(doc.Body[begin:end], 50)
	doc.Body = append(append(bytes.Clone(doc.Body[:begin]), items...), "</channel></rss>"...)
	b.ReportAllocs()
	b.SetBytes(int64(len(doc.Body)))
	for b.Loop() {
		if _, err := parse.Parse(doc, func(uint64) bool { return true }); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPlainText(b *testing.B) {
	s := strings.Repeat(`<p>The ferry with the number left the harbour this <b>morning</b> with passengers &amp; <a href="https://example.org/more/">it waited</a> an hour for the fog to lift.</p>`, 4)
	b.ReportAllocs()
	b.SetBytes(int64(len(s)))
	for b.Loop() {
		parse.PlainText(s)
	}
}

func BenchmarkDate(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		parse.Date("Fri, 20 Nov 2026 08:12:00 GMT")
	}
}

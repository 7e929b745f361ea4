package feeds_test

import (
	"testing"
	"time"

	"github.com/copytaster/copytaster/feeds"
)

func day(d int) time.Time { return time.Date(2026, 11, d, 9, 0, 0, 0, time.UTC) }

func identify(articles ...*feeds.Article) []feeds.Identity { return feeds.Identify(articles, nil) }

func TestCanonicalLink(t *testing.T) {
	for _, tt := range []struct{ name, a, b string }{
		{"scheme", "http://example.org/a", "https://example.org/a"},
		{"host case and www", "https://WWW.Example.org/a", "https://example.org/a"},
		{"default port", "https://example.org:443/a", "https://example.org/a"},
		{"fragment", "https://example.org/a#comments", "https://example.org/a"},
		{"trailing slash", "https://example.org/a/", "https://example.org/a"},
		{"tracking", "https://example.org/a?utm_source=rss&id=7&fbclid=x", "https://example.org/a?id=7"},
		{"order", "https://example.org/a?b=2&a=1", "https://example.org/a?a=1&b=2"},
		{"only tracking", "https://example.org/a?at_medium=RSS", "https://example.org/a"},
		{"white space", " https://example.org/a\n", "https://example.org/a"},
	} {
		if a, b := feeds.CanonicalLink(tt.a), feeds.CanonicalLink(tt.b); a != b {
			t.Errorf("%s: %q and %q differ", tt.name, a, b)
		}
	}
	for _, tt := range []struct{ name, a, b string }{
		{"path", "https://example.org/a", "https://example.org/b"},
		{"path case", "https://example.org/a", "https://example.org/A"},
		{"query", "https://example.org/?p=1", "https://example.org/?p=2"},
		{"host", "https://a.example.org/", "https://b.example.org/"},
		{"odd port", "https://example.org:8443/a", "https://example.org/a"},
		{"escaped slash", "https://example.org/a%2Fb", "https://example.org/a/b"},
	} {
		if a, b := feeds.CanonicalLink(tt.a), feeds.CanonicalLink(tt.b); a == b {
			t.Errorf("%s: both are %q", tt.name, a)
		}
	}
	if got := feeds.CanonicalLink("mailto:desk@example.org"); got != "mailto:desk@example.org" {
		t.Errorf("a link of another kind became %q", got)
	}
}

func TestIdentifyKeysByGUIDThenLinkThenTitle(t *testing.T) {
	full := &feeds.Article{GUID: "g1", URL: "https://example.org/1", Title: "One", Published: day(1)}
	retitled := &feeds.Article{GUID: "g1", URL: "https://example.org/one", Title: "One, corrected", Published: day(2)}
	if a, b := identify(full)[0], identify(retitled)[0]; a.Key != b.Key {
		t.Error("an article with the same guid got another key")
	} else if a.Revision == b.Revision {
		t.Error("another title is the same revision")
	}
	a := identify(&feeds.Article{URL: "http://example.org/1?utm_campaign=x", Title: "One"})[0]
	b := identify(&feeds.Article{URL: "https://www.example.org/1", Title: "Two"})[0]
	if a.Key != b.Key {
		t.Error("without guid, the same link got another key")
	}
	c := identify(&feeds.Article{Title: "One", Published: day(1)})[0]
	d := identify(&feeds.Article{Title: " one ", Published: day(1)})[0]
	e := identify(&feeds.Article{Title: "One", Published: day(2)})[0]
	if c.Key != d.Key || c.Key == e.Key {
		t.Error("without guid and link, title and date do not decide")
	}
	f := identify(&feeds.Article{Summary: "No title, no date."})[0]
	g := identify(&feeds.Article{Summary: "Another text."})[0]
	if f.Key == g.Key {
		t.Error("articles with nothing but different texts are one")
	}
}

// When an article was first seen is no part of what it is.
func TestIdentifyIgnoresSeen(t *testing.T) {
	a := identify(&feeds.Article{Title: "One"})[0]
	b := identify(&feeds.Article{Title: "One", Seen: day(3)})[0]
	if a.Key != b.Key || a.Aliases[0] != b.Aliases[0] {
		t.Error("identity depends on when we looked")
	}
}

func TestIdentifyOneGUIDForAllItems(t *testing.T) {
	items := []*feeds.Article{
		{GUID: "feed-1", URL: "https://example.org/1", Title: "One"},
		{GUID: "feed-1", URL: "https://example.org/2", Title: "Two"},
		{GUID: "feed-1", URL: "https://example.org/2", Title: "Three"},
		{GUID: "feed-1", URL: "https://example.org/2", Title: "Three"},
	}
	ids := identify(items...)
	if ids[0].Key == ids[1].Key || ids[1].Key == ids[2].Key || ids[0].Key == ids[2].Key {
		t.Error("items that share a guid are taken for one")
	}
	if ids[2].Key != ids[3].Key {
		t.Error("an item that is repeated whole is taken for two")
	}
}

// What was recognised without being read again still takes up its key.
func TestIdentifyKeepsClearOfTakenKeys(t *testing.T) {
	first := &feeds.Article{GUID: "g", URL: "https://example.org/1", Title: "One"}
	second := &feeds.Article{GUID: "g", URL: "https://example.org/2", Title: "Two"}
	alone := identify(first)[0]
	if got := feeds.Identify([]*feeds.Article{second}, []feeds.Key{alone.Key})[0]; got.Key == alone.Key {
		t.Error("a new item with a taken guid got the taken key")
	}
}

func agreeing(a, b feeds.Identity) int {
	n := 0
	for _, x := range a.Aliases {
		for _, y := range b.Aliases {
			if x == y {
				n++
			}
		}
	}
	return n
}

func TestAliases(t *testing.T) {
	for _, tt := range []struct {
		name string
		a, b feeds.Article
		same bool
	}{
		{"guid flaps between http and https",
			feeds.Article{GUID: "http://example.org/n/1", URL: "http://example.org/n/1", Title: "One", Published: day(1)},
			feeds.Article{GUID: "https://example.org/n/1", URL: "https://example.org/n/1", Title: "One (updated)", Published: day(2)}, true},
		{"guid made anew every day",
			feeds.Article{GUID: "a81f", URL: "https://example.org/n/1", Title: "One", Published: day(1)},
			feeds.Article{GUID: "07cc", URL: "https://example.org/n/1", Title: "One", Published: day(1)}, true},
		{"planet: two blogs number their posts alike",
			feeds.Article{GUID: "https://ann.example/?p=12", URL: "https://ann.example/?p=12", Title: "Holiday", Published: day(1)},
			feeds.Article{GUID: "https://bob.example/?p=12", URL: "https://bob.example/?p=12", Title: "Compilers", Published: day(1)}, false},
		{"status page: one link for all",
			feeds.Article{GUID: "1", URL: "https://status.example/", Title: "Database slow", Published: day(1)},
			feeds.Article{GUID: "2", URL: "https://status.example/", Title: "Database fast", Published: day(1)}, false},
		{"same headline on the same day elsewhere",
			feeds.Article{GUID: "1", URL: "https://example.org/1", Title: "Correction", Published: day(1)},
			feeds.Article{GUID: "2", URL: "https://example.org/2", Title: "Correction", Published: day(1)}, false},
		{"no link: title and day are all there is",
			feeds.Article{GUID: "1", Title: "Minutes of the council", Published: day(1)},
			feeds.Article{GUID: "2", Title: "Minutes of the council", Published: day(1).Add(time.Hour)}, true},
	} {
		a, b := identify(&tt.a)[0], identify(&tt.b)[0]
		if got := b.Same(agreeing(a, b)); got != tt.same {
			t.Errorf("%s: same is %v", tt.name, got)
		}
	}
}

// What several articles of a document have in common is a sign of none.
func TestIdentifyDropsSharedAliases(t *testing.T) {
	ids := identify(
		&feeds.Article{GUID: "1", URL: "https://status.example/", Title: "Investigating", Published: day(1)},
		&feeds.Article{GUID: "2", URL: "https://status.example/", Title: "Investigating", Published: day(1)},
		&feeds.Article{GUID: "3", URL: "https://status.example/", Title: "Resolved", Published: day(1)},
		&feeds.Article{GUID: "4", URL: "https://status.example/4", Title: "Resolved partly", Published: day(1)},
	)
	for i, want := range []int{0, 0, 0, 2} {
		if got := len(ids[i].Aliases); got != want {
			t.Errorf("article %d has %d aliases, want %d", i+1, got, want)
		}
	}
}

func TestRevisionIgnoresWhiteSpaceAndMarkup(t *testing.T) {
	a := &feeds.Article{Title: "One", ContentHTML: "<p>Text here.</p>", ContentText: "Text here."}
	b := &feeds.Article{Title: "One ", ContentHTML: `<p class="x">Text  here.</p>`, ContentText: "Text\nhere.", URL: "https://example.org/?utm_id=1"}
	if feeds.Revision(a) != feeds.Revision(b) {
		t.Error("markup or white space makes a revision")
	}
	// The fields are apart: text that moves from one to the next is a change.
	c := &feeds.Article{Title: "One Text", ContentText: "here."}
	if feeds.Revision(a) == feeds.Revision(c) {
		t.Error("fields run into each other")
	}
}

func BenchmarkIdentify(b *testing.B) {
	var items []*feeds.Article
	for range 30 {
		items = append(items, &feeds.Article{
			GUID:  "https://example.org/news/2026/11/23/" + time.Duration(len(items)).String(),
			URL:   "https://example.org/news/2026/11/23/story?utm_source=rss",
			Title: "Ministers meet again on the coast", Published: day(len(items) + 1),
			Summary: "The talks go into a third day, and nobody expects them to be the last.",
		})
	}
	b.ReportAllocs()
	for b.Loop() {
		feeds.Identify(items, nil)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/30, "ns/article")
}

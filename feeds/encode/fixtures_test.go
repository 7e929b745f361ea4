package encode_test

import (
	"strings"
	"time"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/feeds/encode"
)

func head(format string) encode.Feed {
	return encode.Feed{
		ID:       "https://news.example.org/watch/gulf-mediation",
		Self:     "https://news.example.org/watch/gulf-mediation." + format,
		Site:     "https://news.example.org/",
		Title:    "Copytaster: gulf-mediation",
		Subtitle: `Articles that match "gulf crisis" NEAR/10 mediat*`,
		Alternates: []encode.Link{
			{URL: "https://news.example.org/watch/gulf-mediation.rss", Type: "application/rss+xml"},
			{URL: "https://news.example.org/watch/gulf-mediation.json", Type: "application/feed+json"},
		},
		Version: "1.2.3",
	}
}

func day(n, hour int) time.Time { return time.Date(2026, 11, n, hour, 30, 0, 0, time.UTC) }

// ordinary returns articles as a good feed would give them.
func ordinary() []*feeds.Article {
	wire := &feeds.Source{
		URL: "https://wire.example/me.xml", Name: "Example Wire", Title: "Example Wire: Middle East",
		Site: "https://wire.example/", Tags: []string{"gulf", "news"},
	}
	return []*feeds.Article{
		{
			ID:          "01KABCDEFGHJKMNPQRSTVWXYZ0",
			URL:         "https://wire.example/2026/offer?id=7&lang=en",
			Title:       "Minister offers to mediate in the Gulf crisis",
			Summary:     "A foreign minister says she is ready.\nTalks could begin within days.",
			ContentHTML: `<p>A foreign minister says she is <em>ready</em> to help &amp; listen.</p>`,
			ContentText: "A foreign minister says she is ready to help & listen.",
			Authors:     []string{"Ada Writer", "Bo Reporter"},
			Categories:  []string{"Diplomacy", "Gulf"},
			Language:    "en-GB",
			Published:   day(20, 9), Updated: day(20, 11), Seen: day(20, 10),
			GUID:       "wire-7",
			Enclosures: []feeds.Enclosure{{URL: "https://wire.example/7.mp3", Type: "audio/mpeg", Length: 12345}},
			Image:      "https://wire.example/7.jpg",
			Feed:       wire,
		},
		{
			ID:          "01KABCDEFGHJKMNPQRSTVWXYY9",
			URL:         "https://wire.example/2026/markets",
			Title:       "Profits & losses: 3 < 4",
			ContentText: "Plain text only.\nSecond line: a < b & c.",
			Published:   day(19, 8), Seen: day(19, 9),
			Feed: wire,
		},
		{
			ID:      "note-1",
			Summary: "A note without title, page or date of its own.",
			Seen:    day(18, 7),
			Feed:    &feeds.Source{URL: "file:samples/gulf.xml", Name: "Sample"},
		},
	}
}

// hostile returns articles that carry everything a document must not.
func hostile() []*feeds.Article {
	nasty := "a\x00b\x0b\x1f\uFFFE\uFFFF\u0085\u0092 \xff\xfe ]]> <b>&amp;</b> <!-- & \"'\r\n\t\u2028\U0001F600"
	far := time.Date(40000, 1, 1, 0, 0, 0, 0, time.UTC)
	list := []*feeds.Article{
		nil,
		{},
		{ID: ""},
		{
			ID: nasty, URL: "javascript:alert(1)", Title: nasty, Summary: nasty, ContentHTML: nasty, ContentText: nasty,
			Authors: []string{"", " \n", nasty, nasty}, Categories: []string{"", "\t", nasty, nasty},
			Language: "en_US_\x00", Published: far, Updated: time.Unix(-1e11, 0), Seen: time.Time{},
			GUID: nasty, Image: "data:image/png;base64,AAAA",
			Enclosures: []feeds.Enclosure{
				{URL: "ftp://x.example/a", Type: "audio/mpeg", Length: 1},
				{URL: "http://x.example/a b\x01<>\"^`{|}\\[1]é%zz%4", Type: "not a type", Length: -7},
				{URL: "http://x.example/b", Type: "audio/mpeg; codecs=\"a\\\"b\"", Length: 1 << 62},
				{URL: "http://x.example/b", Type: "video/mp4"},
				{URL: "http://intranet/c", Type: "audio/mpeg", Length: 3},
			},
			Feed: &feeds.Source{URL: nasty, Name: nasty, Title: nasty, Site: "http://", Tags: []string{nasty, ""}},
		},
		{ID: nasty, Title: "the same id again"},
		{ID: "a", Feed: &feeds.Source{}},
		{ID: "b", Title: " \n ", ContentHTML: "<img src=\"https://x.example/i.png\">", Seen: day(3, 4)},
		{ID: "c", Summary: "</title><title>x &#x26; &lt;", URL: "http://user:secret@Bücher.example:80/ü?q=ä b&x=[]#f#g"},
		{ID: "d", URL: "https://[2001:DB8::1]:8443/x", Language: "x-private", Title: "I"},
		{ID: "e", URL: "https://bad host.example/", Language: "und", Title: "J"},
		{ID: "f", URL: "http:///nohost", Language: strings.Repeat("a-", 500), Title: strings.Repeat("long ", 5000)},
		{ID: "g", URL: "//relative.example/x", Language: "zz-qq", Image: "/relative.png", Published: day(30, 1), Seen: day(1, 1)},
		{ID: "h", URL: "https://x.example", Language: "ZH-hant-tw", Title: "tail-less"},
	}
	return list
}

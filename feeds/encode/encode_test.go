package encode_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mmcdole/gofeed"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/feeds/encode"
)

var update = flag.Bool("update", false, "write the golden files anew")

type format struct {
	name   string
	encode func(io.Writer, encode.Feed, []*feeds.Article) error
	check  func([]byte) error
}

func formats(t testing.TB) []format {
	schema := loadSchema(t)
	return []format{
		{"atom", encode.Atom, checkAtom},
		{"rss", encode.RSS, checkRSS},
		{"json", encode.JSON, func(doc []byte) error { return checkJSON(schema, doc) }},
	}
}

func loadSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	schema, err := c.Compile(filepath.Join("testdata", "jsonfeed.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func checkJSON(schema *jsonschema.Schema, doc []byte) error {
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(doc))
	if err != nil {
		return err
	}
	if err := schema.Validate(v); err != nil {
		return err
	}
	seen := map[any]bool{}
	for _, item := range v.(map[string]any)["items"].([]any) {
		id := item.(map[string]any)["id"]
		if seen[id] {
			return fmt.Errorf("id %v twice", id)
		}
		seen[id] = true
	}
	return nil
}

func write(t testing.TB, f format, articles []*feeds.Article) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := f.encode(&b, head(f.name), articles); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestGolden(t *testing.T) {
	for _, f := range formats(t) {
		t.Run(f.name, func(t *testing.T) {
			got := write(t, f, ordinary())
			name := filepath.Join("testdata", "ordinary."+f.name)
			if *update {
				if err := os.WriteFile(name, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("the document differs from %s; it is now:\n%s", name, got)
			}
		})
	}
}

func TestValidWhateverTheArticlesContain(t *testing.T) {
	for _, f := range formats(t) {
		t.Run(f.name, func(t *testing.T) {
			for name, articles := range map[string][]*feeds.Article{
				"none": nil, "ordinary": ordinary(), "hostile": hostile(),
			} {
				doc := write(t, f, articles)
				if err := f.check(doc); err != nil {
					t.Errorf("%s: %v\n%s", name, err, doc)
				}
				if again := write(t, f, articles); !bytes.Equal(doc, again) {
					t.Errorf("%s: a second document differs", name)
				}
				if bytes.Contains(doc, []byte("secret")) {
					t.Errorf("%s: the document holds a link's password", name)
				}
			}
		})
	}
}

func TestReadersSeeTheSame(t *testing.T) {
	articles := ordinary()
	for _, f := range formats(t) {
		t.Run(f.name, func(t *testing.T) {
			got, err := gofeed.NewParser().Parse(bytes.NewReader(write(t, f, articles)))
			if err != nil {
				t.Fatal(err)
			}
			if got.Title != "Copytaster: gulf-mediation" || got.FeedLink != head(f.name).Self {
				t.Errorf("feed is %q at %q", got.Title, got.FeedLink)
			}
			if len(got.Items) != len(articles) {
				t.Fatalf("%d items, want %d", len(got.Items), len(articles))
			}
			for i, a := range articles {
				item := got.Items[i]
				title := a.Title
				if title == "" && f.name == "atom" {
					title = a.Summary
				}
				if item.Title != title || item.Link != a.URL || item.GUID != encode.ID(a.ID) {
					t.Errorf("item %d is %q %q %q", i, item.Title, item.Link, item.GUID)
				}
				if !a.Published.IsZero() && (item.PublishedParsed == nil || !item.PublishedParsed.Equal(a.Published)) {
					t.Errorf("item %d is of %v, want %v", i, item.PublishedParsed, a.Published)
				}
			}
			first := got.Items[0]
			if first.Content != articles[0].ContentHTML {
				t.Errorf("content is %q", first.Content)
			}
			if len(first.Authors) == 0 || first.Authors[0].Name != "Ada Writer" {
				t.Errorf("authors are %v", first.Authors)
			}
			if len(first.Enclosures) != 1 || first.Enclosures[0].URL != "https://wire.example/7.mp3" {
				t.Errorf("enclosures are %v", first.Enclosures)
			}
			if strings.Join(first.Categories, ",") != "Diplomacy,Gulf" {
				t.Errorf("categories are %v", first.Categories)
			}
		})
	}
}

func TestIDsDependOnTheArticleOnly(t *testing.T) {
	const want = "urn:uuid:019a96c6-f5cf-8a2e-8d55-b5c6ed9b7be0"
	got := encode.ID("01KABCDXEFH8Q8TNDNRVPSPYZ0")
	if got != want {
		t.Errorf("ID = %s, want %s", got, want)
	}
	seen := map[string]string{}
	for _, id := range []string{"", "a", "A", "01KABCDEFGHJKMNPQRSTVWXYZ0", "01kabcdefghjkmnpqrstvwxyz0", "81KABCDEFGHJKMNPQRSTVWXYZ0"} {
		u := encode.ID(id)
		if other, ok := seen[u]; ok {
			t.Errorf("%q and %q have one id", id, other)
		}
		if !uuidPattern.MatchString(u) {
			t.Errorf("ID(%q) = %s", id, u)
		}
		seen[u] = id
	}
}

func TestLinksAreRepairedOrLeftOut(t *testing.T) {
	for in, want := range map[string]string{
		"https://x.example/a?b=c&d#e":      "https://x.example/a?b=c&d#e",
		" HTTPS://X.Example:8443/A ":       "https://x.example:8443/A",
		"http://x.example/a b/ü%20%zz%4":   "http://x.example/a%20b/%C3%BC%20%25zz%254",
		"http://x.example/[1]{2}?q=a|b#f#": "http://x.example/%5B1%5D%7B2%7D?q=a%7Cb#f%23",
		"http://u:p@x.example/":            "http://x.example/",
		"http://bücher.example/":           "http://xn--bcher-kva.example/",
		"http://[2001:DB8::1]:80/":         "http://[2001:db8::1]:80/",
		"http://localhost":                 "http://localhost",
		"javascript:alert(1)":              "",
		"//x.example/":                     "",
		"/a":                               "",
		"http://":                          "",
		"http://x y/":                      "",
		"http://x.example\\@evil.example/": "http://evil.example/",
		"http://x.example:99999999/":       "",
		"http://[fe80::1%25en0]/":          "",
		"ftp://x.example/":                 "",
	} {
		doc := write(t, formats(t)[2], []*feeds.Article{{ID: "a", URL: in}})
		got, err := gofeed.NewParser().Parse(bytes.NewReader(doc))
		if err != nil {
			t.Fatal(err)
		}
		if got.Items[0].Link != want {
			t.Errorf("link %q became %q, want %q", in, got.Items[0].Link, want)
		}
	}
}

func TestDatesThatNobodyBelieves(t *testing.T) {
	seen := day(10, 12)
	article := func(published, updated time.Time) []*feeds.Article {
		return []*feeds.Article{{ID: "a", Title: "t", Published: published, Updated: updated, Seen: seen}}
	}
	for name, c := range map[string]struct {
		articles []*feeds.Article
		has, not string
	}{
		"told":             {article(day(9, 1), day(10, 1)), "<updated>2026-11-10T01:30:00Z</updated>\n<published>2026-11-09T01:30:00Z<", ""},
		"future":           {article(day(20, 1), day(25, 1)), "<updated>2026-11-10T12:30:00Z<", "published"},
		"a little ahead":   {article(day(11, 1), time.Time{}), "<published>2026-11-11T01:30:00Z<", ""},
		"before feeds":     {article(time.Unix(0, 0), time.Time{}), "<updated>2026-11-10T12:30:00Z<", "published"},
		"unknown anywhere": {[]*feeds.Article{{ID: "a"}}, "<updated>1990-01-01T00:00:00Z<", "published"},
		"by its ULID":      {[]*feeds.Article{{ID: "01KABCDEFGHJKMNPQRSTVWXYZ0"}}, "<updated>2025-11-", "published"},
	} {
		var b strings.Builder
		if err := encode.Atom(&b, head("atom"), c.articles); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), c.has) || c.not != "" && strings.Contains(b.String(), c.not) {
			t.Errorf("%s: want %q and not %q in\n%s", name, c.has, c.not, b.String())
		}
	}
}

func TestTextThatLooksLikeMarkupIsShownAsItIs(t *testing.T) {
	articles := []*feeds.Article{
		{ID: "1", Title: "AT&T: 1 < 2"},
		{ID: "2", Title: "The <b> tag & &amp; you"},
		{ID: "3", Title: "Tom & Jerry; friends"},
	}
	var b strings.Builder
	if err := encode.Atom(&b, head("atom"), articles); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`<title type="text">AT&amp;T: 1 &lt; 2</title>`,
		`<title type="html">The &amp;lt;b&amp;gt; tag &amp;amp; &amp;amp;amp; you</title>`,
		`<title type="text">Tom &amp; Jerry; friends</title>`,
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %s in\n%s", want, b.String())
		}
	}
}

func TestHeadIsChecked(t *testing.T) {
	for name, f := range map[string]encode.Feed{
		"no self": {Title: "x"}, "relative self": {Self: "/feed.atom"}, "bad id": {Self: "https://x.example/", ID: "feed"},
	} {
		for _, fm := range formats(t) {
			if err := fm.encode(io.Discard, f, nil); err == nil {
				t.Errorf("%s: %s gives no error", name, fm.name)
			}
		}
	}
}

type brokenWriter struct{ after int }

func (w *brokenWriter) Write(p []byte) (int, error) {
	if w.after -= len(p); w.after < 0 {
		return 0, errors.New("connection reset")
	}
	return len(p), nil
}

func TestWriteErrorsAreReturned(t *testing.T) {
	big := &feeds.Article{ID: "big", ContentHTML: strings.Repeat("x", 200_000)}
	for _, f := range formats(t) {
		for _, room := range []int{0, 100_000} {
			if err := f.encode(&brokenWriter{room}, head(f.name), append(ordinary(), big)); err == nil {
				t.Errorf("%s: no error from a writer with room for %d bytes", f.name, room)
			}
		}
	}
}

func FuzzEncode(f *testing.F) {
	f.Add("0", "0", "0", "1", "0", "\x7f", int64(-1)) // a category of nothing but a control character
	f.Add("01KABCDEFGHJKMNPQRSTVWXYZ0", "https://x.example/é", "a <b>", "]]>\x00", "en", "audio/mpeg", int64(1))
	f.Add("x", "http://[::1]:1/[", "&amp;", "\xff</p>", "und", "a/b;c", int64(-1))
	f.Add("", "http://a@b%zz#x#y", "<", "&#0;", "zh-Hant-x-y", "/", int64(1)<<62)
	list := formats(f)
	f.Fuzz(func(t *testing.T, id, link, line, body, lang, kind string, n int64) {
		when := time.Unix(n, 0)
		articles := []*feeds.Article{{
			ID: id, URL: link, Title: line, Summary: body, ContentHTML: body, ContentText: line, Authors: []string{line, body},
			Categories: []string{body, kind}, Language: lang, Published: when, Updated: when, Seen: when, GUID: id, Image: body,
			Enclosures: []feeds.Enclosure{{URL: link, Type: kind, Length: n}, {URL: link + "x", Type: line, Length: n}},
			Feed:       &feeds.Source{URL: link, Name: line, Title: body, Site: line, Tags: []string{kind}},
		}, {ID: body, Title: body, Feed: &feeds.Source{Title: line, Site: link}}, {ID: line, ContentText: body}}
		for _, f := range list {
			doc := write(t, f, articles)
			if err := f.check(doc); err != nil {
				t.Fatalf("%s: %v\n%s", f.name, err, doc)
			}
		}
	})
}

func BenchmarkEncode50(b *testing.B) {
	body := strings.Repeat(`<p>The minister said that she was <em>ready</em> to help &amp; listen.</p>`, 40)
	var articles []*feeds.Article
	for i := range 50 {
		a := *ordinary()[0]
		a.ID = fmt.Sprintf("01KABCDEFGHJKMNPQRSTVWXY%02d", i)
		a.ContentHTML = body
		articles = append(articles, &a)
	}
	for _, f := range formats(b) {
		b.Run(f.name, func(b *testing.B) {
			var buf bytes.Buffer
			b.ReportAllocs()
			for b.Loop() {
				buf.Reset()
				if err := f.encode(&buf, head(f.name), articles); err != nil {
					b.Fatal(err)
				}
			}
			b.SetBytes(int64(buf.Len()))
		})
	}
}

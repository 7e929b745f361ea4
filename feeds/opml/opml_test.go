package opml_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf16"

	"github.com/copytaster/copytaster/feeds/opml"
	"github.com/google/go-cmp/cmp"
)

func body(outlines string) string {
	return `<?xml version="1.0"?><opml version="2.0"><head><title>t</title></head><body>` + outlines + `</body></opml>`
}

func TestParse(t *testing.T) {
	tests := []struct {
		name, document string
		want           []opml.Outline
	}{
		{"one feed", body(`<outline type="rss" text="Gulf" title="Gulf News" xmlUrl=" https://a.example/feed " htmlUrl="https://a.example/" language="en"/>`),
			[]opml.Outline{{URL: "https://a.example/feed", Title: "Gulf News", Site: "https://a.example/", Language: "en"}}},
		{"nested folders", body(`<outline text="News"><outline title="World"><outline text="A" xmlUrl="u:a"/></outline><outline text="B" xmlUrl="u:b"/></outline><outline text="C" xmlUrl="u:c"/>`),
			[]opml.Outline{{URL: "u:a", Title: "A", Tags: []string{"News", "World"}}, {URL: "u:b", Title: "B", Tags: []string{"News"}}, {URL: "u:c", Title: "C"}}},
		{"categories", body(`<outline text="Gulf"><outline xmlUrl="u:a" category="/News/World/, gulf ,Gulf,,/"/></outline>`),
			[]opml.Outline{{URL: "u:a", Tags: []string{"Gulf", "News/World", "gulf"}}}},
		{"folder without a name", body(`<outline><outline text=" / "><outline xmlUrl="u:a"/></outline></outline>`),
			[]opml.Outline{{URL: "u:a"}}},
		{"any case", `<OPML><Body><OUTLINE TEXT="x" XMLURL="u:a" HTMLurl="u:s"/></Body></OPML>`,
			[]opml.Outline{{URL: "u:a", Title: "x", Site: "u:s"}}},
		{"url instead of xmlUrl", body(`<outline type="RSS" url="u:a"/><outline type="link" url="u:b"/>`),
			[]opml.Outline{{URL: "u:a"}}},
		{"listed twice", body(`<outline text="A"><outline xmlUrl="u:a"/></outline><outline xmlUrl="u:b"/><outline text="B"><outline text="Name" xmlUrl="u:a" htmlUrl="u:s" language="ar" category="A,c"/></outline>`),
			[]opml.Outline{{URL: "u:a", Title: "Name", Site: "u:s", Language: "ar", Tags: []string{"A", "B", "c"}}, {URL: "u:b"}}},
		{"feed inside a feed", body(`<outline text="A" xmlUrl="u:a"><outline xmlUrl="u:b"/></outline>`),
			[]opml.Outline{{URL: "u:a", Title: "A"}, {URL: "u:b"}}},
		{"stray ampersands and entities", body(`<outline text="R&D &nbsp; Q&amp;A &eacute;" xmlUrl="https://a.example/?x=1&y=2"/>`),
			[]opml.Outline{{URL: "https://a.example/?x=1&y=2", Title: "R&D Q&A é"}}},
		{"text that is the address", body(`<outline text="u:a" xmlUrl="u:a"/>`), []opml.Outline{{URL: "u:a"}}},
		{"lines in a title", body("<outline text=\" two\n lines\t\" xmlUrl=\"u:a\"/>"), []opml.Outline{{URL: "u:a", Title: "two lines"}}},
		{"tags that do not match", body(`<outline text="A"><b><outline xmlUrl="u:a"></b></outline></i><outline xmlUrl="u:b"/>`),
			[]opml.Outline{{URL: "u:a", Tags: []string{"A"}}, {URL: "u:b"}}},
		{"comments and declarations", "\n <!-- x --><!DOCTYPE opml SYSTEM \"x\">" + body(`<!-- <outline xmlUrl="u:no"/> --><outline xmlUrl="u:a"/>`), []opml.Outline{{URL: "u:a"}}},
		{"illegal characters", body("<outline text=\"a\x00\x01\uffffb\xff\" xmlUrl=\"u:a\"/>"), []opml.Outline{{URL: "u:a", Title: "ab\ufffd"}}},
		{"byte order mark", "\ufeff" + body(`<outline text="é" xmlUrl="u:a"/>`), []opml.Outline{{URL: "u:a", Title: "é"}}},
		{"latin-1", `<?xml version="1.0" encoding="ISO-8859-1"?>` + "<opml><body><outline text=\"caf\xe9\" xmlUrl=\"u:a\"/></body></opml>", []opml.Outline{{URL: "u:a", Title: "café"}}},
		{"windows-1256", `<?xml version='1.0' encoding='windows-1256' ?>` + "<opml><body><outline text=\"\xc7\xe1\xce\xe1\xed\xcc\" xmlUrl=\"u:a\"/></body></opml>", []opml.Outline{{URL: "u:a", Title: "الخليج"}}},
		{"says UTF-16 and is not", `<?xml version="1.0" encoding="UTF-16"?><opml><body><outline text="é" xmlUrl="u:a"/></body></opml>`, []opml.Outline{{URL: "u:a", Title: "é"}}},
		{"UTF-16 with a mark", utf16le("\ufeff" + `<?xml version="1.0" encoding="UTF-16"?><opml><body><outline text="é" xmlUrl="u:a"/></body></opml>`), []opml.Outline{{URL: "u:a", Title: "é"}}},
		{"UTF-16 without a mark", utf16le(body(`<outline text="é" xmlUrl="u:a"/>`)), []opml.Outline{{URL: "u:a", Title: "é"}}},
		{"no feeds", body(""), nil},
		{"as deep as allowed", body(strings.Repeat(`<outline>`, 97) + `<outline xmlUrl="u:a"/>` + strings.Repeat(`</outline>`, 97)), []opml.Outline{{URL: "u:a"}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := opml.Parse(strings.NewReader(test.document))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOutlinesShareNoTags(t *testing.T) {
	list, err := opml.Parse(strings.NewReader(body(`<outline text="A"><outline text="B"><outline text="C">` +
		`<outline xmlUrl="u:1"/><outline text="D"><outline xmlUrl="u:2"/></outline><outline text="E"><outline xmlUrl="u:3"/></outline>` +
		`<outline xmlUrl="u:4" category="F"/></outline></outline></outline>`)))
	if err != nil {
		t.Fatal(err)
	}
	list[0].Tags[0] = "changed"
	_ = append(list[0].Tags, "changed")
	want := [][]string{{"changed", "B", "C"}, {"A", "B", "C", "D"}, {"A", "B", "C", "E"}, {"A", "B", "C", "F"}}
	for i, o := range list {
		if diff := cmp.Diff(want[i], o.Tags); diff != "" {
			t.Errorf("%s: %s", o.URL, diff)
		}
	}
}

func utf16le(s string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return string(b)
}

func TestParseRefuses(t *testing.T) {
	tests := []struct {
		name, document, says string
		notOPML              bool
	}{
		{"nothing", "", "it is empty", true},
		{"blank", " \n\t", "it is empty", true},
		{"JSON", ` {"version":"https://jsonfeed.org/version/1.1"}`, "it is JSON", true},
		{"addresses", "https://a.example/feed\n", "plain list of addresses", true},
		{"text", "hello", "it is plain text", true},
		{"text that is cut in a letter", "x" + strings.Repeat("é", 200), "it is plain text", true},
		{"gzip", "\x1f\x8b\x08\x00\xff\xfe\xfd", "it is binary data", true},
		{"HTML", "<!DOCTYPE html><html><body><p>Sign in</body></html>", "it is an HTML page", true},
		{"RSS", `<rss version="2.0"></rss>`, "it is an RSS feed", true},
		{"RSS 1.0", `<rdf:RDF xmlns:rdf="x"></rdf:RDF>`, "it is an RSS feed", true},
		{"Atom", `<feed xmlns="http://www.w3.org/2005/Atom"/>`, "it is an Atom feed", true},
		{"other XML", `<kml/>`, "the root element <kml>", true},
		{"only a comment", `<!-- opml -->`, "without an element", true},
		{"truncated", strings.TrimSuffix(body(`<outline xmlUrl="u:a"/>`), "</body></opml>"), "it is not complete", false},
		{"truncated in a tag", `<opml><body><outline xmlUrl="u:a`, "line 1", false},
		{"too deep", body(strings.Repeat(`<outline>`, 101)), "deeper than 100", false},
		{"unknown charset", `<?xml version="1.0" encoding="klingon"?><opml/>`, `unknown encoding "klingon"`, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			list, err := opml.Parse(strings.NewReader(test.document))
			if err == nil {
				t.Fatalf("parsed as %v", list)
			}
			if errors.Is(err, opml.ErrNotOPML) != test.notOPML || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%v: want %q, ErrNotOPML %v", err, test.says, test.notOPML)
			}
		})
	}
	broken := errors.New("disk on fire")
	r := io.MultiReader(strings.NewReader(body("")[:60]), iotest.ErrReader(broken))
	if _, err := opml.Parse(r); !errors.Is(err, broken) {
		t.Errorf("a failing reader: %v", err)
	}
}

func TestParseIsBounded(t *testing.T) {
	var feeds strings.Builder
	for i := range 60_000 {
		fmt.Fprintf(&feeds, `<outline xmlUrl="u:%d"/>`, i)
	}
	var folders strings.Builder
	for i := range 90 {
		fmt.Fprintf(&folders, `<outline text="%d">`, i)
	}
	for _, test := range []struct {
		name, says string
		document   io.Reader
	}{
		{"endless", "larger than 64 MiB", io.MultiReader(strings.NewReader(`<opml><body>`), forever(strings.Repeat("\uffff", 1000)))},
		{"tags of one feed", "more than 200 tags for one feed", strings.NewReader(body(`<outline xmlUrl="u:a" category="` + manyTags(1000) + `"/>`))},
		{"folders times feeds", "5000000 tags in all", strings.NewReader(body(folders.String() + feeds.String()))},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := opml.Parse(test.document); err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%v: want %q", err, test.says)
			}
		})
	}
}

func manyTags(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%x,", i)
	}
	return b.String()
}

// forever repeats a text without end.
type forever string

func (f forever) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		n += copy(p[n:], f)
	}
	return n, nil
}

var sample = []opml.Outline{
	{URL: "https://a.example/feed?x=1&y=2", Title: `Gulf "News" & <more>`, Site: "https://a.example/", Tags: []string{"gulf", "news/world"}, Language: "en"},
	{URL: "https://b.example/خليج.xml", Title: "أخبار الخليج", Language: "ar"},
	{URL: "file:samples/gulf.xml"},
}

func TestWriteGolden(t *testing.T) {
	var b bytes.Buffer
	created := time.Date(2026, 11, 3, 9, 5, 7, 0, time.FixedZone("CET", 3600))
	if err := opml.Write(&b, "My feeds\n& yours", created, sample); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.Join("testdata", "subscriptions.opml"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Error(diff)
	}
	got, err := opml.Parse(&b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sample, got); diff != "" {
		t.Errorf("round trip: %s", diff)
	}
}

func TestWriteCleans(t *testing.T) {
	var b bytes.Buffer
	list := []opml.Outline{
		{URL: "https://desk:s3cret@a.example:8443/feed?at=@1", Site: "https://s3cret@a.example", Tags: []string{"a,b", "/", " c "}},
		{URL: "https://desk:s3@cret@b.example", Title: "x\x01y\xffz"},
	}
	if err := opml.Write(&b, "", time.Time{}, list); err != nil {
		t.Fatal(err)
	}
	if s := b.String(); strings.Contains(s, "s3") || strings.Contains(s, "cret") || strings.Contains(s, "dateCreated") {
		t.Errorf("wrote %s", s)
	}
	got, err := opml.Parse(&b)
	if err != nil {
		t.Fatal(err)
	}
	want := []opml.Outline{
		{URL: "https://a.example:8443/feed?at=@1", Site: "https://a.example", Tags: []string{"a b", "c"}},
		{URL: "https://b.example", Title: "x\ufffdy\ufffdz"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if err := opml.Write(iotestWriter{}, "", time.Time{}, list); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("a failing writer: %v", err)
	}
}

type iotestWriter struct{}

func (iotestWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

// What was written once reads and writes the same ever after.
func FuzzParse(f *testing.F) {
	f.Add([]byte(body(`<outline text="A"><outline text="x" xmlUrl="u:a" category="a,/b"/></outline>`)))
	f.Add([]byte(utf16le("\ufeff" + body(`<outline xmlUrl="http://u:p@h/"/>`))))
	f.Add([]byte(`<?xml version="1.0" encoding="big5"?><opml><body><outline xmlUrl="&#10;&#0;&x;"/></body></opml>`))
	f.Add([]byte(body(strings.Repeat("<outline>", 200))))
	f.Add([]byte(`<html>`))
	f.Fuzz(func(t *testing.T, document []byte) {
		first, err := opml.Parse(bytes.NewReader(document))
		if err != nil {
			return
		}
		round := func(list []opml.Outline) []opml.Outline {
			var b bytes.Buffer
			if err := opml.Write(&b, "t", time.Time{}, list); err != nil {
				t.Fatal(err)
			}
			out, err := opml.Parse(&b)
			if err != nil {
				t.Fatalf("%v in %s", err, b.String())
			}
			return out
		}
		second := round(first)
		if len(second) > len(first) {
			t.Errorf("%d feeds became %d", len(first), len(second))
		}
		if diff := cmp.Diff(second, round(second)); diff != "" {
			t.Error(diff)
		}
	})
}

func large(n int) []byte {
	list := make([]opml.Outline, n)
	for i := range list {
		list[i] = opml.Outline{
			URL:   fmt.Sprintf("https://site-%d.example/news/feed.xml?format=rss&n=%d", i, i),
			Title: fmt.Sprintf("News of site %d", i),
			Site:  fmt.Sprintf("https://site-%d.example/", i),
			Tags:  []string{"imported", fmt.Sprint("tag", i%50)},
		}
	}
	var b bytes.Buffer
	_ = opml.Write(&b, "large", time.Time{}, list)
	return b.Bytes()
}

func BenchmarkParse100k(b *testing.B) {
	document := large(100_000)
	b.SetBytes(int64(len(document)))
	b.ReportAllocs()
	for b.Loop() {
		list, err := opml.Parse(bytes.NewReader(document))
		if err != nil || len(list) != 100_000 {
			b.Fatalf("%d feeds, %v", len(list), err)
		}
	}
}

func BenchmarkWrite100k(b *testing.B) {
	list, err := opml.Parse(bytes.NewReader(large(100_000)))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := opml.Write(io.Discard, "large", time.Time{}, list); err != nil {
			b.Fatal(err)
		}
	}
}

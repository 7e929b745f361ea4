package parse_test

import (
	"bytes"
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/copytaster/copytaster/feeds/parse"
)

// checkCut parses a document whole and again with a subset of its items known,
// as mask says, and fails unless both agree.
func checkCut(t *testing.T, doc parse.Document, mask uint64) {
	t.Helper()
	full, err := parse.Parse(doc, nil)
	if err != nil {
		return
	}
	known := make(map[uint64]bool)
	for i, it := range full.Items {
		if it.Article == nil {
			t.Fatalf("item %d has no article although nothing is known", i)
		}
		if mask>>(i%64)&1 == 1 && it.Fingerprint != 0 {
			known[it.Fingerprint] = true
		}
	}
	part, err := parse.Parse(doc, func(fp uint64) bool { return known[fp] })
	if err != nil {
		t.Fatalf("with %d of %d items known: %v", len(known), len(full.Items), err)
	}
	if full.Title != part.Title || full.Site != part.Site || full.Language != part.Language {
		t.Errorf("feed: %q %q %q whole, %q %q %q in part", full.Title, full.Site, full.Language, part.Title, part.Site, part.Language)
	}
	if len(part.Items) != len(full.Items) {
		t.Fatalf("%d items whole, %d in part", len(full.Items), len(part.Items))
	}
	for i := range full.Items {
		whole, again := full.Items[i], part.Items[i]
		if whole.Fingerprint != again.Fingerprint {
			t.Errorf("item %d: fingerprint %d whole, %d in part", i, whole.Fingerprint, again.Fingerprint)
		}
		if known[whole.Fingerprint] {
			if again.Article != nil {
				t.Errorf("item %d is known and was read", i)
			}
			continue
		}
		if diff := cmp.Diff(whole.Article, again.Article); diff != "" {
			t.Errorf("item %d differs (-whole +part):\n%s", i, diff)
		}
	}
}

func seeds(f *testing.F) [][]byte {
	f.Helper()
	var out [][]byte
	files, err := filepath.Glob("testdata/*/*")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, ".golden") || strings.HasPrefix(name, "testdata/fuzz/") {
			continue
		}
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		out = append(out, b)
	}
	return out
}

func FuzzParse(f *testing.F) {
	for i, b := range seeds(f) {
		f.Add(b, "", "https://example.org/blog/feed?key=1", uint64(0x5555555555555555)<<(i%2))
	}
	f.Add([]byte(`<rss><channel><item><title>a</title></item></channel></rss>`), "text/xml; charset=koi8-r", "file:x", uint64(1))
	f.Fuzz(func(t *testing.T, body []byte, contentType, address string, mask uint64) {
		if len(body) > 1<<20 {
			return
		}
		doc := parse.Document{Body: bytes.Clone(body), ContentType: contentType, URL: address}
		start := time.Now()
		checkCut(t, doc, mask)
		if d := time.Since(start); d > 10*time.Second {
			t.Errorf("%d bytes took %v", len(body), d)
		}
		if !bytes.Equal(body, doc.Body) {
			t.Error("the document was changed")
		}
	})
}

// FuzzLenient says that this package's own reading of markup refuses nothing
// that encoding/xml reads in the mode that gofeed uses.
func FuzzLenient(f *testing.F) {
	for _, b := range seeds(f) {
		f.Add(b)
	}
	f.Add([]byte(`<feed><!"><entry a=b c 'd'/></feed>`))
	f.Add([]byte(`<feed></A>`))
	f.Add([]byte(`<rss><channel><!x <!-- ' --> "><" ><item></channel></rss>`))
	f.Fuzz(func(t *testing.T, body []byte) {
		// From the root on, as the parser sees it.
		if !bytes.HasPrefix(body, []byte("<feed>")) || bytes.Contains(body, []byte("<?xml")) {
			body = append([]byte("<feed>"), body...)
		}
		d := xml.NewDecoder(bytes.NewReader(body))
		d.Strict = false
		depth, count := 0, 0
		for {
			tok, err := d.Token()
			if err != nil {
				return // it does not read this either
			}
			switch tok.(type) {
			case xml.StartElement:
				depth++
				count++
			case xml.EndElement:
				depth--
			case xml.ProcInst:
				return
			}
			if depth == 0 && count > 0 {
				break
			}
			if depth > 900 || count > 10000 {
				return
			}
		}
		if _, err := parse.Parse(parse.Document{Body: body}, nil); err != nil && strings.Contains(err.Error(), "line ") {
			t.Errorf("encoding/xml reads what this refuses: %v\n%q", err, body)
		}
	})
}

func FuzzPlainText(f *testing.F) {
	for _, s := range []string{"a<br>b", "<p>x</p>&amp;amp;", "<script>x", "<pre>a\n\n\nb</pre>", "a &lt;b&gt; <!-- c --> d", "\u200b\u00ad", "<template><p>", "\xe2\u009f\x80\x80\xc2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 1<<18 {
			return
		}
		text := parse.PlainText(s)
		if text != strings.TrimSpace(text) && strings.TrimSpace(text) != "" {
			t.Errorf("space around %q", text)
		}
		for _, bad := range []string{"\n\n\n", "  ", "\t", "\r", " \n", "\n ", "\x00", "\u200b"} {
			if strings.Contains(text, bad) {
				t.Errorf("%q in %q", bad, text)
			}
		}
	})
}

func FuzzDate(f *testing.F) {
	for _, c := range dates {
		f.Add(c.in)
	}
	f.Add("\u2df7 0") // a word of nothing but a mark
	f.Fuzz(func(t *testing.T, s string) {
		d := parse.Date(s)
		if d.IsZero() {
			return
		}
		if d.Year() < 1990 || d.Year() > 2199 || d.Location() != time.UTC {
			t.Errorf("Date(%q) = %v", s, d)
		}
		if again := parse.Date(d.Format(time.RFC3339Nano)); !again.Equal(d) {
			t.Errorf("Date(%q) = %v, and that reads as %v", s, d, again)
		}
	})
}

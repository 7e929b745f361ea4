package parse_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/feeds/parse"
)

// contentTypes are the HTTP headers of documents that need one.
var contentTypes = map[string]string{
	"http-koi8r.xml":            "application/rss+xml; charset=KOI8-R",
	"http-wrong-utf8.xml":       "text/xml; charset=utf-8",
	"http-over-declaration.xml": "text/xml; charset=windows-1251",
	"utf8-labelled-latin1.xml":  "text/xml; charset=iso-8859-1",
	"quoted-badly.xml":          "text/xml; charset='shift_jis",
}

func document(name string, body []byte) parse.Document {
	return parse.Document{
		Body:        body,
		ContentType: contentTypes[filepath.Base(name)],
		URL:         "https://reader:pw@example.org/blog/feed.xml?key=secret",
		Now:         time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC),
	}
}

// TestGolden reads each document of testdata and compares what it says with
// the .golden file beside it. UPDATE_GOLDEN=1 writes those files anew.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, name := range files {
		if strings.HasSuffix(name, ".golden") || strings.HasPrefix(name, "testdata/fuzz/") {
			continue
		}
		n++
		t.Run(strings.TrimPrefix(name, "testdata/"), func(t *testing.T) {
			body, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			doc := document(name, body)
			got := render(t, doc)
			golden := name + ".golden"
			if os.Getenv("UPDATE_GOLDEN") != "" {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			for mask := range uint64(4) {
				checkCut(t, doc, []uint64{^uint64(0), 0x5555555555555555, 0xaaaaaaaaaaaaaaaa, 1}[mask])
			}
		})
	}
	if n < 200 {
		t.Errorf("only %d documents", n)
	}
}

// render returns what a document says, as JSON.
func render(t *testing.T, doc parse.Document) []byte {
	t.Helper()
	type feed struct {
		Title    string `json:"title,omitempty"`
		Site     string `json:"site,omitempty"`
		Language string `json:"language,omitempty"`
		// Repairs are on one line.
		Repairs string `json:"repairs,omitempty"`
	}
	var v any
	res, err := parse.Parse(doc, nil)
	if err != nil {
		v = struct {
			Error string `json:"error"`
		}{err.Error()}
	} else {
		articles := make([]*feeds.Article, 0, len(res.Items))
		for _, it := range res.Items {
			articles = append(articles, it.Article)
		}
		v = struct {
			Feed     feed             `json:"feed"`
			Articles []*feeds.Article `json:"articles"`
		}{feed{res.Title, res.Site, res.Language, strings.Join(res.Repairs, " ")}, articles}
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return bytes.ReplaceAll(out.Bytes(), []byte("      \"id\": \"\",\n"), nil)
}

package parse_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/copytaster/copytaster/feeds/parse"
)

// TestCutOffAnywhere cuts a feed off at many places: all items that are whole
// are there, each as in the whole document and recognised by its fingerprint.
func TestCutOffAnywhere(t *testing.T) {
	doc := typical()
	whole, err := parse.Parse(doc, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(whole.Repairs) != 0 {
		t.Errorf("repairs of a sound document: %q", whole.Repairs)
	}
	root := bytes.Index(doc.Body, []byte("<rss"))
	for at := root + 5; at < len(doc.Body)-8; at += 97 {
		cut := doc
		cut.Body = doc.Body[:at:at]
		items := bytes.Count(cut.Body, []byte("</item>"))
		res, err := parse.Parse(cut, nil)
		if items == 0 {
			if !errors.Is(err, parse.ErrMalformed) {
				t.Fatalf("cut at %d: error %v", at, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("cut at %d: %v", at, err)
		}
		if !slices.Equal(res.Repairs, []string{"truncated"}) {
			t.Errorf("cut at %d: repairs %q", at, res.Repairs)
		}
		if diff := cmp.Diff(whole.Items[:items], res.Items); diff != "" {
			t.Fatalf("cut at %d (-whole +cut):\n%s", at, diff)
		}
	}
}

// TestStrayByteAnywhere puts a < into a feed at many places: hardly ever is
// more than the item around it harmed.
func TestStrayByteAnywhere(t *testing.T) {
	doc := typical()
	whole, err := parse.Parse(doc, nil)
	if err != nil {
		t.Fatal(err)
	}
	first := bytes.Index(doc.Body, []byte("<item>"))
	last := bytes.LastIndex(doc.Body, []byte("</item>"))
	for at := first + 1; at < last; at += 211 {
		broken := doc
		broken.Body = slices.Insert(bytes.Clone(doc.Body), at, '<')
		res, err := parse.Parse(broken, nil)
		if err != nil {
			t.Fatalf("at %d: %v", at, err)
		}
		same := 0
		for _, it := range res.Items {
			if slices.ContainsFunc(whole.Items, func(o parse.Item) bool { return cmp.Equal(o.Article, it.Article) }) {
				same++
			}
		}
		if len(res.Items) < len(whole.Items)-1 || same < len(whole.Items)-2 {
			t.Errorf("at %d, %q: %d items, %d of them sound", at, broken.Body[at-10:at+10], len(res.Items), same)
		}
	}
}

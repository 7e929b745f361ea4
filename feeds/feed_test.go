package feeds_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/copytaster/copytaster/feeds"
)

func TestFeedHost(t *testing.T) {
	for url, want := range map[string]string{
		"https://Example.ORG/a.xml":           "example.org",
		"https://user:pw@example.org:8443/a":  "example.org:8443",
		"file:feeds/sample/gulf.xml":          "file:feeds/sample/gulf.xml",
		"http://[2001:db8::1]:8080/feed.atom": "[2001:db8::1]:8080",
	} {
		f := &feeds.Feed{URL: url}
		if got := f.Host(); got != want {
			t.Errorf("host of %s is %q, want %q", url, got, want)
		}
	}
}

func TestFeedShowsOnlyItsPublicURL(t *testing.T) {
	f := &feeds.Feed{URL: "https://example.org/?key=${KEY}", Endpoint: "https://example.org/?key=s3cret"}
	if got := f.LogValue().String(); got != f.URL {
		t.Errorf("a logged feed shows %q", got)
	}
	if got := f.RequestURL(); got != f.Endpoint {
		t.Errorf("requests go to %q", got)
	}
	if f.ID() != feeds.NewFeedID(f.URL) {
		t.Error("the secret is part of the identity")
	}
}

// An unknown field is left out, never invented.
func TestArticleJSONLeavesOutWhatIsUnknown(t *testing.T) {
	b, err := json.Marshal(feeds.Article{ID: "1", Title: "One"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(b), `{"id":"1","title":"One"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	b, err = json.Marshal(feeds.Article{ID: "1", Published: time.Date(2026, 11, 23, 5, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(b), `{"id":"1","published":"2026-11-23T05:00:00Z"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

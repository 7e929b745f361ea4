package fetch_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/feeds/fetch"
)

func writeFile(t *testing.T, path, text string, age time.Duration) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	at := time.Now().Add(-age)
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
}

func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a feed.xml")
	writeFile(t, path, document, time.Hour)
	f := newFetcher(t, fetch.Options{})
	feed := &feeds.Feed{URL: "file:a feed.xml", Endpoint: "file:" + path}

	first := mustFetch(t, f, feed, fetch.Validators{})
	if string(first.Body) != document || first.Status != 200 || first.URL != "" || first.SameBody {
		t.Errorf("first: %+v", first)
	}
	second := mustFetch(t, f, feed, first.Validators)
	if !second.NotModified || second.Body != nil || second.Status != 304 || second.Validators != first.Validators {
		t.Errorf("untouched: %+v", second)
	}
	writeFile(t, path, document, time.Minute)
	third := mustFetch(t, f, feed, second.Validators)
	if third.NotModified || !third.SameBody || third.Validators.ETag == first.Validators.ETag {
		t.Errorf("touched: %+v", third)
	}
	writeFile(t, path, document+"more", time.Second*30)
	if r := mustFetch(t, f, feed, third.Validators); r.SameBody || string(r.Body) != document+"more" {
		t.Errorf("changed: %+v", r)
	}
	writeFile(t, path, "", time.Minute)
	if r := mustFetch(t, f, feed, third.Validators); r.Body == nil || len(r.Body) != 0 {
		t.Errorf("empty: %+v", r)
	}
}

// Two writes can have the same time and size; the second must be seen.
func TestFileWrittenTwiceInATick(t *testing.T) {
	path := filepath.Join(t.TempDir(), "feed.xml")
	feed := feedAt("file:" + path)
	f := newFetcher(t, fetch.Options{})
	for range 20 {
		now := time.Now()
		write := func(text string) {
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(path, now, now); err != nil {
				t.Fatal(err)
			}
		}
		write("one")
		r := mustFetch(t, f, feed, fetch.Validators{})
		write("two")
		if r = mustFetch(t, f, feed, r.Validators); string(r.Body) != "two" {
			t.Fatalf("the second write was missed: %+v", r)
		}
	}
}

func TestFilesThatAreNoFeed(t *testing.T) {
	dir := t.TempDir()
	big := filepath.Join(dir, "big")
	writeFile(t, big, strings.Repeat("x", 2049), time.Hour)
	f := newFetcher(t, fetch.Options{MaxBody: 2048})
	says := func(path string, kind fetch.Kind, text string) *fetch.Error {
		t.Helper()
		e := wantError(t, f, feedAt("file:"+path), kind)
		if !strings.Contains(e.Error(), path) || !strings.Contains(e.Error(), text) {
			t.Errorf("%q does not name %s and say %q", e, path, text)
		}
		return e
	}
	says(big, fetch.KindTooLarge, "2 KiB")
	says(dir, fetch.KindFile, "directory")
	says(os.DevNull, fetch.KindFile, "device")
	if e := says(filepath.Join(dir, "none"), fetch.KindFile, "does not exist"); !errors.Is(e, fs.ErrNotExist) {
		t.Errorf("%v is no fs.ErrNotExist", e)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := f.Fetch(ctx, feedAt("file:"+big), fetch.Validators{}); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
}

package monitor_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/feeds/fetch"
	"github.com/copytaster/copytaster/monitor"
	"github.com/copytaster/copytaster/monitor/store"
	"github.com/copytaster/copytaster/monitor/store/boltstore"
)

// harmless is the kind of what is meant to hurt and does not: it is read.
const harmless = "harmless"

// hostile is what a publisher may do to a reader, and the class and a word of
// the reason that the feed's state must name.
var hostile = map[string]struct {
	serve      http.HandlerFunc
	kind, word string
}{
	"nested": {zipped(func(w io.Writer) {
		io.WriteString(w, "<rss version='2.0'><channel><item>")
		repeat(w, "<a>", 5<<20)
		io.WriteString(w, "</item></channel></rss>")
	}), "parse", "deep"},
	"namespaces": {zipped(func(w io.Writer) {
		io.WriteString(w, "<rss version='2.0'")
		for i := range 500 {
			fmt.Fprintf(w, " xmlns:n%d='urn:%d'", i, i)
		}
		io.WriteString(w, "><channel>")
		repeat(w, "<item/>", 20000)
		io.WriteString(w, "</channel></rss>")
	}), "parse", "namespace"},
	"bomb": {zipped(func(w io.Writer) {
		io.WriteString(w, "<rss version='2.0'><channel><title>")
		repeat(w, strings.Repeat("A", 1<<10), 200<<10)
	}), "too-large", "16"},
	"drip": {func(w http.ResponseWriter, r *http.Request) {
		for {
			if _, err := io.WriteString(w, " "); err != nil {
				return
			}
			w.(http.Flusher).Flush()
			select {
			case <-r.Context().Done():
				return
			case <-time.After(50 * time.Millisecond):
			}
		}
	}, "timeout", "3s"},
	"silent": {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "timeout", "3s"},
	"loop":   {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) }, "redirect", "loop"},
	"metadata": {func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://169.254.169.254/", http.StatusFound)
	}, "private", "allow_private"},
	"scheme": {func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
	}, "redirect", "http"},
	"page": {func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "<!DOCTYPE html><html><head><title>Please log in</title></head><body>x</body></html>")
	}, "parse", "HTML"},
	"laughs": {func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">`)
		for c := 'b'; c < 'z'; c++ {
			fmt.Fprintf(w, "<!ENTITY %c \"%s\">", c, strings.Repeat(fmt.Sprintf("&%c;", c-1), 10))
		}
		io.WriteString(w, `]><rss version="2.0"><channel><item><title>&y;</title></item></channel></rss>`)
	}, harmless, ""},
	"cut": {func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100000")
		io.WriteString(w, "<rss version='2.0'><channel>")
	}, "", ""},
	"badgzip": {func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		io.WriteString(w, "this is no gzip at all, whatever the header says")
	}, "encoding", "gzip"},
	"headers": {func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Long", strings.Repeat("x", 8<<20))
	}, "", ""},
	"empty": {func(http.ResponseWriter, *http.Request) {}, "parse", "empty"},
	"json":  {func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"error":"no such user"}`) }, "parse", "JSON"},
	"deepjson": {func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `{"version":"https://jsonfeed.org/version/1.1","items":`)
		repeat(w, "[", 5<<20)
	}, "parse", ""},
	"teapot": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }, "status", "418"},
	"hangup": {func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_ = conn.Close()
		}
	}, "", ""},
}

// zipped serves a document that is compressed before it is asked for.
func zipped(write func(io.Writer)) http.HandlerFunc {
	var b bytes.Buffer
	zw, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	write(zw)
	_ = zw.Close()
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(b.Bytes())
	}
}

func repeat(w io.Writer, s string, n int) {
	const many = 1000
	block := []byte(strings.Repeat(s, min(n, many)))
	for ; n >= many; n -= many {
		if _, err := w.Write(block); err != nil {
			return
		}
	}
	_, _ = w.Write(bytes.Repeat([]byte(s), n))
}

// TestHostileFeeds lets publishers do their worst, all at once and beside a
// good feed: the program lives, its memory stays bounded, each feed's state
// names the reason, and the good feed comes through.
func TestHostileFeeds(t *testing.T) {
	mux := http.NewServeMux()
	for name, h := range hostile {
		mux.HandleFunc("/"+name, h.serve)
	}
	mux.HandleFunc("/good", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "<rss version='2.0'><channel><title>Good</title><item><title>One</title><guid>1</guid></item></channel></rss>")
	})
	srv := httptest.NewServer(mux)
	defer srv.Close()

	st, err := boltstore.Open(filepath.Join(t.TempDir(), "hostile.db"), boltstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	fetcher := fetch.New(fetch.Options{
		Timeout: 3 * time.Second, MaxBody: 16 << 20, UserAgent: "copytaster/test",
		AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
	})
	defer fetcher.Close()
	good := &feeds.Feed{URL: srv.URL + "/good"}
	list := []*feeds.Feed{good}
	ids := []feeds.FeedID{good.ID()}
	for name := range hostile {
		f := &feeds.Feed{URL: srv.URL + "/" + name}
		list = append(list, f)
		ids = append(ids, f.ID())
	}
	m, err := monitor.New(monitor.Options{
		Store: st, Fetcher: fetcher, Feeds: list, Schedule: monitor.DefaultSchedule,
		MinInterval: time.Minute, MaxInterval: time.Hour, Workers: 8, PerHost: 8, Timeout: 3 * time.Second,
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	for range 2 {
		if err := m.PollOnce(ctx, ids, func(monitor.Report) {}); err != nil {
			t.Fatal(err)
		}
	}
	err = st.Feeds(ctx, func(f store.FeedInfo) bool {
		name := strings.TrimPrefix(f.Source.URL, srv.URL+"/")
		if name == "good" {
			if f.State.Failures != 0 || f.State.Articles != 1 {
				t.Errorf("the good feed: %+v", f.State)
			}
			return true
		}
		h := hostile[name]
		if h.kind == harmless {
			if f.State.Failures != 0 {
				t.Errorf("%s: %+v", name, f.State)
			}
			return true
		}
		if f.State.Failures != 2 || f.State.ErrorKind == "" || !strings.Contains(f.State.Error, h.word) ||
			h.kind != "" && f.State.ErrorKind != h.kind {
			t.Errorf("%s: after %d failures the state says %q: %q; want %q and the word %q",
				name, f.State.Failures, f.State.ErrorKind, f.State.Error, h.kind, h.word)
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	if mem.Sys > 1<<30 {
		t.Errorf("the process took %d MiB from the system", mem.Sys>>20)
	}
	t.Logf("%d MiB from the system", mem.Sys>>20)
}

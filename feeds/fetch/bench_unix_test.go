//go:build unix

package fetch_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/copytaster/copytaster/feeds/fetch"
)

// feedDocument is about 19 KB that gzip to about 7 KB.
func feedDocument() []byte {
	r := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	b.WriteString(`<rss version="2.0"><channel><title>Bench</title>`)
	for i := range 30 {
		fmt.Fprintf(&b, `<item><title>Item %d</title><link>https://example.org/%d</link><guid>%x</guid><description>`, i, i, r.Uint64())
		for range 84 {
			fmt.Fprintf(&b, "w%d ", r.IntN(5000))
		}
		b.WriteString(`</description></item>`)
	}
	b.WriteString(`</channel></rss>`)
	return []byte(b.String())
}

func benchmark(b *testing.B, h http.HandlerFunc, v func(*fetch.Response) fetch.Validators) {
	s := newServer(b, func(w http.ResponseWriter, r *http.Request) {})
	s.Config.Handler = h
	f := newFetcher(b, fetch.Options{})
	feed := feedAt(s.URL + "/feed")
	validators := v(mustFetch(b, f, feed, fetch.Validators{}))
	b.ReportAllocs()
	start := cpu()
	for b.Loop() {
		if _, err := f.Fetch(context.Background(), feed, validators); err != nil {
			b.Fatal(err)
		}
	}
	// Client and server together: they share the process.
	b.ReportMetric((cpu()-start)/float64(b.N)*1e6, "cpu-µs/op")
}

func cpu() float64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

func BenchmarkNotModified(b *testing.B) {
	benchmark(b, func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Etag"] = []string{`"1"`}
		if r.Header.Get("If-None-Match") != "" {
			w.WriteHeader(http.StatusNotModified)
		}
	}, func(r *fetch.Response) fetch.Validators { return r.Validators })
}

func BenchmarkDocument(b *testing.B) {
	document := feedDocument()
	for _, coding := range []string{"identity", "gzip", "br", "zstd"} {
		body := compress(b, coding, document)
		b.Run(coding, func(b *testing.B) {
			b.SetBytes(int64(len(document)))
			benchmark(b, func(w http.ResponseWriter, r *http.Request) {
				w.Header()["Content-Encoding"] = []string{coding}
				w.Write(body)
			}, func(*fetch.Response) fetch.Validators { return fetch.Validators{} })
		})
	}
}

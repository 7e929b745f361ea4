package fetch_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/copytaster/copytaster/feeds/fetch"
	"github.com/klauspost/compress/zstd"
)

// compress applies the codings of a Content-Encoding header.
func compress(t testing.TB, codings string, body []byte) []byte {
	t.Helper()
	for coding := range strings.SplitSeq(codings, ",") {
		var b bytes.Buffer
		var w io.WriteCloser
		var err error
		switch strings.TrimSpace(coding) {
		case "gzip", "x-gzip", "GZip":
			w = gzip.NewWriter(&b)
		case "br":
			w = brotli.NewWriterLevel(&b, 4)
		case "zstd":
			// As a whole, so that the frame says how large it becomes.
			e, _ := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithSingleSegment(true))
			body = e.EncodeAll(body, nil)
			continue
		case "deflate":
			w = zlib.NewWriter(&b)
		case "raw":
			w, err = flate.NewWriter(&b, 6)
		default:
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(body); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		body = b.Bytes()
	}
	return body
}

// encoded serves bytes under a content coding.
func encoded(t testing.TB, coding string, body []byte) *server {
	return newServer(t, func(w http.ResponseWriter, r *http.Request) {
		if coding != "" {
			w.Header().Set("Content-Encoding", coding)
		}
		w.Write(body)
	})
}

func TestContentCodings(t *testing.T) {
	long := []byte(strings.Repeat(document, 3000))
	tests := []struct {
		name, coding string
		body         []byte
		want         []byte
	}{
		{"none", "", long, long},
		{"identity", "identity", long, long},
		{"gzip", "gzip", compress(t, "gzip", long), long},
		{"upper case", "GZip", compress(t, "gzip", long), long},
		{"x-gzip", "x-gzip", compress(t, "gzip", long), long},
		{"br", "br", compress(t, "br", long), long},
		{"zstd", "zstd", compress(t, "zstd", long), long},
		{"zlib deflate", "deflate", compress(t, "deflate", long), long},
		{"bare deflate", "deflate", compress(t, "raw", long), long},
		{"stacked", "gzip, br", compress(t, "gzip,br", long), long},
		{"stacked thrice", "br,zstd,identity,gzip", compress(t, "br,zstd,gzip", long), long},
		{"no coding at all", "utf-8", long, long},
		{"gzip members", "gzip", append(compress(t, "gzip", long), compress(t, "gzip", []byte("tail"))...), append(long[:len(long):len(long)], "tail"...)},
		{"gzip and a line break", "gzip", append(compress(t, "gzip", long), "\r\n"...), long},
		{"nothing in gzip", "gzip", nil, nil},
		{"nothing in br", "br", nil, nil},
		{"nothing in zstd", "zstd", nil, nil},
		{"nothing in deflate", "deflate", nil, nil},
		{"nothing", "", nil, nil},
		{"empty gzip", "gzip", compress(t, "gzip", nil), nil},
	}
	f := newFetcher(t, fetch.Options{})
	for range 2 { // the second time with decoders that were used before
		for _, test := range tests {
			t.Run(test.name, func(t *testing.T) {
				s := encoded(t, test.coding, test.body)
				r := mustFetch(t, f, feedAt(s.URL), fetch.Validators{})
				if !bytes.Equal(r.Body, test.want) || r.Body == nil {
					t.Errorf("%d bytes, want %d", len(r.Body), len(test.want))
				}
				if got := s.last(t).Header.Get("Accept-Encoding"); got != "gzip, br, zstd" {
					t.Errorf("Accept-Encoding: %s", got)
				}
			})
		}
	}
}

func TestBodiesStayApart(t *testing.T) {
	s := newServer(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.URL.Path) })
	f := newFetcher(t, fetch.Options{})
	answers := make(map[string]*fetch.Response)
	for i := range 20 {
		path := fmt.Sprintf("/%04d", i)
		answers[path] = mustFetch(t, f, feedAt(s.URL+path), fetch.Validators{})
	}
	for path, r := range answers {
		if string(r.Body) != path {
			t.Errorf("body of %s is %s", path, r.Body)
		}
	}
}

func TestBrokenCodings(t *testing.T) {
	f := newFetcher(t, fetch.Options{})
	for _, coding := range []string{"gzip", "br", "zstd", "deflate", "gzip, zstd"} {
		good := compress(t, coding, []byte(strings.Repeat(document, 50)))
		bad := map[string][]byte{
			"truncated": good[:len(good)-len(good)/3],
			"plain":     []byte(document),
			"one byte":  good[:1],
		}
		for name, body := range bad {
			t.Run(coding+" "+name, func(t *testing.T) {
				e := wantError(t, f, feedAt(encoded(t, coding, body).URL), fetch.KindEncoding)
				if !strings.Contains(e.Error(), strings.Fields(coding)[0][:2]) {
					t.Errorf("%v does not name the coding", e)
				}
			})
		}
	}
	wantError(t, f, feedAt(encoded(t, "compress", nil).URL), fetch.KindEncoding)
	wantError(t, f, feedAt(encoded(t, "gzip,gzip,gzip,gzip", nil).URL), fetch.KindEncoding)
	// A decoder that met a broken body serves the next one.
	r := mustFetch(t, f, feedAt(encoded(t, "br", compress(t, "br", []byte(document))).URL), fetch.Validators{})
	if string(r.Body) != document {
		t.Errorf("body %q", r.Body)
	}
}

func TestBodySizeIsBounded(t *testing.T) {
	const most = 64 << 10
	f := newFetcher(t, fetch.Options{MaxBody: most})
	exact := bytes.Repeat([]byte("x"), most)
	for _, coding := range []string{"", "gzip", "br", "zstd", "deflate"} {
		t.Run("size "+coding, func(t *testing.T) {
			r := mustFetch(t, f, feedAt(encoded(t, coding, compress(t, coding, exact)).URL), fetch.Validators{})
			if len(r.Body) != most {
				t.Errorf("%d bytes", len(r.Body))
			}
			e := wantError(t, f, feedAt(encoded(t, coding, compress(t, coding, append(exact, 'x'))).URL), fetch.KindTooLarge)
			if !strings.Contains(e.Error(), "64 KiB") {
				t.Errorf("%v does not say the limit", e)
			}
		})
	}
	t.Run("the default takes 16 MiB", func(t *testing.T) {
		large := make([]byte, 16<<20)
		r := mustFetch(t, newFetcher(t, fetch.Options{}), feedAt(encoded(t, "zstd", compress(t, "zstd", large)).URL), fetch.Validators{})
		if len(r.Body) != len(large) {
			t.Errorf("%d bytes", len(r.Body))
		}
	})
	bomb := make([]byte, 9<<20)
	for _, coding := range []string{"gzip", "br", "zstd", "deflate", "gzip,gzip", "zstd,br"} {
		t.Run("bomb "+coding, func(t *testing.T) {
			wantError(t, f, feedAt(encoded(t, coding, compress(t, coding, bomb)).URL), fetch.KindTooLarge)
		})
	}
}

func TestEndlessBodiesThatDecodeToNothing(t *testing.T) {
	skippable := append([]byte{0x50, 0x2a, 0x4d, 0x18, 0, 0x10, 0, 0}, make([]byte, 0x1000)...) // RFC 8878 section 3.1.2
	f := newFetcher(t, fetch.Options{MaxBody: 256 << 10})
	for coding, piece := range map[string][]byte{
		"gzip":    compress(t, "gzip", nil),
		"deflate": bytes.Repeat([]byte{0, 0, 0, 0xff, 0xff}, 100), // empty stored blocks
		"zstd":    skippable,
	} {
		t.Run(coding, func(t *testing.T) {
			s := newServer(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Encoding", coding)
				for r.Context().Err() == nil {
					if _, err := w.Write(piece); err != nil {
						return
					}
				}
			})
			wantError(t, f, feedAt(s.URL), fetch.KindTooLarge)
		})
	}
	t.Run("gzip of gzip", func(t *testing.T) {
		// A few hundred bytes become megabytes of empty members on the way.
		body := compress(t, "gzip", bytes.Repeat(compress(t, "gzip", nil), 100_000))
		wantError(t, f, feedAt(encoded(t, "gzip,gzip", body).URL), fetch.KindTooLarge)
	})
	t.Run("zstd with a window of 32 MiB", func(t *testing.T) {
		var b bytes.Buffer
		z, err := zstd.NewWriter(&b, zstd.WithWindowSize(32<<20), zstd.WithEncoderConcurrency(1))
		if err != nil {
			t.Fatal(err)
		}
		z.Write(bytes.Repeat([]byte(document), 100))
		z.Flush() // a stream: the frame does not say its size but its window
		z.Close()
		wantError(t, newFetcher(t, fetch.Options{}), feedAt(encoded(t, "zstd", b.Bytes()).URL), fetch.KindEncoding)
	})
	t.Run("zstd with a window of a gigabyte", func(t *testing.T) {
		body := []byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 20 << 3, 1, 0, 0} // RFC 8878 section 3.1.1.1.2
		wantError(t, f, feedAt(encoded(t, "zstd", body).URL), fetch.KindEncoding)
	})
}

func FuzzDecode(f *testing.F) {
	const most = 128 << 10
	codings := []string{"gzip", "br", "zstd", "deflate", "gzip, br", "zstd, deflate", ""}
	for i, coding := range codings {
		good := compress(f, coding, []byte(strings.Repeat(document, 20)))
		f.Add(uint8(i), good)
		f.Add(uint8(i), good[:len(good)/2])
		f.Add(uint8(i), compress(f, coding, make([]byte, 1<<20)))
	}
	f.Add(uint8(2), []byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 20 << 3, 1, 0, 0})
	var coding string
	var body []byte
	s := newServer(f, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", coding)
		w.Write(body)
	})
	fetcher := newFetcher(f, fetch.Options{MaxBody: most})
	f.Fuzz(func(t *testing.T, i uint8, b []byte) {
		coding, body = codings[int(i)%len(codings)], b
		r, err := fetcher.Fetch(context.Background(), feedAt(s.URL), fetch.Validators{})
		s.requests()
		switch {
		case err == nil && len(r.Body) > most:
			t.Errorf("%d bytes from %d of %s", len(r.Body), len(b), coding)
		case err != nil && coding == "" && len(b) <= most:
			t.Errorf("plain body: %v", err)
		case err != nil:
			if e := err.(*fetch.Error); e.Kind != fetch.KindEncoding && e.Kind != fetch.KindTooLarge {
				t.Errorf("kind %s: %v", e.Kind, e)
			}
		}
	})
}

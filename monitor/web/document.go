package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// document is a rendered answer that can be served many times.
type document struct {
	kind     string // media type
	body     []byte
	hash     string
	modified time.Time // zero when not known
	zip      func() []byte
}

// newDocument returns a document; body is the document's from then on.
func newDocument(kind string, body []byte, modified time.Time) *document {
	sum := sha256.Sum256(body)
	return &document{
		kind: kind, body: body, hash: hex.EncodeToString(sum[:12]), modified: modified,
		zip: sync.OnceValue(func() []byte { return compress(body) }),
	}
}

// minZip is the size from which compressing pays.
const minZip = 1 << 10

// serve answers with the document, or that it has not changed. The ETag is a
// hash of the body, so that it stays through restarts, and differs between the
// plain and the compressed form (RFC 9110 section 8.8.3.3). http.ServeContent
// knows HEAD, ranges and the conditions of section 13.
func (d *document) serve(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Type", d.kind)
	header.Set("Vary", "Accept-Encoding")
	body, tag := d.body, d.hash
	if len(body) >= minZip && acceptsGzip(r.Header.Values("Accept-Encoding")) {
		body = d.zip()
		tag += "-gzip"
		header.Set("Content-Encoding", "gzip")
	}
	header.Set("ETag", `"`+tag+`"`)
	modified := d.modified
	if now := time.Now(); modified.After(now) {
		// RFC 9110 section 8.8.2.1: never later than the answer itself.
		modified = now
	}
	http.ServeContent(w, r, "", modified, bytes.NewReader(body))
}

func compress(body []byte) []byte {
	var b bytes.Buffer
	zw := gzip.NewWriter(&b)
	// Writing to a buffer does not fail.
	_, _ = zw.Write(body)
	_ = zw.Close()
	return b.Bytes()
}

// acceptsGzip reports whether a client wants gzip at least as much as the plain
// form, by its Accept-Encoding (RFC 9110 section 12.5.3).
func acceptsGzip(fields []string) bool {
	gzip, identity, rest := -1.0, -1.0, -1.0
	for _, field := range fields {
		for part := range strings.SplitSeq(field, ",") {
			coding, params, _ := strings.Cut(part, ";")
			q := quality(params)
			switch strings.ToLower(strings.TrimSpace(coding)) {
			case "gzip", "x-gzip":
				gzip = max(gzip, q)
			case "identity":
				identity = q
			case "*":
				rest = q
			}
		}
	}
	if gzip < 0 {
		gzip = rest
	}
	return gzip > 0 && gzip >= identity
}

// quality returns the weight of a coding, 1 when there is none, 0 when it is
// unreadable.
func quality(params string) float64 {
	name, value, ok := strings.Cut(params, "=")
	if !ok {
		return 1
	}
	q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil || !strings.EqualFold(strings.TrimSpace(name), "q") || !(q >= 0 && q <= 1) {
		return 0
	}
	return q
}

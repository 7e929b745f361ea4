package fetch

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

var errTooLarge = errors.New("too large")

const (
	// maxCodings is how many compressions may be stacked on a body.
	maxCodings = 3
	// overhead is how much larger than the largest document its compressed
	// form may be.
	overhead = 64 << 10
	// drainMax is how much of an unwanted body is read to keep its connection.
	drainMax = 64 << 10
	// keepScratch is the largest buffer that is kept for the next body.
	keepScratch = 1 << 20
)

// bodyReader reads bodies up to a size. It is safe for concurrent use.
type bodyReader struct {
	max     int64
	scratch sync.Pool // *[]byte
	pools   decoderPools
}

// response reads and decompresses the body of a response from host.
func (b *bodyReader) response(resp *http.Response, host string) ([]byte, *Error) {
	tooLarge := func() *Error {
		return fail(KindTooLarge, nil, "the document is larger than %s (poll.max_body)", size(b.max))
	}
	if resp.ContentLength > b.max+overhead {
		return nil, tooLarge()
	}
	codings, err := contentCodings(resp.Header)
	if err != nil {
		return nil, fail(KindEncoding, nil, "%s answered with %v", host, err)
	}
	body, network, err := b.decode(resp.Body, codings)
	switch {
	case err == nil:
		return body, nil
	case errors.Is(err, errTooLarge):
		return nil, tooLarge()
	case network != nil:
		return nil, Explain(network, host)
	}
	return nil, fail(KindEncoding, nil, "the body that %s sent is not valid %s", host, strings.Join(codings, ", "))
}

// decode reads src through the given codings, listed in the order in which
// they were applied. network is the error of src itself, if it had one.
func (b *bodyReader) decode(src io.Reader, codings []string) (body []byte, network, err error) {
	raw := &cappedReader{r: src, left: b.max + overhead}
	if len(codings) == 0 {
		body, err = b.read(raw)
		return body, raw.failure(), err
	}
	// Between stages there is a cap as well: what comes out of the first can
	// be large while nothing comes out of the last.
	caps := [maxCodings]*cappedReader{raw}
	var stages [maxCodings]stage
	for i := range codings {
		if i > 0 {
			caps[i] = &cappedReader{r: stages[i-1], left: b.max + overhead}
		}
		stages[i], err = b.pools.open(codings[len(codings)-1-i], caps[i], b.max)
		if err != nil {
			break
		}
	}
	if err == nil {
		body, err = b.read(stages[len(codings)-1])
	}
	switch {
	case err == nil:
		// Only decoders that came to a good end are worth keeping.
		for _, s := range stages[:len(codings)] {
			s.release()
		}
		return body, nil, nil
	case raw.read == 0 && raw.err == io.EOF:
		return []byte{}, nil, nil // an empty body is empty in any coding
	}
	for _, c := range caps[:len(codings)] {
		if c != nil && c.left <= 0 {
			err = errTooLarge // decoders may have another name for it
		}
	}
	return nil, raw.failure(), err
}

// read reads r to its end. The result is not nil.
func (b *bodyReader) read(r io.Reader) ([]byte, error) {
	scratch, _ := b.scratch.Get().(*[]byte)
	if scratch == nil {
		scratch = new([]byte)
	}
	buf, err := readAll(r, (*scratch)[:0], b.max)
	body := bytes.Clone(buf)
	if cap(buf) <= keepScratch {
		*scratch = buf
		b.scratch.Put(scratch)
	}
	if err != nil {
		return nil, err
	}
	if body == nil {
		body = []byte{}
	}
	return body, nil
}

// readAll appends at most max bytes of r to buf.
func readAll(r io.Reader, buf []byte, max int64) ([]byte, error) {
	const stallsMax = 100
	for stalls := 0; stalls < stallsMax; stalls++ {
		if len(buf) == cap(buf) {
			grown := make([]byte, len(buf), 2*cap(buf)+32<<10)
			copy(grown, buf)
			buf = grown
		}
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		switch {
		case int64(len(buf)) > max:
			return buf, errTooLarge
		case err == io.EOF:
			return buf, nil
		case err != nil:
			return buf, err
		case n > 0:
			stalls = 0
		}
	}
	return buf, io.ErrNoProgress
}

// cappedReader fails once more than left bytes were read and remembers how
// its source failed.
type cappedReader struct {
	r    io.Reader
	left int64
	read int64
	err  error
}

func (c *cappedReader) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, errTooLarge
	}
	if int64(len(p)) > c.left {
		p = p[:c.left]
	}
	n, err := c.r.Read(p)
	c.left -= int64(n)
	c.read += int64(n)
	if err != nil {
		c.err = err
	}
	return n, err
}

// failure returns how the source failed, nil if it did not.
func (c *cappedReader) failure() error {
	if c.err == io.EOF {
		return nil
	}
	return c.err
}

// drain reads what little is left of a body, so that its connection can serve
// another request.
func drain(body io.Reader) {
	_, _ = io.CopyN(io.Discard, body, drainMax) // a connection that fails here is not kept
}

// size writes a number of bytes in the largest unit that fits it exactly.
func size(n int64) string {
	switch {
	case n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	case n%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}

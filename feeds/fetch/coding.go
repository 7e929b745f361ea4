package fetch

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// zstdWindow is the largest window that servers may use for the zstd content
// coding (RFC 9659 section 3). A frame in one segment has its whole content as
// window, which may be as large as a document.
const zstdWindow = 8 << 20

// contentCodings returns the codings of a body in the order in which they were
// applied (RFC 9110 section 8.4).
func contentCodings(h http.Header) ([]string, error) {
	var codings []string
	for _, value := range h["Content-Encoding"] {
		for name := range strings.SplitSeq(value, ",") {
			switch name = strings.ToLower(strings.TrimSpace(name)); name {
			case "gzip", "deflate", "br", "zstd":
				codings = append(codings, name)
			case "x-gzip": // RFC 9110 section 8.4.1.3
				codings = append(codings, "gzip")
			case "", "identity", "none", "utf-8":
				// Not codings, but sent by servers that mean no coding.
			default:
				return nil, fmt.Errorf("content encoding %q, which was not asked for", shorten(name, 30))
			}
		}
	}
	if len(codings) > maxCodings {
		return nil, errors.New("too many content encodings")
	}
	return codings, nil
}

// decoderPools keep decoders, which are large, between bodies.
type decoderPools struct {
	gzip, brotli, zstd sync.Pool
}

// stage is a decoder at work.
type stage struct {
	io.Reader
	// release lets another body use the decoder.
	release func()
}

// open starts to undo a coding.
func (d *decoderPools) open(coding string, r io.Reader, maxBody int64) (stage, error) {
	switch coding {
	case "gzip":
		z, _ := d.gzip.Get().(*gzipReader)
		if z == nil {
			z = &gzipReader{in: bufio.NewReader(nil)}
		}
		if err := z.reset(r); err != nil {
			return stage{}, err
		}
		return stage{z, func() { z.in.Reset(nil); d.gzip.Put(z) }}, nil
	case "br":
		z, _ := d.brotli.Get().(*brotli.Reader)
		if z == nil {
			z = new(brotli.Reader)
		}
		_ = z.Reset(r) // never fails
		return stage{z, func() { _ = z.Reset(nil); d.brotli.Put(z) }}, nil
	case "zstd":
		z, _ := d.zstd.Get().(*zstd.Decoder)
		if z == nil {
			var err error
			// One at a time, in the caller's goroutine.
			z, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
				zstd.WithDecoderMaxMemory(uint64(max(maxBody, zstdWindow))))
			if err != nil {
				return stage{}, err
			}
		}
		if err := z.Reset(r); err != nil {
			return stage{}, err
		}
		return stage{zstdReader{z}, func() { _ = z.Reset(nil); d.zstd.Put(z) }}, nil
	}
	z, err := inflate(r)
	return stage{z, func() {}}, err
}

// inflate undoes "deflate", which is zlib by RFC 9110 section 8.4.1.2 and bare
// deflate by some servers.
func inflate(r io.Reader) (io.Reader, error) {
	in := bufio.NewReader(r)
	head, err := in.Peek(2)
	if len(head) < 2 {
		return nil, err
	}
	if head[0]&0x0f == 8 && (uint(head[0])<<8|uint(head[1]))%31 == 0 { // RFC 1950 section 2.2
		return zlib.NewReader(in)
	}
	return flate.NewReader(in), nil
}

// gzipReader reads gzip members and stops at what follows them: some servers
// append a line break.
type gzipReader struct {
	in *bufio.Reader
	z  gzip.Reader
}

func (g *gzipReader) reset(r io.Reader) error {
	g.in.Reset(r)
	return g.next()
}

// next starts a member.
func (g *gzipReader) next() error {
	err := g.z.Reset(g.in)
	g.z.Multistream(false)
	return err
}

func (g *gzipReader) Read(p []byte) (int, error) {
	for {
		n, err := g.z.Read(p)
		if n > 0 && err == io.EOF {
			err = nil // comes again
		}
		if n > 0 || err != io.EOF {
			return n, err
		}
		switch magic, err := g.in.Peek(2); {
		case len(magic) == 2 && magic[0] == 0x1f && magic[1] == 0x8b:
			if err := g.next(); err != nil {
				return 0, err
			}
		case err != nil && err != io.EOF:
			return 0, err
		default:
			return 0, io.EOF
		}
	}
}

// zstdReader names a document that announces to be too large as that.
type zstdReader struct{ *zstd.Decoder }

func (z zstdReader) Read(p []byte) (int, error) {
	n, err := z.Decoder.Read(p)
	if errors.Is(err, zstd.ErrDecoderSizeExceeded) {
		err = errTooLarge
	}
	return n, err
}

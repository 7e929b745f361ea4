package fetch

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/cespare/xxhash/v2"
	"github.com/copytaster/copytaster/feeds"
)

const (
	defaultTimeout = 30 * time.Second
	defaultMaxBody = 16 << 20
	defaultAgent   = "copytaster"
)

// Options says how to fetch. The zero value is usable.
type Options struct {
	// Timeout bounds the whole of a Fetch, redirects and body included.
	// Default 30 s.
	Timeout time.Duration
	// MaxBody is the most bytes that a document may have after decompression.
	// Default 16 MiB.
	MaxBody int64
	// UserAgent says who asks: "copytaster/VERSION (+url)".
	UserAgent string
	// AllowPrivate lists networks that may be reached although they are not
	// public. It is not used when Transport is set.
	AllowPrivate []netip.Prefix
	// Transport carries the requests; nil stands for NewTransport(AllowPrivate).
	// Callers that need a proxy, client certificates, more idle connections or
	// HTTP/1 only change one that NewTransport made.
	Transport *http.Transport
}

// Fetcher fetches feeds. It is safe for concurrent use.
type Fetcher struct {
	timeout   time.Duration
	agent     []string
	transport *http.Transport
	bodies    bodyReader
}

// New returns a fetcher.
func New(o Options) *Fetcher {
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.MaxBody <= 0 {
		o.MaxBody = defaultMaxBody
	}
	if o.UserAgent == "" {
		o.UserAgent = defaultAgent
	}
	if o.Transport == nil {
		o.Transport = NewTransport(o.AllowPrivate)
	}
	return &Fetcher{
		timeout:   o.Timeout,
		agent:     []string{o.UserAgent},
		transport: o.Transport,
		bodies:    bodyReader{max: o.MaxBody},
	}
}

// Close closes idle connections.
func (f *Fetcher) Close() { f.transport.CloseIdleConnections() }

// Validators are what a feed's last good answer leaves for the next request.
// They are kept and handed back as they are.
type Validators struct {
	// ETag and LastModified are the server's own, byte by byte, "" for none.
	ETag         string
	LastModified string
	// Endpoint is a hash of the feed's RequestURL and the URL that issued ETag
	// and LastModified. They are sent to that URL only, and no more once the
	// feed's RequestURL is another.
	Endpoint uint64
	// BodyHash is of the last document and its content type, 0 for none.
	BodyHash uint64
}

// Response is a good answer.
type Response struct {
	// Status is 200, 203 or 304. A local file has 200 or 304.
	Status int
	// NotModified is set for a 304: there is no body.
	NotModified bool
	// SameBody is set when the document and its content type are those of
	// Validators.BodyHash. The validators may be new nevertheless.
	SameBody bool
	// Body is the document, decompressed; empty when the server sent none, nil
	// when NotModified.
	Body []byte
	// ContentType is the header of that name as it came, "" for a local file.
	ContentType string
	// URL is where the document came from, after redirects, for resolving
	// relative links. It shows no secret: userinfo is removed, and from a feed
	// with an Endpoint of its own the query and any path that is not part of
	// the feed's public URL. It is "" for a local file.
	URL string
	// Validators is what to store: after a 200 what that answer carried and
	// nothing else, after a 304 the old ones refreshed by what it carried
	// (RFC 9111 section 4.3.4).
	Validators Validators
}

// Fetch asks for a feed's document once and follows redirects. A 304 and a
// document that has not changed are results. Every error is an *Error.
func (f *Fetcher) Fetch(ctx context.Context, feed *feeds.Feed, v Validators) (*Response, error) {
	if path, ok := feed.LocalFile(); ok {
		return f.readFile(ctx, feed, path, v)
	}
	limited, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	r, err := f.follow(limited, feed, v)
	switch {
	case err == nil:
		return r, nil
	case ctx.Err() != nil:
		return nil, Explain(ctx.Err(), "")
	case limited.Err() != nil && err.Kind != KindStatus:
		return nil, fail(KindTimeout, context.DeadlineExceeded, "no complete answer within %v (poll.timeout)", f.timeout)
	}
	return nil, err
}

// follow walks from the feed's address through redirects to the answer.
func (f *Fetcher) follow(ctx context.Context, feed *feeds.Feed, v Validators) (*Response, *Error) {
	first, failure := parseAddress(feed.RequestURL())
	if failure != nil {
		return nil, failure
	}
	t := trip{feed: feed, hops: []*url.URL{first}, home: true, auth: first.User}
	first.User = nil
	for {
		endpoint := endpointHash(feed, t.here().String())
		req := f.request(ctx, &t)
		conditional := endpoint == v.Endpoint && setConditions(req.Header, v)
		resp, err := f.transport.RoundTrip(req)
		if err != nil {
			return nil, Explain(err, t.host())
		}
		if !isRedirect(resp.StatusCode) {
			defer resp.Body.Close()
			if resp.StatusCode == http.StatusNotModified && !conditional {
				return nil, fail(KindProtocol, nil, "%s answered 304 Not Modified to an unconditional request", t.host())
			}
			return f.answer(&t, resp, v, endpoint)
		}
		drain(resp.Body)
		resp.Body.Close()
		if failure := t.advance(resp); failure != nil {
			return nil, failure
		}
	}
}

// answer turns the last response of a trip into a result.
func (f *Fetcher) answer(t *trip, resp *http.Response, v Validators, endpoint uint64) (*Response, *Error) {
	r := &Response{
		Status:      resp.StatusCode,
		ContentType: resp.Header.Get("Content-Type"),
		URL:         publicURL(t.feed, t.here()),
		Validators: Validators{
			ETag:         validator(resp.Header, "Etag"),
			LastModified: validator(resp.Header, "Last-Modified"),
			Endpoint:     endpoint,
		},
	}
	switch resp.StatusCode {
	case http.StatusNotModified:
		r.NotModified = true
		r.Validators.BodyHash = v.BodyHash
		if r.Validators.ETag == "" {
			r.Validators.ETag = v.ETag
		}
		if r.Validators.LastModified == "" {
			r.Validators.LastModified = v.LastModified
		}
		return r, nil
	case http.StatusOK, http.StatusNonAuthoritativeInfo:
	default:
		drain(resp.Body)
		return nil, statusError(t, resp, time.Now())
	}
	body, failure := f.bodies.response(resp, t.host())
	if failure != nil {
		return nil, failure
	}
	drain(resp.Body)
	r.setBody(body, v)
	return r, nil
}

// setBody adds the document and compares it with the last one.
func (r *Response) setBody(body []byte, last Validators) {
	var d xxhash.Digest
	d.Reset()
	// The type is part of the document: another charset makes another text.
	d.WriteString(r.ContentType)
	d.Write([]byte{0})
	d.Write(body)
	r.Body = body
	r.Validators.BodyHash = max(d.Sum64(), 1)
	r.SameBody = r.Validators.BodyHash == last.BodyHash
}

// endpointHash says which feed address and which answering URL a validator
// belongs to.
func endpointHash(feed *feeds.Feed, answering string) uint64 {
	b := append([]byte(feed.RequestURL()), 0)
	sum := sha256.Sum256(append(b, answering...))
	return max(binary.BigEndian.Uint64(sum[:]), 1)
}

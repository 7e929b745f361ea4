package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"
)

// Kind is the class of an Error. Its text is short and stable: it is stored
// and shown.
type Kind string

const (
	KindRequest  Kind = "request"   // the address or a header cannot be sent
	KindDNS      Kind = "dns"       // the host's name was not resolved
	KindConnect  Kind = "connect"   // no connection, or it broke off
	KindTLS      Kind = "tls"       // no secure connection: certificate, handshake
	KindTimeout  Kind = "timeout"   // not done within the whole request's time
	KindStatus   Kind = "status"    // an HTTP status that is no document
	KindTooLarge Kind = "too-large" // headers or body beyond the limit
	KindPrivate  Kind = "private"   // the address is not public
	KindRedirect Kind = "redirect"  // a loop, too many, or to nowhere
	KindEncoding Kind = "encoding"  // the body could not be decompressed
	KindFile     Kind = "file"      // a local file could not be read
	KindProtocol Kind = "protocol"  // the answer is not HTTP as it should be
	KindCanceled Kind = "canceled"  // the caller gave up
)

// Error says why there is no document. It never shows a secret: no full URL,
// no header value, nothing that a server could have echoed.
type Error struct {
	Kind Kind
	// Status is the HTTP status, 0 when there was none or it is not the reason.
	Status int
	// RetryAfter is how long the server asked to be left alone, with 429 and
	// 503; 0 when it did not.
	RetryAfter time.Duration
	// Err is the reason in one line, and what to do where that is known. It
	// wraps context.Canceled, context.DeadlineExceeded, ErrPrivate or an
	// fs.Err… where one of them is the cause.
	Err error
}

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// reason is a line of text with a cause that the text need not repeat.
type reason struct {
	text  string
	cause error
}

func (r *reason) Error() string { return r.text }
func (r *reason) Unwrap() error { return r.cause }

func fail(kind Kind, cause error, format string, args ...any) *Error {
	return &Error{Kind: kind, Err: &reason{fmt.Sprintf(format, args...), cause}}
}

// Explain says why a request to host failed, given the error of an
// http.Client or http.Transport, which must not be shown: it may contain the
// URL. An *Error comes back as it is.
func Explain(err error, host string) *Error {
	if host == "" {
		host = "the server"
	}
	var (
		done    *Error
		private *privateError
		dns     *net.DNSError
		op      *net.OpError
	)
	text := err.Error()
	switch {
	case errors.As(err, &done):
		return done
	case errors.Is(err, context.Canceled):
		return fail(KindCanceled, context.Canceled, "canceled")
	case errors.As(err, &private):
		return fail(KindPrivate, ErrPrivate, "%s: %v", host, private)
	case errors.As(err, &dns):
		return explainDNS(dns, host)
	case errors.Is(err, syscall.ECONNREFUSED):
		return fail(KindConnect, nil, "%s refused the connection", host)
	case errors.As(err, &op) && op.Op == "dial" && op.Timeout():
		return fail(KindConnect, nil, "%s did not accept a connection in time", host)
	case errors.As(err, &op) && op.Op == "dial":
		var errno syscall.Errno
		if errors.As(err, &errno) {
			return fail(KindConnect, nil, "cannot connect to %s: %v", host, errno)
		}
		return fail(KindConnect, nil, "cannot connect to %s", host)
	case strings.Contains(text, "tls: ") || strings.Contains(text, "x509: ") || strings.Contains(text, "TLS handshake"):
		return explainTLS(err, host)
	case errors.Is(err, context.DeadlineExceeded) || op != nil && op.Timeout():
		return fail(KindTimeout, context.DeadlineExceeded, "%s did not answer in time", host)
	case strings.Contains(text, "response headers exceeded") || strings.Contains(text, "header list larger"):
		return fail(KindTooLarge, nil, "the headers that %s answered with are too large", host)
	case strings.Contains(text, "invalid header field"):
		return fail(KindRequest, nil, "a configured header's name or value has characters that cannot be sent")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), op != nil:
		return fail(KindConnect, nil, "%s broke the connection off before its answer was complete", host)
	}
	return fail(KindProtocol, nil, "the answer of %s is not valid HTTP", host)
}

func explainDNS(err *net.DNSError, host string) *Error {
	switch {
	case err.IsNotFound:
		return fail(KindDNS, nil, "%s: no such host name; check the address and the network", host)
	case err.IsTimeout:
		return fail(KindDNS, nil, "looking up the name %s timed out", host)
	}
	return fail(KindDNS, nil, "the name %s could not be looked up", host)
}

func explainTLS(err error, host string) *Error {
	var (
		certificate *tls.CertificateVerificationError
		record      tls.RecordHeaderError
		authority   x509.UnknownAuthorityError
		name        x509.HostnameError
	)
	switch {
	case errors.As(err, &authority):
		return fail(KindTLS, nil, "the TLS certificate of %s is signed by an authority that this system does not trust", host)
	case errors.As(err, &name):
		return fail(KindTLS, nil, "the TLS certificate of %s is for another host", host)
	case errors.As(err, &certificate):
		return fail(KindTLS, nil, "the TLS certificate of %s is not valid: %s", host,
			shorten(strings.TrimPrefix(certificate.Err.Error(), "x509: "), 160))
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return fail(KindTLS, nil, "%s does not speak TLS there; its address may begin with http:// instead of https://", host)
	case strings.Contains(err.Error(), "TLS handshake timeout"):
		return fail(KindTLS, nil, "the TLS handshake with %s timed out", host)
	}
	_, detail, _ := strings.Cut(err.Error(), "tls: ")
	return fail(KindTLS, nil, "no secure connection to %s: %s", host, shorten(detail, 160))
}

// statusError explains an answer that is no document.
func statusError(t *trip, resp *http.Response, now time.Time) *Error {
	status := fmt.Sprint(resp.StatusCode)
	if text := http.StatusText(resp.StatusCode); text != "" {
		status += " " + text
	}
	e := fail(KindStatus, nil, "%s answered %s", t.host(), status)
	e.Status = resp.StatusCode
	hint := ""
	switch resp.StatusCode {
	case http.StatusUnauthorized:
		hint = "the feed needs credentials, or others than those configured"
		if !t.home && (t.auth != nil || len(t.feed.Header) > 0) {
			hint = "credentials and headers do not follow a redirect to another origin; configure the address that it leads to"
		}
	case http.StatusForbidden:
		hint = "the server refuses to serve this reader"
	case http.StatusNotFound:
		hint = "check the address"
	case http.StatusGone:
		hint = "the feed was removed for good"
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		e.RetryAfter = ParseRetryAfter(resp.Header.Get("Retry-After"), now)
		if e.RetryAfter > 0 {
			hint = fmt.Sprintf("it asks to be left alone for %v", e.RetryAfter.Round(time.Second))
		}
	}
	if hint != "" {
		e.Err = &reason{e.Err.Error() + ": " + hint, nil}
	}
	return e
}

// shorten cuts text to at most n bytes and marks the cut.
func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}

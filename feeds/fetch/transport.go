package fetch

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"

	"code.dny.dev/ssrf"
)

// ErrPrivate is what connecting to an address that is not public fails with.
var ErrPrivate = errors.New("not a public address")

// privateError names the address that was refused.
type privateError struct{ addr netip.Addr }

func (e *privateError) Error() string {
	return fmt.Sprintf("%s is not a public address; to permit it, add %s/%d to poll.allow_private",
		e.addr, e.addr.WithZone(""), e.addr.BitLen())
}

func (e *privateError) Unwrap() error { return ErrPrivate }

// NewDialer returns a dialer that connects to public addresses and to the
// networks of allow only. It checks the address that is really dialled, after
// name resolution, so no name and no redirect leads around it. Public is what
// the IANA special-purpose registries do not list. Refusals are ErrPrivate.
//
// A network with NAT64 needs its prefix (64:ff9b::/96) in allow.
func NewDialer(allow []netip.Prefix) *net.Dialer {
	var v4, v6 []netip.Prefix
	for _, p := range allow {
		switch {
		case p.Addr().Is4():
			v4 = append(v4, p)
		case p.Addr().Is4In6() && p.Bits() >= 96:
			v4 = append(v4, netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96))
		default:
			v6 = append(v6, p)
		}
	}
	guardian := ssrf.New(ssrf.WithAnyPort(), ssrf.WithAllowedV4Prefixes(v4...), ssrf.WithAllowedV6Prefixes(v6...))
	return &net.Dialer{
		Timeout:   10 * time.Second,
		KeepAlive: 30 * time.Second,
		Control: func(_, address string, _ syscall.RawConn) error {
			ap, err := netip.ParseAddrPort(address)
			if err != nil {
				return fmt.Errorf("check address: %w", ErrPrivate)
			}
			// Prefixes contain no address that has a zone.
			if guardian.SafeAddr(ap.Addr().Unmap().WithZone("")) != nil {
				return &privateError{ap.Addr().Unmap()}
			}
			return nil
		},
	}
}

// NewTransport returns a transport for requests to addresses that strangers
// may have chosen, as feeds and webhooks are: it dials with NewDialer, takes
// no proxy from the environment, bounds the time to connect and the size of
// headers, and speaks HTTP/2. It neither asks for nor undoes compression.
// Whoever makes a request bounds its time as a whole by its context.
//
// The caller owns it, may change it before its first use, and closes its idle
// connections in the end.
func NewTransport(allow []netip.Prefix) *http.Transport {
	return &http.Transport{
		DialContext:            NewDialer(allow).DialContext,
		TLSHandshakeTimeout:    10 * time.Second,
		TLSClientConfig:        &tls.Config{ClientSessionCache: tls.NewLRUClientSessionCache(512)},
		ForceAttemptHTTP2:      true, // off by default where DialContext is set
		DisableCompression:     true,
		MaxResponseHeaderBytes: 1 << 20,
		MaxIdleConns:           256,
		MaxIdleConnsPerHost:    4,
		IdleConnTimeout:        60 * time.Second,
		HTTP2: &http.HTTP2Config{
			MaxReceiveBufferPerStream: 1 << 20,
			// A connection that died silently would fail every later request.
			SendPingTimeout: 30 * time.Second,
			PingTimeout:     10 * time.Second,
		},
	}
}

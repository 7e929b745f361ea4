package fetch_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/feeds/fetch"
)

func TestPrivateNetworksAreRefused(t *testing.T) {
	s := newServer(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, document) })
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	f := newFetcher(t, fetch.Options{AllowPrivate: []netip.Prefix{netip.MustParsePrefix("192.168.7.0/24")}})
	for _, host := range []string{
		"127.0.0.1", "localhost", "127.8.9.10", "0.0.0.0", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]",
		"１２７.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "198.18.0.1", "224.0.0.1",
		"255.255.255.255", "[fe80::1]", "[fd00::1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[ff02::1]",
	} {
		t.Run(host, func(t *testing.T) {
			e := wantError(t, f, feedAt("http://"+host+":"+port+"/"), fetch.KindPrivate)
			if !errors.Is(e, fetch.ErrPrivate) {
				t.Errorf("%v is no ErrPrivate", e)
			}
		})
	}
	if n := len(s.requests()); n != 0 {
		t.Errorf("%d requests got through", n)
	}
}

func TestRedirectsToPrivateNetworksAreRefused(t *testing.T) {
	inner := newServer(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "inner") })
	_, port, _ := net.SplitHostPort(inner.Listener.Addr().String())
	l, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Fatal(err)
	}
	outer := httptest.NewUnstartedServer(http.RedirectHandler("http://127.0.0.1:"+port+"/", http.StatusFound))
	outer.Listener.Close()
	outer.Listener = l
	outer.Start()
	t.Cleanup(outer.Close)
	f := newFetcher(t, fetch.Options{AllowPrivate: []netip.Prefix{netip.MustParsePrefix("::1/128")}})
	e := wantError(t, f, feedAt(outer.URL), fetch.KindPrivate)
	if !strings.Contains(e.Error(), "redirects to") {
		t.Errorf("%v does not say that a redirect led there", e)
	}
	if n := len(inner.requests()); n != 0 {
		t.Errorf("%d requests got through", n)
	}
}

func TestAllowedNetworks(t *testing.T) {
	s := newServer(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, document) })
	for _, allow := range []string{"127.0.0.1/32", "127.0.0.0/8", "0.0.0.0/0", "::ffff:127.0.0.0/104"} {
		f := newFetcher(t, fetch.Options{AllowPrivate: []netip.Prefix{netip.MustParsePrefix(allow)}})
		mustFetch(t, f, feedAt(s.URL), fetch.Validators{})
		mapped := strings.Replace(s.URL, "127.0.0.1", "[::ffff:127.0.0.1]", 1)
		mustFetch(t, f, feedAt(mapped), fetch.Validators{})
	}
}

func TestNoProxyFromTheEnvironment(t *testing.T) {
	if fetch.NewTransport(nil).Proxy != nil {
		t.Error("a proxy would see the requests and make them where the guard cannot look")
	}
}

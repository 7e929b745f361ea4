package web

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// maxBody is how much of a request's body is read.
const maxBody = 64 << 10

// Auth is how readers show that they may read: a token, a user with a password,
// or either. A token is sent as a bearer token (RFC 6750) or, for readers that
// only know passwords, as the password of any user in basic authentication
// (RFC 7617).
type Auth struct {
	Token          string
	User, Password string
}

func (a Auth) enabled() bool { return a.Token != "" || a.Password != "" }

// guarded puts around h what every request passes: the log, headers, the check
// of who asks, and the check of where a change comes from.
func (h *Handler) guarded(next http.Handler, o Options, public *url.URL) http.Handler {
	cross := http.NewCrossOriginProtection()
	// Behind a proxy the Host of a request need not be the one that the browser
	// sees. The origin is well-formed, so the error cannot occur.
	_ = cross.AddTrustedOrigin(public.Scheme + "://" + public.Host)
	cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fail(w, r, http.StatusForbidden, "a page of another site may not change anything here")
	}))
	next = cross.Handler(next)
	if o.Auth.enabled() {
		next = o.Auth.guard(next)
	} else {
		next = guardHost(next, o.Listen, public)
	}
	next = limited(next)
	return h.logged(next)
}

// limited bounds the body of requests and sets the headers of all answers.
func limited(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		header := w.Header()
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// guard lets through who shows a token or password. Sums are compared, so that
// the time taken tells nothing of the secret, not even its length.
func (a Auth) guard(next http.Handler) http.Handler {
	token, user, password := sha256.Sum256([]byte(a.Token)), sha256.Sum256([]byte(a.User)), sha256.Sum256([]byte(a.Password))
	equal := func(sum [sha256.Size]byte, s string) bool {
		given := sha256.Sum256([]byte(s))
		return subtle.ConstantTimeCompare(sum[:], given[:]) == 1
	}
	admits := func(r *http.Request) bool {
		if name, secret, ok := r.BasicAuth(); ok {
			byToken := equal(token, secret) && a.Token != ""
			knownUser, knownPassword := equal(user, name), equal(password, secret)
			return byToken || knownUser && knownPassword && a.Password != ""
		}
		scheme, secret, ok := strings.Cut(r.Header.Get("Authorization"), " ")
		return ok && strings.EqualFold(scheme, "Bearer") && equal(token, strings.TrimSpace(secret)) && a.Token != ""
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/healthz" && !admits(r) {
			w.Header().Add("WWW-Authenticate", `Basic realm="copytaster", charset="UTF-8"`)
			if a.Token != "" {
				w.Header().Add("WWW-Authenticate", `Bearer realm="copytaster"`)
			}
			fail(w, r, http.StatusUnauthorized, "authentication required")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// guardHost refuses requests under a name that is not the server's own. A page
// elsewhere can make its name resolve to this machine and so read what only
// local programs should (DNS rebinding); it cannot make the browser send
// another name.
func guardHost(next http.Handler, listen string, public *url.URL) http.Handler {
	own := map[string]bool{hostName(public.Host): true}
	if name := hostName(listen); name != "" {
		if addr, err := netip.ParseAddr(name); err != nil || !addr.IsUnspecified() {
			own[name] = true
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Only programs older than HTTP/1.1 name no host, browsers always do.
		if name := hostName(r.Host); name != "" && !own[name] && !loopback(name) {
			fail(w, r, http.StatusForbidden, fmt.Sprintf("host %q is not served here; readers must use public_url or a loopback address", name))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// hostName returns a host without port, brackets and final dot, in lower case.
func hostName(hostport string) string {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

func loopback(name string) bool {
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(name)
	return err == nil && addr.Unmap().IsLoopback()
}

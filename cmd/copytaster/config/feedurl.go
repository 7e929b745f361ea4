package config

import (
	"net/url"
	"path/filepath"
	"runtime"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/copytaster/copytaster/feeds"
)

// maxURL is the length of the longest URL, in bytes.
const maxURL = 8 << 10

// feedURL reads where a feed is: what is shown goes to f.URL, and what is
// requested to f.Endpoint when that differs.
func (d *decoder) feedURL(n *yaml.Node, f *feeds.Feed) bool {
	v, ok := d.text(n)
	if !ok {
		return false
	}
	f.URL = maskUser(n.Value)
	if rest, ok := cutScheme(v.text, "file"); ok {
		path, problem := d.localPath(rest)
		if problem != "" {
			d.fail(n, "%s", problem)
			return false
		}
		f.Endpoint = "file:" + path
		return true
	}
	if problem := checkURL(v.text, v.fromEnv); problem != "" {
		d.fail(n, "%s", problem)
		return false
	}
	if v.text != f.URL {
		f.Endpoint = v.text
	}
	return true
}

// checkURL returns what is wrong with the URL of a feed on the network, and
// shows nothing of one that is secret.
func checkURL(s string, secret bool) string {
	u, err := url.Parse(s)
	scheme, _, hasScheme := strings.Cut(s, ":")
	switch {
	case len(s) > maxURL:
		return "the URL is longer than 8 KiB"
	case !hasScheme || strings.ContainsAny(scheme, "./"):
		if secret {
			return "is not a URL once its variables are replaced: it must begin with https://, http:// or file:"
		}
		return "is not a URL: it must begin with https://, http:// or file:"
	case err != nil || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7F }):
		return "is not a valid URL: look for spaces, brackets and stray % signs"
	case u.Scheme != "http" && u.Scheme != "https":
		if secret {
			return "the URL's scheme is not supported: use https, http or file"
		}
		return "the scheme " + quote(scheme) + " is not supported: use https, http or file"
	case u.Hostname() == "":
		return "the URL has no host"
	}
	return ""
}

func cutScheme(s, scheme string) (rest string, ok bool) {
	if len(s) <= len(scheme) || s[len(scheme)] != ':' || !strings.EqualFold(s[:len(scheme)], scheme) {
		return s, false
	}
	return s[len(scheme)+1:], true
}

// localPath returns the absolute path that the part of a URL after "file:"
// names (RFC 8089), and takes relative ones as well, from the configuration's
// folder.
func (d *decoder) localPath(rest string) (path, problem string) {
	if after, ok := strings.CutPrefix(rest, "//"); ok {
		after, _ = strings.CutPrefix(after, "localhost")
		if !strings.HasPrefix(after, "/") {
			return "", "a file: URL names no host: write file:PATH, relative to this file, or file:///PATH"
		}
		rest = after
	}
	path, err := url.PathUnescape(rest)
	switch {
	case err != nil:
		return "", "the path has a stray % sign: write %25 for a % in a file's name"
	case path == "" || strings.HasSuffix(path, "/"):
		return "", "names no file"
	case !printable(path):
		return "", "the path has control characters"
	}
	if runtime.GOOS == "windows" && len(path) > 2 && path[0] == '/' && path[2] == ':' {
		path = path[1:] // file:///C:/…
	}
	return d.path(filepath.FromSlash(path)), ""
}

// maskUser returns a URL with "xxxxx" in the place of its password, or of a
// user without one, which is a token more often than not. Something like
// "user:password@host" without a scheme is masked as well.
func maskUser(s string) string {
	start := strings.Index(s, "://")
	bare := start < 0
	if bare {
		if _, ok := cutScheme(s, "file"); ok {
			return s
		}
		start = 0
	} else {
		start += len("://")
	}
	end := len(s)
	if i := strings.IndexAny(s[start:], "/?#\\"); i >= 0 {
		end = start + i
	}
	at := strings.LastIndexByte(s[:end], '@')
	if at < start {
		return s
	}
	if i := strings.IndexByte(s[start:at], ':'); i >= 0 {
		start += i + 1
	} else if bare {
		return s
	}
	return s[:start] + "xxxxx" + s[at:]
}

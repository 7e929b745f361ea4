package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
	"golang.org/x/net/http/httpguts"
)

const (
	day = 24 * time.Hour
	// longest is a duration that nobody means to exceed: a hundred years.
	longest = 100 * 365 * day
)

// store reads where the store is; n may be nil.
func (d *decoder) store(n *yaml.Node) string {
	file := filepath.Join(d.dir, "copytaster.db")
	if n == nil {
		return file
	}
	v, ok := d.text(n)
	if !ok {
		return file
	}
	scheme, _, isURL := strings.Cut(v.text, "://")
	switch {
	case isURL && (scheme == "postgres" || scheme == "postgresql"):
		d.fail(n, "PostgreSQL is not supported by this version: write the path of a file")
	case isURL:
		d.fail(n, "expected the path of a file, not a URL")
	case strings.HasSuffix(v.text, "/") || strings.HasSuffix(v.text, string(filepath.Separator)):
		d.fail(n, "%s is a folder: write the path of a file", v.shown())
	default:
		return d.path(v.text)
	}
	return file
}

// path returns a configured path, absolute: relative ones start at the
// configuration file.
func (d *decoder) path(p string) string {
	if filepath.IsAbs(p) {
		return filepath.Clean(p)
	}
	return filepath.Join(d.dir, p)
}

// listen reads where to serve; n may be nil. open tells that others than this
// machine can connect.
func (d *decoder) listen(n *yaml.Node) (address string, open bool) {
	const standard = "127.0.0.1:8380"
	if n == nil {
		return standard, false
	}
	v, ok := d.text(n)
	if !ok {
		return standard, false
	}
	if v.text == "off" {
		return "", false
	}
	host, port, err := net.SplitHostPort(v.text)
	if err != nil || strings.ContainsAny(host, "/@ \t%") {
		d.fail(n, `%s is not HOST:PORT, such as 127.0.0.1:8380 or [::1]:8380, or "off"`, v.shown())
		return standard, false
	}
	if number, err := strconv.ParseUint(port, 10, 16); err != nil || port != strconv.FormatUint(number, 10) {
		d.fail(n, "%s does not end in a port: a number from 0 to 65535", v.shown())
		return standard, false
	}
	ip, err := netip.ParseAddr(host)
	return v.text, !(strings.EqualFold(host, "localhost") || err == nil && ip.Unmap().IsLoopback())
}

// publicURL reads how subscribers reach the server; n may be nil.
func (d *decoder) publicURL(n *yaml.Node, listen string) string {
	if n == nil {
		host, port, err := net.SplitHostPort(listen)
		if err != nil || port == "0" {
			return ""
		}
		if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
			host = "localhost"
		}
		return "http://" + net.JoinHostPort(host, port) + "/"
	}
	v, ok := d.text(n)
	if !ok {
		return ""
	}
	u, err := url.Parse(v.text)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		d.fail(n, "expected an absolute URL, such as https://news.example.org/")
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || strings.Contains(v.text, "#"):
		d.fail(n, "must have no user, query or fragment: other addresses are made by adding to it")
	default:
		if !strings.HasSuffix(u.Path, "/") {
			u = u.JoinPath("/")
		}
		return u.String()
	}
	return ""
}

const (
	pollSchedule = iota
	pollMinInterval
	pollMaxInterval
	pollWorkers
	pollPerHost
	pollTimeout
	pollMaxBody
	pollUserAgent
	pollAllowPrivate
)

var pollKeys = []string{"schedule", "min_interval", "max_interval", "workers", "per_host", "timeout", "max_body", "user_agent", "allow_private"}

// poll reads how feeds are polled; n may be nil.
func (d *decoder) poll(n *yaml.Node) Poll {
	p := Poll{
		Schedule:    "@every 15m",
		MinInterval: 5 * time.Minute,
		MaxInterval: day,
		Workers:     64,
		PerHost:     2,
		Timeout:     30 * time.Second,
		MaxBody:     16 << 20,
	}
	if n == nil {
		return p
	}
	k, ok := d.keys(n, pollKeys)
	if !ok {
		return p
	}
	if s := d.schedule(k[pollSchedule]); s != "" {
		p.Schedule = s
	}
	d.duration(k[pollMinInterval], &p.MinInterval, time.Second, 30*day)
	d.duration(k[pollMaxInterval], &p.MaxInterval, time.Second, 30*day)
	if p.MinInterval > p.MaxInterval {
		at := k[pollMinInterval]
		if at == nil {
			at = k[pollMaxInterval]
		}
		d.fail(at, "min_interval is longer than max_interval (without these keys they are 5m and 24h)")
	}
	d.number(k[pollWorkers], &p.Workers, 1, 10_000)
	d.number(k[pollPerHost], &p.PerHost, 1, 1_000)
	d.duration(k[pollTimeout], &p.Timeout, 100*time.Millisecond, 10*time.Minute)
	d.size(k[pollMaxBody], &p.MaxBody)
	p.UserAgent = d.userAgent(k[pollUserAgent])
	p.AllowPrivate = d.networks(k[pollAllowPrivate])
	return p
}

// size reads a number of bytes into to; to stays as it is when n is nil or
// wrong.
func (d *decoder) size(n *yaml.Node, to *int64) {
	if n == nil {
		return
	}
	v, ok := d.text(n)
	if !ok {
		return
	}
	got, err := parseSize(v.text)
	switch {
	case err != nil:
		d.fail(n, "%s %v", v.shown(), err)
	case got < 1<<10 || got > 1<<30:
		d.fail(n, "%s is out of range: from 1KiB to 1GiB", v.shown())
	default:
		*to = got
	}
}

// userAgent reads the User-Agent of requests; n may be nil, and the text empty:
// both mean the standard one.
func (d *decoder) userAgent(n *yaml.Node) string {
	if n == nil || n.Kind == yaml.ScalarNode && n.Value == "" && d.untagged(n) {
		return ""
	}
	v, ok := d.text(n)
	if !ok {
		return ""
	}
	if !httpguts.ValidHeaderFieldValue(v.text) || len(v.text) > 500 || strings.TrimSpace(v.text) != v.text {
		d.fail(n, "is not a header value: up to 500 characters on one line")
		return ""
	}
	return v.text
}

// networks reads a list of networks and single addresses; n may be nil, and the
// list empty.
func (d *decoder) networks(n *yaml.Node) []netip.Prefix {
	if n == nil {
		return nil
	}
	list, ok := d.list(n)
	if !ok {
		return nil
	}
	var networks []netip.Prefix
	for _, e := range list {
		v, ok := d.text(e)
		if !ok {
			continue
		}
		network, err := parseNetwork(v.text)
		if err != nil {
			d.fail(v.node, "%s %v", v.shown(), err)
			continue
		}
		networks = append(networks, network)
	}
	return networks
}

func parseNetwork(s string) (netip.Prefix, error) {
	if ip, err := netip.ParseAddr(s); err == nil && ip.Zone() == "" {
		ip = ip.Unmap()
		return netip.PrefixFrom(ip, ip.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	switch {
	case err != nil || p.Addr().Is4In6():
		return p, fmt.Errorf("is not a network, such as 192.168.0.0/16 or fd00::/8, or a single address")
	case p != p.Masked():
		return p, fmt.Errorf("has bits outside its network: the network begins at the address cut to %d bits", p.Bits())
	}
	return p, nil
}

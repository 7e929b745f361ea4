// Package config reads copytaster's configuration: one YAML file, the OPML and
// secret files it names, and the environment variables it refers to.
//
// Reading is strict. Whatever is wrong is reported, all of it at once, each
// mistake with its place in the file: see [Problems]. A [Config] that Load
// returns without an error needs no further checks.
//
// # References
//
// ${NAME} in any value stands for the environment variable NAME; an undefined
// one is a mistake, and "$${" stands for the characters "${". Values are
// replaced after the YAML is parsed and never show in messages. Every key that
// holds a secret has a form with "_file" at its end that names a file to read
// the secret from; one newline at the file's end is dropped. Relative paths
// start at the folder of the configuration file.
//
// # Units
//
// Durations are written as Go writes them, and with d (24 hours) and w (7
// days): 90s, 15m, 1h30m, 90d, 2w. Sizes take B, KiB, MiB, GiB, kB, MB, GB.
package config

import (
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor"
	"github.com/copytaster/copytaster/monitor/rule"
)

// Config is a valid configuration.
type Config struct {
	// Path is the file as it was given to Load; Dir its folder, absolute.
	Path, Dir string
	// Store is the path of the store's file, absolute.
	Store string
	// Listen is the address to serve on, HOST:PORT, "" for none. Port 0 asks
	// the system for a free one.
	Listen string
	// PublicURL is how subscribers reach the server: absolute, http or https,
	// with a slash at its end. It is "" where the configuration does not say
	// and it cannot be told before listening: when Listen is "" or its port 0.
	PublicURL string
	// Auth is what clients must present. It is set whenever Listen is not a
	// loopback address.
	Auth Auth
	// Retention is how long articles are kept, 0 for ever.
	Retention time.Duration
	Poll      Poll
	// Feeds are the feeds in the order of the file, those of an OPML file in
	// its place. Their URLs differ. They share what they can: do not change
	// their slices.
	Feeds []*feeds.Feed
	// Watch are the rules in the order of the file. Their names differ.
	Watch []monitor.Watch
	// Define are the named expressions that rules, and searches, can use.
	Define rule.Definitions
	// Receivers are those of the file, in its order, and the console where it
	// is needed and not among them. Their names differ.
	Receivers []Receiver
	// Warnings are what can be read but may not be meant, in the order of the
	// file. Each Msg begins with "warning: ".
	Warnings Problems
}

// Auth is what clients of the server must present: Token, or User and
// Password, or nothing.
type Auth struct {
	Token    Secret
	User     string
	Password Secret
}

// IsZero reports whether nothing is asked of clients.
func (a Auth) IsZero() bool { return a.Token.IsZero() && a.Password.IsZero() }

// Poll says how feeds are polled.
type Poll struct {
	// Schedule is that of feeds without one of their own: a cron line, with a
	// time zone or not, or "@every" with a duration.
	Schedule string
	// MinInterval is how long a feed that failed is left alone at first,
	// MaxInterval how long at most.
	MinInterval, MaxInterval time.Duration
	// Workers is how many polls may be under way, PerHost how many of them on
	// one host.
	Workers, PerHost int
	// Timeout bounds one request with its redirects and its body.
	Timeout time.Duration
	// MaxBody is the largest document that is read, in bytes after
	// decompression.
	MaxBody int64
	// UserAgent is "" for the standard one.
	UserAgent string
	// AllowPrivate are networks that feeds and webhooks may reach although
	// they are not public.
	AllowPrivate []netip.Prefix
}

// Receiver is someone who hears of matches, in one of the ways below.
type Receiver struct {
	Name string
	// Default receivers hear every rule that names none.
	Default bool
	Webhook *Webhook
	Console bool
}

// Webhook is where and how alerts are posted.
type Webhook struct {
	// URL is absolute, http or https. Such URLs often are secrets.
	URL Secret
	// Secrets sign each request, at least one: "whsec_" and 24 to 64 bytes in
	// base64.
	Secrets []Secret
}

// Load reads the configuration file and all it refers to. env looks up
// environment variables, as os.LookupEnv does.
//
// When the content is wrong the error is [Problems]; any other error means
// that the file cannot be read.
func Load(path string, env func(string) (string, bool)) (*Config, error) {
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	source, err := readFile(path)
	if errors.Is(err, errTooLarge) {
		return nil, Problems{{File: path, Msg: err.Error()}}
	}
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	c := &Config{Path: path, Dir: dir}
	d := newDecoder(path, dir, source, env)
	if !d.readable() {
		return nil, d.problems
	}
	root, list, ok := d.pieces()
	if !ok {
		d = newDecoder(path, dir, d.source, env)
		root = d.parse()
	}
	if root != nil {
		d.config(root, list, c)
		d.locate(root, "", 0)
	}
	if len(d.problems) > 0 {
		return nil, d.problems.sorted(path)
	}
	c.Warnings = d.warnings.sorted(path)
	return c, nil
}

const (
	keyStore = iota
	keyListen
	keyPublicURL
	keyAuth
	keyRetention
	keyPoll
	keyFeeds
	keyWatch
	keyDefine
	keyReceivers
)

var configKeys = []string{"store", "listen", "public_url", "auth", "retention", "poll", "feeds", "watch", "define", "receivers"}

// config reads the whole document into c. list has its feeds where they are
// read already.
func (d *decoder) config(root *yaml.Node, list []*feeds.Feed, c *Config) {
	k, ok := d.keys(root, configKeys)
	if !ok {
		return
	}
	c.Store = d.store(k[keyStore])
	var open bool
	c.Listen, open = d.listen(k[keyListen])
	c.PublicURL = d.publicURL(k[keyPublicURL], c.Listen)
	if k[keyAuth] != nil {
		c.Auth = d.auth(k[keyAuth])
	} else if open {
		d.fail(k[keyListen], "others than this machine can connect: set auth (a token, or user and password), or listen on 127.0.0.1")
	}
	c.Retention = 90 * day
	if d.durationOr("forever", k[keyRetention], &c.Retention, [2]time.Duration{time.Hour, longest}) {
		c.Retention = 0
	}
	c.Poll = d.poll(k[keyPoll])
	switch {
	case list != nil:
		c.Feeds = list
	case k[keyFeeds] == nil:
		d.fail(root, "no feeds: write `feeds:` and a list of URLs")
	default:
		c.Feeds = d.feeds(k[keyFeeds])
	}
	receivers := d.receivers(k[keyReceivers])
	d.defined = d.define(k[keyDefine])
	c.Define = d.defined
	c.Watch = d.watch(k[keyWatch], c.Feeds, receivers)
	c.Receivers = receivers.list
}

// Package web is what copytaster serves over HTTP: output feeds, the list of
// feeds as OPML, health and metrics, a JSON API, and one page for people.
//
// A [Handler] answers requests and nothing else: listening, and closing down
// in order, is the caller's business (see [NewServer]). It never changes, so a
// new configuration means a new Handler.
package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/rule"
	"github.com/copytaster/copytaster/monitor/store"
	"github.com/copytaster/copytaster/notify"
)

// Archive is the part of a store that articles are read from. store.Archive
// states the contract.
type Archive interface {
	Articles(ctx context.Context, q store.Query) ([]*feeds.Article, error)
	Matches(ctx context.Context, id string) ([]notify.Rule, error)
	Revision() uint64
	Feeds(ctx context.Context, yield func(store.FeedInfo) bool) error
}

// Ledger is the part of a store that deliveries are looked up in. store.Ledger
// states the contract.
type Ledger interface {
	Deliveries(ctx context.Context, q store.DeliveryQuery) ([]notify.Delivery, error)
	Replay(ctx context.Context, q store.DeliveryQuery, now time.Time) (int, error)
}

// Pinger tells whether a store can be written to.
type Pinger interface {
	Ping(ctx context.Context) error
}

// Store is what a Handler needs of a store.
type Store interface {
	Archive
	Ledger
	Pinger
}

// Options say what is served. Store is required; the rest may be left out as
// far as it says.
type Options struct {
	// PublicURL is how subscribers reach the server: an absolute http or https
	// URL. Output feeds name themselves by it. It is required.
	PublicURL string
	// Listen is the address that the server listens on, as host:port. Its host
	// is one of those that requests may name when there is no Auth.
	Listen string
	// Version is of the program, for feeds and page.
	Version string
	// Feeds are the configured feeds.
	Feeds []*feeds.Feed
	// Rules are the watch rules.
	Rules []notify.Rule
	// Define are the named expressions that searches can use.
	Define rule.Definitions
	Store  Store
	// Gatherer gives the metrics; nil means that there is no /metrics.
	Gatherer prometheus.Gatherer
	// Auth is who may read; the zero value lets in everybody who can reach the
	// server under one of its names.
	Auth Auth
	// Alive returns why the program no longer does its work, nil while it does.
	// A nil func is always alive.
	Alive func() error
	// Wake is called after a replay with the receiver that has deliveries due,
	// or with none when it can be any of them. It may be nil.
	Wake func(receivers ...string)
	// Logger is told of internal errors, and at level Debug of each request. It
	// is required.
	Logger *slog.Logger
}

// Handler serves everything. It is safe for concurrent use.
type Handler struct {
	serve http.Handler

	store   Store
	log     *slog.Logger
	version string
	// base is PublicURL with a slash at its end.
	base    string
	private bool
	alive   func() error
	wake    func(receivers ...string)

	feeds  []*feeds.Feed
	rules  []notify.Rule
	define rule.Definitions
	// expressions are the rules' texts by name.
	expressions map[string]string
	tagged      map[string][]feeds.FeedID
	tags        []string
	cache       *cache
	page        *page
	// searches holds a token for each search under way.
	searches chan struct{}
}

// New returns a Handler, or an error that says which option is wrong.
func New(o Options) (*Handler, error) {
	if o.Store == nil || o.Logger == nil {
		return nil, errors.New("web: a store and a logger are required")
	}
	public, err := url.Parse(o.PublicURL)
	if err != nil || public.Host == "" || (public.Scheme != "http" && public.Scheme != "https") {
		return nil, fmt.Errorf("web: public URL %q is not an absolute http or https URL", o.PublicURL)
	}
	public.User, public.RawQuery, public.Fragment = nil, "", ""
	if o.Auth.User != "" && o.Auth.Password == "" {
		return nil, errors.New("web: a user needs a password")
	}
	h := &Handler{
		store:       o.Store,
		log:         o.Logger,
		version:     o.Version,
		base:        strings.TrimRight(public.String(), "/") + "/",
		private:     o.Auth.enabled(),
		alive:       o.Alive,
		wake:        o.Wake,
		feeds:       o.Feeds,
		rules:       o.Rules,
		define:      o.Define,
		expressions: make(map[string]string, len(o.Rules)),
		tagged:      map[string][]feeds.FeedID{},
		cache:       newCache(cacheSize),
		searches:    make(chan struct{}, maxSearches),
	}
	for _, r := range o.Rules {
		h.expressions[r.Name] = r.Match
	}
	for _, f := range o.Feeds {
		for _, tag := range f.Tags {
			h.tagged[tag] = append(h.tagged[tag], f.ID())
		}
	}
	for tag := range h.tagged {
		h.tags = append(h.tags, tag)
	}
	slices.Sort(h.tags)
	if h.page, err = newPage(); err != nil {
		return nil, err
	}
	h.serve = h.guarded(h.routes(o.Gatherer), o, public)
	return h, nil
}

// ServeHTTP answers a request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.serve.ServeHTTP(w, r) }

func (h *Handler) routes(metrics prometheus.Gatherer) http.Handler {
	mux := http.NewServeMux()
	for _, f := range formats {
		mux.HandleFunc("GET /feed"+f.suffix, h.output("feed", f))
		mux.HandleFunc("GET /all"+f.suffix, h.output("all", f))
		mux.HandleFunc("GET /search"+f.suffix, h.searchOutput(f))
	}
	mux.HandleFunc("GET /watch/{file}", h.namedOutput("watch"))
	mux.HandleFunc("GET /tag/{file}", h.namedOutput("tag"))
	mux.HandleFunc("GET /opml", h.serveOPML)
	mux.HandleFunc("GET /healthz", h.serveHealth)
	mux.HandleFunc("GET /readyz", h.serveReady)
	if metrics != nil {
		mux.Handle("GET /metrics", h.metrics(metrics))
	}
	mux.HandleFunc("GET /api/v1/feeds", h.apiFeeds)
	mux.HandleFunc("GET /api/v1/deliveries", h.apiDeliveries)
	mux.HandleFunc("POST /api/v1/deliveries/replay", h.apiReplay)
	mux.HandleFunc("GET /api/v1/search", h.apiSearch)
	mux.HandleFunc("GET /api/v1/articles", h.apiArticles)
	mux.HandleFunc("POST /api/v1/backtest", h.apiBacktest)
	mux.HandleFunc("GET /{$}", h.servePage)
	return mux
}

// NewServer returns a server for the handler with limits that keep slow and
// broken clients from holding it up. Answers that take longer to write than its
// WriteTimeout, as searches may, move their own deadline.
func NewServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      5 * time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

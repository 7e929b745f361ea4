package web

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/feeds/encode"
	"github.com/copytaster/copytaster/monitor/rule"
	"github.com/copytaster/copytaster/monitor/store"
)

// defaultLimit and maxLimit bound the entries of an output feed and the records
// of an answer of the API.
const (
	defaultLimit = 50
	maxLimit     = 500
)

// renderTime bounds the reading and writing of one document.
const renderTime = 30 * time.Second

// format is a kind of output feed.
type format struct {
	suffix string
	name   string
	// kind is the media type with parameters.
	kind   string
	encode func(io.Writer, encode.Feed, []*feeds.Article) error
}

// link returns the media type without parameters.
func (f format) link() string {
	kind, _, _ := strings.Cut(f.kind, ";")
	return kind
}

var formats = []format{
	{".atom", "Atom", encode.AtomType, encode.Atom},
	{".rss", "RSS", encode.RSSType, encode.RSS},
	{".json", "JSON", encode.JSONType, encode.JSON},
}

// output serves an output feed that has no name of its own.
func (h *Handler) output(kind string, f format) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { h.serveOutput(w, r, key{kind: kind}, f) }
}

// namedOutput serves the output feeds of rules or of tags.
func (h *Handler) namedOutput(kind string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		file := r.PathValue("file")
		for _, f := range formats {
			name, ok := strings.CutSuffix(file, f.suffix)
			if !ok {
				continue
			}
			_, isRule := h.expressions[name]
			_, isTag := h.tagged[name]
			switch {
			case kind == "watch" && !isRule:
				fail(w, r, http.StatusNotFound, fmt.Sprintf("no rule is named %q", name))
			case kind == "tag" && !isTag:
				fail(w, r, http.StatusNotFound, fmt.Sprintf("no feed is tagged %q", name))
			default:
				h.serveOutput(w, r, key{kind: kind, name: name}, f)
			}
			return
		}
		fail(w, r, http.StatusNotFound, fmt.Sprintf("%q ends neither in .atom nor in .rss nor in .json", file))
	}
}

// searched is how many of the newest articles the output feed of a search looks
// at: readers ask for such feeds again and again.
const searched = 50_000

// searchOutput serves the newest articles that the expression q matches.
func (h *Handler) searchOutput(f format) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		expr := strings.TrimSpace(r.URL.Query().Get("q"))
		if expr == "" {
			fail(w, r, http.StatusBadRequest, "parameter q, the expression to look for, is required")
			return
		}
		if _, err := rule.ParseWith(expr, rule.Options{Define: h.define}); err != nil {
			fail(w, r, http.StatusBadRequest, "q: "+err.Error())
			return
		}
		h.serveOutput(w, r, key{kind: "search", name: expr}, f)
	}
}

// search returns the newest articles that an expression matches.
func (h *Handler) search(ctx context.Context, expr string, limit int) (list []*feeds.Article, err error) {
	if !h.enter(ctx) {
		return nil, ctx.Err()
	}
	defer h.leave()
	q := SearchQuery{Expr: expr, Define: h.define, Limit: limit, Within: searched}
	err = Search(ctx, h.store, q, func(f Found) bool {
		list = append(list, f.Article)
		return true
	})
	return list, err
}

func (h *Handler) serveOutput(w http.ResponseWriter, r *http.Request, k key, f format) {
	limit, err := parseLimit(r.URL.Query().Get("limit"))
	if err != nil {
		fail(w, r, http.StatusBadRequest, err.Error())
		return
	}
	k.format, k.limit = f.suffix, limit
	// The revision is read first: what changes while the document is rendered
	// makes the next request render it again.
	doc, err := h.cache.document(k, h.store.Revision(), func() (*document, error) {
		// The rendering is shared, so it does not end with one of its clients.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), renderTime)
		defer cancel()
		return h.render(ctx, k, f)
	})
	if err != nil {
		h.internal(w, r, err)
		return
	}
	scope := "public"
	if h.private {
		scope = "private"
	}
	w.Header().Set("Cache-Control", scope+", max-age=60")
	doc.serve(w, r)
}

func (h *Handler) render(ctx context.Context, k key, f format) (*document, error) {
	q := store.Query{Limit: k.limit}
	head := encode.Feed{Site: h.base, Version: h.version}
	path := k.kind
	switch k.kind {
	case "feed":
		q.Matched = true
		head.Title = "Copytaster: everything watched"
		head.Subtitle = "Articles that match any rule"
	case "all":
		head.Title = "Copytaster: all articles"
		head.Subtitle = "Every article of every feed"
	case "watch":
		q.Rule = k.name
		path += "/" + url.PathEscape(k.name)
		head.Title = "Copytaster: " + k.name
		head.Subtitle = "Articles that match " + h.expressions[k.name]
	case "tag":
		q.Feeds = h.tagged[k.name]
		path += "/" + url.PathEscape(k.name)
		head.Title = "Copytaster: tag " + k.name
		head.Subtitle = "Articles of feeds tagged " + k.name
	case "search":
		head.Title = "Copytaster: " + k.name
		head.Subtitle = "The newest articles that match " + k.name
	}
	params := make(url.Values)
	head.ID = h.base + path
	if k.kind == "search" {
		params.Set("q", k.name)
		head.ID += "?" + params.Encode()
	}
	if k.limit != defaultLimit {
		params.Set("limit", strconv.Itoa(k.limit))
	}
	query := ""
	if len(params) > 0 {
		query = "?" + params.Encode()
	}
	for _, other := range formats {
		place := h.base + path + other.suffix + query
		if other.suffix == f.suffix {
			head.Self = place
		} else {
			head.Alternates = append(head.Alternates, encode.Link{URL: place, Type: other.link()})
		}
	}
	var articles []*feeds.Article
	var err error
	if k.kind == "search" {
		articles, err = h.search(ctx, k.name, k.limit)
	} else {
		articles, err = h.store.Articles(ctx, q)
	}
	if err != nil {
		return nil, fmt.Errorf("read articles: %w", err)
	}
	var b bytes.Buffer
	if err := f.encode(&b, head, articles); err != nil {
		return nil, err
	}
	return newDocument(f.kind, b.Bytes(), encode.Changed(articles)), nil
}

package web

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/store"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

// listed, latest and worst are how many rules and tags, articles and failing
// feeds the page shows.
const (
	listed = 200
	latest = 30
	worst  = 50
)

// page is the page for people, ready to be filled in.
type page struct {
	template *template.Template
	// policy allows the page its own style and nothing else.
	policy string
}

func newPage() (*page, error) {
	t, err := template.New("page").Parse(pageHTML)
	if err != nil {
		return nil, fmt.Errorf("parse page: %w", err)
	}
	sum := sha256.Sum256([]byte(pageCSS))
	return &page{t, "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"}, nil
}

// pageData is what the page shows. Links are relative, so that the page works
// behind a proxy that puts it elsewhere.
type pageData struct {
	Style   template.CSS
	Version string
	Formats []pageLink // of everything watched
	Rules   []pageRule
	Tags    []pageRule
	// More counts the rules and tags that are left out.
	More     int
	Articles []pageArticle
	// Feeds counts the configured feeds, Stored their articles, Failing those
	// whose last poll failed; Failures are the worst of them.
	Feeds, Stored, Failing int
	Failures               []pageFailure
}

type pageRule struct {
	Name, Match string
	Links       []pageLink
}

type pageLink struct{ Name, Href, Type string }

type pageArticle struct {
	Title, URL, Feed, Summary, Language string
	When                                time.Time
}

type pageFailure struct {
	Name, URL, Kind, Error string
	Failures               int
	Succeeded, Due         time.Time
}

func (h *Handler) servePage(w http.ResponseWriter, r *http.Request) {
	data := pageData{
		Style: template.CSS(pageCSS), Version: h.version,
		Formats: links("feed"), Feeds: len(h.feeds),
	}
	rules, tags := h.rules[:min(len(h.rules), listed)], h.tags[:min(len(h.tags), listed)]
	data.More = len(h.rules) - len(rules) + len(h.tags) - len(tags)
	for _, rule := range rules {
		data.Rules = append(data.Rules, pageRule{rule.Name, rule.Match, links("watch/" + url.PathEscape(rule.Name))})
	}
	for _, tag := range tags {
		data.Tags = append(data.Tags, pageRule{Name: tag, Links: links("tag/" + url.PathEscape(tag))})
	}
	articles, err := h.store.Articles(r.Context(), store.Query{Matched: true, Limit: latest})
	if err != nil {
		h.internal(w, r, fmt.Errorf("read articles: %w", err))
		return
	}
	for _, a := range articles {
		data.Articles = append(data.Articles, newPageArticle(a))
	}
	if err := h.failures(r, &data); err != nil {
		h.internal(w, r, fmt.Errorf("read feeds: %w", err))
		return
	}
	var b bytes.Buffer
	if err := h.page.template.Execute(&b, data); err != nil {
		h.internal(w, r, fmt.Errorf("fill in page: %w", err))
		return
	}
	w.Header().Set("Content-Security-Policy", h.page.policy)
	w.Header().Set("Cache-Control", "private, no-cache")
	newDocument("text/html; charset=utf-8", b.Bytes(), time.Time{}).serve(w, r)
}

// failures adds the feeds whose last poll failed, those that failed most often
// first.
func (h *Handler) failures(r *http.Request, data *pageData) error {
	err := h.store.Feeds(r.Context(), func(f store.FeedInfo) bool {
		if !f.Configured {
			return true
		}
		data.Stored += f.State.Articles
		if f.State.Failures == 0 {
			return true
		}
		data.Failing++
		data.Failures = append(data.Failures, pageFailure{
			Name: cmp.Or(f.Source.Name, f.Source.URL), URL: f.Source.URL, Kind: f.State.ErrorKind, Error: f.State.Error,
			Failures: f.State.Failures, Succeeded: f.State.Succeeded, Due: f.State.Due,
		})
		// Of a great many failing feeds, no more are kept than must be.
		if len(data.Failures) >= 2*worst {
			data.Failures = mostFailures(data.Failures)
		}
		return true
	})
	data.Failures = mostFailures(data.Failures)
	return err
}

func mostFailures(list []pageFailure) []pageFailure {
	slices.SortStableFunc(list, func(a, b pageFailure) int {
		return cmp.Or(cmp.Compare(b.Failures, a.Failures), strings.Compare(a.Name, b.Name))
	})
	return list[:min(len(list), worst)]
}

func newPageArticle(a *feeds.Article) pageArticle {
	p := pageArticle{
		Title: a.Title, URL: a.URL, Language: a.Language, When: a.When().UTC(),
		Summary: shorten(cmp.Or(a.Summary, a.ContentText), 280),
	}
	if a.Feed != nil {
		p.Feed = cmp.Or(a.Feed.Name, a.Feed.Title, a.Feed.URL)
	}
	if p.Title == "" {
		p.Title, p.Summary = cmp.Or(p.Summary, a.URL, "Untitled"), ""
	}
	return p
}

// shorten returns the first n bytes or so of a text on one line.
func shorten(s string, n int) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) <= n {
		return s
	}
	for !utf8.RuneStart(s[n]) {
		n--
	}
	if space := strings.LastIndexByte(s[:n], ' '); space > n/2 {
		n = space
	}
	return s[:n] + "…"
}

// links returns the formats of an output feed.
func links(path string) []pageLink {
	var out []pageLink
	for _, f := range formats {
		out = append(out, pageLink{f.name, path + f.suffix, f.link()})
	}
	return out
}

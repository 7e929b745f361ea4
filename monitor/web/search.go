package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/match"
	"github.com/copytaster/copytaster/monitor/rule"
	"github.com/copytaster/copytaster/monitor/store"
	"github.com/copytaster/copytaster/monitor/text"
)

const (
	// maxSearches is how many searches run at once; more wait.
	maxSearches = 4
	// searchPage is how many articles are read from the archive at once.
	searchPage = 200
	// lineTime is how long a client may take to read what a search found.
	lineTime = time.Minute
)

// Articles is the part of an archive that is searched. store.Archive states the
// contract.
type Articles interface {
	Articles(ctx context.Context, q store.Query) ([]*feeds.Article, error)
}

// SearchQuery says what to look for.
type SearchQuery struct {
	// Expr is in the language of the rules.
	Expr string
	// Since limits to articles seen at that time or later when not zero.
	Since time.Time
	// Limit is the most articles to find; 0 is no limit.
	Limit int
}

// Found is an article that a search found, and why.
type Found struct {
	Article *feeds.Article
	// Matches is the evidence, in order of field and position.
	Matches []text.Span
	Excerpt text.Excerpt
}

// foundJSON is the article's JSON form with more fields: matches and excerpt as
// in webhooks, and where the matched words stand in the excerpt.
type foundJSON struct {
	*feeds.Article
	Matches []text.Span `json:"matches,omitempty"`
	Excerpt string      `json:"excerpt,omitempty"`
	Marks   [][2]int    `json:"excerpt_marks,omitempty"`
}

// MarshalJSON writes a line of the API's search: the article's JSON form with
// the fields matches and excerpt, which are as in webhooks, and excerpt_marks,
// which is text.Excerpt.Marks.
func (f Found) MarshalJSON() ([]byte, error) {
	return json.Marshal(foundJSON{f.Article, f.Matches, f.Excerpt.Text, f.Excerpt.Marks})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (f *Found) UnmarshalJSON(b []byte) error {
	v := foundJSON{Article: new(feeds.Article)}
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	*f = Found{v.Article, v.Matches, text.Excerpt{Text: v.Excerpt, Marks: v.Marks}}
	return nil
}

// Search calls yield for each article of the archive that the expression
// matches, newest first, until yield returns false or the limit is reached. It
// reads the archive in short steps and holds nothing while yield runs.
//
// Errors: a *rule.SyntaxError, before anything is read; ctx's; the archive's.
func Search(ctx context.Context, a Articles, q SearchQuery, yield func(Found) bool) error {
	expr, err := rule.Parse(q.Expr)
	if err != nil {
		return err
	}
	index := match.New([]match.Rule{{Name: "search", Match: q.Expr, Expr: expr}})
	found := 0
	page := store.Query{Since: q.Since, Limit: searchPage}
	for {
		articles, err := a.Articles(ctx, page)
		if err != nil {
			return fmt.Errorf("read articles: %w", err)
		}
		for _, article := range articles {
			if err := ctx.Err(); err != nil {
				return err
			}
			for _, m := range index.Match(article) {
				found++
				if !yield(Found{article, m.Spans, match.Excerpt(article, m.Spans)}) || found == q.Limit {
					return nil
				}
			}
		}
		if len(articles) < page.Limit {
			return nil
		}
		page.Before = articles[len(articles)-1].ID
	}
}

// apiSearch answers with a line of JSON for each article found, as soon as it
// is found.
func (h *Handler) apiSearch(w http.ResponseWriter, r *http.Request) {
	q, err := searchQuery(r)
	if err != nil {
		fail(w, r, http.StatusBadRequest, err.Error())
		return
	}
	select {
	case h.searches <- struct{}{}:
		defer func() { <-h.searches }()
	case <-r.Context().Done():
		return
	}
	conn := http.NewResponseController(w)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	w.Header().Set("Cache-Control", "no-store")
	begun := false
	err = Search(r.Context(), h.store, q, func(f Found) bool {
		if !begun {
			w.Header().Set("Content-Type", "application/x-ndjson; charset=utf-8")
			begun = true
		}
		// A search may take longer than the server allows an ordinary answer. A
		// writer that knows no deadlines needs no new one.
		_ = conn.SetWriteDeadline(time.Now().Add(lineTime))
		if err := enc.Encode(f); err != nil {
			return false
		}
		return conn.Flush() == nil
	})
	_ = conn.SetWriteDeadline(time.Now().Add(lineTime))
	var syntax *rule.SyntaxError
	switch {
	case errors.As(err, &syntax):
		answer(w, http.StatusBadRequest, problem{Error: syntax.Msg, Column: syntax.Column, Hint: syntax.Hint})
	case err != nil && begun && r.Context().Err() == nil:
		h.log.Error("a search broke off", "error", err)
		// Half an answer must not look like a whole one.
		panic(http.ErrAbortHandler)
	case err != nil:
		h.internal(w, r, err)
	case !begun:
		w.Header().Set("Content-Type", "application/x-ndjson; charset=utf-8")
		w.WriteHeader(http.StatusOK)
	}
}

func searchQuery(r *http.Request) (SearchQuery, error) {
	params := r.URL.Query()
	if err := checkParams(params, "q", "since", "limit"); err != nil {
		return SearchQuery{}, err
	}
	q := SearchQuery{Expr: params.Get("q")}
	if q.Expr == "" {
		return q, errors.New("parameter q, the expression to look for, is required")
	}
	var err error
	if q.Since, err = ParseTime(params.Get("since"), time.Now()); err != nil {
		return q, fmt.Errorf("since: %w", err)
	}
	q.Limit, err = parseLimit(params.Get("limit"))
	return q, err
}

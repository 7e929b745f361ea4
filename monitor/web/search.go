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

// maxSearches is how many searches run at once; more wait.
const maxSearches = 4

// SearchQuery says what to look for.
type SearchQuery struct {
	// Expr is in the language of the rules; Define is what it can name.
	Expr   string
	Define rule.Definitions
	// Since limits to articles seen at that time or later when not zero.
	Since time.Time
	// Limit is the most articles to find; 0 is no limit.
	Limit int
	// Within is how many of the newest articles to look at; 0 is all.
	Within int
	// Progress, where it is not nil, is told from time to time how many
	// articles were looked at so far.
	Progress func(scanned int)
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
	expr, err := rule.ParseWith(q.Expr, rule.Options{Define: q.Define})
	if err != nil {
		return err
	}
	index := match.New([]match.Rule{{Name: "search", Match: q.Expr, Expr: expr}})
	scanned, found := 0, 0
	s := scan[[]Found]{
		archive: a,
		query:   store.Query{Since: q.Since},
		evaluate: func(page []*feeds.Article) (list []Found) {
			for _, article := range page {
				for _, m := range index.Match(article) {
					list = append(list, newFound(article, m))
				}
			}
			return list
		},
		yield: func(page []*feeds.Article, list []Found) bool {
			for _, f := range list {
				found++
				if !yield(f) || found == q.Limit {
					return false
				}
			}
			scanned += len(page)
			if q.Progress != nil {
				q.Progress(scanned)
			}
			return q.Within == 0 || scanned < q.Within
		},
	}
	return s.run(ctx)
}

func newFound(a *feeds.Article, m match.Match) Found {
	return Found{a, m.Spans, match.Excerpt(a, m.Spans)}
}

// apiSearch answers with a line of JSON for each article found, as soon as it
// is found.
func (h *Handler) apiSearch(w http.ResponseWriter, r *http.Request) {
	q, err := searchQuery(r)
	if err != nil {
		fail(w, r, http.StatusBadRequest, err.Error())
		return
	}
	if !h.enter(r.Context()) {
		return
	}
	defer h.leave()
	q.Define = h.define
	out := newLines(w)
	err = Search(r.Context(), h.store, q, func(f Found) bool { return out.write(f) })
	var syntax *rule.SyntaxError
	switch {
	case errors.As(err, &syntax):
		answer(w, http.StatusBadRequest, problem{Error: syntax.Msg, Column: syntax.Column, Hint: syntax.Hint})
	case err != nil && out.begun && r.Context().Err() == nil:
		h.log.Error("a search broke off", "error", err)
		// Half an answer must not look like a whole one.
		panic(http.ErrAbortHandler)
	case err != nil:
		h.internal(w, r, err)
	default:
		_ = out.conn.SetWriteDeadline(time.Now().Add(lineTime))
		out.begin()
	}
}

// enter waits until another search may begin, and reports whether it may: not
// when ctx ends before. Each that may is followed by leave.
func (h *Handler) enter(ctx context.Context) bool {
	select {
	case h.searches <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (h *Handler) leave() { <-h.searches }

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

package web

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/store"
	"github.com/copytaster/copytaster/notify"
)

// Stored is an article with what was recorded when it came or last changed.
type Stored struct {
	*feeds.Article
	// Matched are the rules that matched it, and in which version.
	Matched []Matched `json:"matched,omitempty"`
}

// Matched is a rule that matched, in the version that it had then; "" where
// that is not known.
type Matched struct {
	Rule    string `json:"rule"`
	Version string `json:"version,omitempty"`
}

// Matches is the part of an archive that knows which rules matched.
// store.Archive states the contract.
type Matches interface {
	Articles
	Matches(ctx context.Context, id string) ([]notify.Rule, error)
}

// FindStored is FindArticle with what was recorded.
func FindStored(ctx context.Context, a Matches, name string) (*Stored, error) {
	article, err := FindArticle(ctx, a, name)
	if err != nil {
		return nil, err
	}
	rules, err := a.Matches(ctx, article.ID)
	if err != nil {
		return nil, err
	}
	s := &Stored{Article: article}
	for _, r := range rules {
		s.Matched = append(s.Matched, Matched{r.Name, r.Version})
	}
	return s, nil
}

// FindArticle returns the article with the given id, or, when name holds "://",
// the newest with that URL; a slash at its end does not count. It is
// store.ErrNotFound that there is none. An article is looked up by its id, but
// the archive is gone through for a URL.
func FindArticle(ctx context.Context, a Articles, name string) (*feeds.Article, error) {
	if !strings.Contains(name, "://") {
		list, err := a.Articles(ctx, store.Query{ID: name, Limit: 1})
		switch {
		case err != nil:
			return nil, err
		case len(list) == 0:
			return nil, store.ErrNotFound
		}
		return list[0], nil
	}
	name = strings.TrimSuffix(name, "/")
	var found *feeds.Article
	s := scan[*feeds.Article]{
		archive: a,
		evaluate: func(page []*feeds.Article) *feeds.Article {
			for _, article := range page {
				if strings.TrimSuffix(article.URL, "/") == name {
					return article
				}
			}
			return nil
		},
		yield: func(_ []*feeds.Article, article *feeds.Article) bool {
			found = article
			return found == nil
		},
	}
	if err := s.run(ctx); err != nil {
		return nil, err
	}
	if found == nil {
		return nil, store.ErrNotFound
	}
	return found, nil
}

// apiArticles answers with the article of the given id or URL, and the rules
// that matched it.
func (h *Handler) apiArticles(w http.ResponseWriter, r *http.Request) {
	params := r.URL.Query()
	name := params.Get("id") + params.Get("url")
	err := checkParams(params, "id", "url")
	switch {
	case err != nil:
	case len(params) != 1:
		err = errors.New("one of the parameters id and url is required")
	case params.Get("url") != "" && !strings.Contains(name, "://"), params.Get("id") != "" && strings.Contains(name, "://"):
		err = errors.New("parameter url takes an absolute URL, and id does not")
	}
	if err != nil {
		fail(w, r, http.StatusBadRequest, err.Error())
		return
	}
	if !h.enter(r.Context()) {
		return
	}
	defer h.leave()
	article, err := FindStored(r.Context(), h.store, name)
	switch {
	case errors.Is(err, store.ErrNotFound):
		fail(w, r, http.StatusNotFound, "no such article is in the archive")
	case err != nil:
		h.internal(w, r, err)
	default:
		answer(w, http.StatusOK, article)
	}
}

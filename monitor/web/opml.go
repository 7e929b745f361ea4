package web

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/feeds/opml"
	"github.com/copytaster/copytaster/monitor/store"
)

// serveOPML answers with the configured feeds that others can subscribe to, in
// the order of the configuration, under the titles and with the sites that
// their documents gave. It tells when the document was created only by what it
// holds: the same feeds give the same document.
func (h *Handler) serveOPML(w http.ResponseWriter, r *http.Request) {
	sources := make(map[feeds.FeedID]feeds.Source, len(h.feeds))
	err := h.store.Feeds(r.Context(), func(f store.FeedInfo) bool {
		if f.Configured {
			sources[f.ID] = f.Source
		}
		return true
	})
	if err != nil {
		h.internal(w, r, fmt.Errorf("read feeds: %w", err))
		return
	}
	var list []opml.Outline
	for _, f := range h.feeds {
		// A file is of no use elsewhere, nor is Endpoint anybody's business.
		if !strings.HasPrefix(f.URL, "http://") && !strings.HasPrefix(f.URL, "https://") {
			continue
		}
		source := sources[f.ID()]
		title := f.Name
		if title == "" {
			title = source.Name
		}
		list = append(list, opml.Outline{URL: f.URL, Title: title, Site: source.Site, Tags: f.Tags, Language: f.Language})
	}
	var b bytes.Buffer
	if err := opml.Write(&b, "Copytaster", time.Time{}, list); err != nil {
		h.internal(w, r, fmt.Errorf("write OPML: %w", err))
		return
	}
	w.Header().Set("Cache-Control", "private, no-cache")
	newDocument("text/x-opml; charset=utf-8", b.Bytes(), time.Time{}).serve(w, r)
}

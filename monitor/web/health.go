package web

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// pingTime is how long the store may take to show that it can be written to.
const pingTime = 5 * time.Second

func (h *Handler) serveHealth(w http.ResponseWriter, r *http.Request) {
	var err error
	if h.alive != nil {
		err = h.alive()
	}
	report(w, r, err)
}

func (h *Handler) serveReady(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), pingTime)
	defer cancel()
	report(w, r, h.store.Ping(ctx))
}

// report answers "ok", or 503 with the reason on one line.
func report(w http.ResponseWriter, r *http.Request, err error) {
	if err != nil {
		fail(w, r, http.StatusServiceUnavailable, strings.Join(strings.Fields(err.Error()), " "))
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = io.WriteString(w, "ok\n")
}

func (h *Handler) metrics(g prometheus.Gatherer) http.Handler {
	metrics := promhttp.HandlerFor(g, promhttp.HandlerOpts{
		ErrorLog:      slog.NewLogLogger(h.log.Handler(), slog.LevelError),
		ErrorHandling: promhttp.ContinueOnError,
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		metrics.ServeHTTP(w, r)
	})
}

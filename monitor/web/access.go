package web

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"
)

// recorder remembers how a request was answered.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(p)
	r.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// logged logs each request at level Debug, without its query, which may hold
// what is nobody's business. A panic is answered as an internal error.
func (h *Handler) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		rec := &recorder{ResponseWriter: w}
		defer func() {
			p := recover()
			if p == http.ErrAbortHandler {
				panic(p)
			}
			if p != nil {
				h.log.Error("answering a request panicked", "path", r.URL.Path, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
				if rec.status != 0 {
					// Half an answer must not look like a whole one.
					panic(http.ErrAbortHandler)
				}
				fail(rec, r, http.StatusInternalServerError, "internal error")
			}
			if h.log.Enabled(r.Context(), slog.LevelDebug) {
				h.log.Debug("request answered", "method", r.Method, "path", r.URL.Path, "status", rec.status,
					"bytes", rec.bytes, "took", time.Since(start), "client", r.RemoteAddr)
			}
		}()
		next.ServeHTTP(rec, r)
	})
}

// internal logs an error and answers without telling it. A client that went
// away is not worth a word.
func (h *Handler) internal(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		return
	}
	h.log.Error("cannot answer a request", "path", r.URL.Path, "error", err)
	fail(w, r, http.StatusInternalServerError, "internal error")
}

// problem is the JSON of an error. Column, from 1, and Hint are for errors in
// expressions.
type problem struct {
	Error  string `json:"error"`
	Column int    `json:"column,omitempty"`
	Hint   string `json:"hint,omitempty"`
}

// fail answers with an error: as JSON under /api/, elsewhere as one line of
// text.
func fail(w http.ResponseWriter, r *http.Request, status int, message string) {
	if strings.HasPrefix(r.URL.Path, "/api/") {
		answer(w, status, problem{Error: message})
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Error(w, message, status)
}

// answer writes v as JSON. That it could not be written is the client's loss.
func answer(w http.ResponseWriter, status int, v any) {
	header := w.Header()
	header.Set("Content-Type", "application/json; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v)
}

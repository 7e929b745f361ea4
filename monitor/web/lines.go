package web

import (
	"encoding/json"
	"net/http"
	"time"
)

// lineTime is how long a client may take to read a line of an answer.
const lineTime = time.Minute

// lines writes an answer that grows line by line, each a JSON value. It may
// take longer than the server allows an ordinary answer.
type lines struct {
	w     http.ResponseWriter
	conn  *http.ResponseController
	enc   *json.Encoder
	begun bool
}

func newLines(w http.ResponseWriter) *lines {
	l := &lines{w: w, conn: http.NewResponseController(w), enc: json.NewEncoder(w)}
	l.enc.SetEscapeHTML(false)
	return l
}

// begin sends the header.
func (l *lines) begin() {
	if l.begun {
		return
	}
	l.begun = true
	l.w.Header().Set("Cache-Control", "no-store")
	l.w.Header().Set("Content-Type", "application/x-ndjson; charset=utf-8")
	l.w.WriteHeader(http.StatusOK)
}

// write sends a line, at once, and reports whether the client still takes them.
func (l *lines) write(v any) bool {
	l.begin()
	// A writer that knows no deadlines needs no new one.
	_ = l.conn.SetWriteDeadline(time.Now().Add(lineTime))
	return l.enc.Encode(v) == nil && l.conn.Flush() == nil
}

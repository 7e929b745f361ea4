package notifytest

import (
	"net"
	"net/http"
	"time"
)

// status answers with a status and headers.
func status(code int, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(code)
	}
}

// elsewhere redirects to a path that notes who follows.
func elsewhere(code int) http.HandlerFunc { return status(code, "Location", "/elsewhere") }

// inAnHour answers with a status and asks to be left alone for an hour.
func inAnHour(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))
		w.WriteHeader(code)
	}
}

// huge answers with far more than anybody wants to know.
func huge(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		pour(w)
	}
}

// pour writes 20 MB, more than connections hold in their buffers, and reports
// whether all of it was taken.
func pour(w http.ResponseWriter) bool {
	chunk := make([]byte, 1<<16)
	for range 320 {
		if _, err := w.Write(chunk); err != nil {
			return false
		}
	}
	return true
}

// echo answers with what it was asked, as careless servers do.
func echo(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Request", r.URL.String())
		w.WriteHeader(code)
		_, _ = w.Write([]byte("cannot serve " + r.URL.String() + "\x1b[31m\r\n"))
	}
}

// breakOff promises more of an answer than it gives.
func breakOff(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "1000")
	_, _ = w.Write([]byte("accepted, and"))
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// reset resets the connection instead of answering.
func reset(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // RST instead of FIN
	}
	_ = conn.Close()
}

// silent never answers.
func silent(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// dripHeaders sends one header after another and never comes to an end.
func dripHeaders(w http.ResponseWriter, r *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	line := []byte("HTTP/1.1 200 OK\r\n")
	for {
		if _, err := conn.Write(line); err != nil {
			return
		}
		line = []byte("X-More: of the same\r\n")
		select {
		case <-r.Context().Done():
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}

package main

import (
	"fmt"
	"io"
	"strconv"
	"time"
)

// progress shows on one line of a terminal how far some work is, once it takes
// longer than a second.
type progress struct {
	w     io.Writer // nil for none
	noun  string    // of what is counted, plural
	begun time.Time
	shown time.Time // when it last was; zero when the line is empty
}

// progress returns a progress for work that begins now. It shows nothing where
// standard error is no terminal.
func (g *globals) progress(noun string) *progress {
	p := &progress{noun: noun, begun: time.Now()}
	if isTerminal(g.err) {
		p.w = g.err
	}
	return p
}

// at shows that n are done.
func (p *progress) at(n int) {
	now := time.Now()
	if p.w == nil || now.Sub(p.begun) < time.Second || now.Sub(p.shown) < 200*time.Millisecond {
		return
	}
	p.shown = now
	fmt.Fprintf(p.w, "\r\x1b[K%s %s in %v", grouped(n), p.noun, now.Sub(p.begun).Round(time.Second))
}

// clear empties the line, so that something else can be printed.
func (p *progress) clear() {
	if p.w != nil && !p.shown.IsZero() {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.shown = time.Time{}
	}
}

// grouped writes a number with commas between thousands.
func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

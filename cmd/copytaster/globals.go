package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"

	"golang.org/x/term"

	"github.com/copytaster/copytaster/cmd/copytaster/config"
)

// globals is what every command has at hand.
type globals struct {
	stdio
	configPath string
	verbose    bool
}

// config loads the configuration.
func (g *globals) config() (*config.Config, error) {
	return config.Load(g.configPath, os.LookupEnv)
}

// log returns the logger: text for a person at a terminal, JSON otherwise.
func (g *globals) log() *slog.Logger {
	o := &slog.HandlerOptions{Level: slog.LevelInfo}
	if g.verbose {
		o.Level = slog.LevelDebug
	}
	if isTerminal(g.err) {
		o.ReplaceAttr = func(groups []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey && len(groups) == 0 {
				return slog.String(slog.TimeKey, a.Value.Time().Format("15:04:05"))
			}
			return a
		}
		return slog.New(slog.NewTextHandler(g.err, o))
	}
	return slog.New(slog.NewJSONHandler(g.err, o))
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// width returns how many columns w shows.
func width(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
			return min(n, 100)
		}
	}
	return 80
}

// userAgent returns how copytaster introduces itself to publishers.
func userAgent(cfg *config.Config) string {
	if cfg.Poll.UserAgent != "" {
		return cfg.Poll.UserAgent
	}
	return fmt.Sprintf("copytaster/%s (+%s)", version(), cfg.PublicURL)
}

package monitor

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"slices"

	"github.com/copytaster/copytaster/monitor/text"
	"github.com/copytaster/copytaster/notify"
)

// Version tells texts of a rule apart: eight hexadecimal digits of a SHA-256
// of the expression in its canonical form, the feeds that the rule is for, and
// its language. It stays when only the name, the layout of the text, or who is
// told changes.
func (w *Watch) Version() string {
	h := sha256.New()
	put := func(kind, s string) {
		// Each part ends with a byte that is in none of them.
		_, _ = io.WriteString(h, kind+s+"\x00")
	}
	put("match ", w.Expr.String())
	in := make([]string, len(w.In))
	for i, s := range w.In {
		if s.Tag != "" {
			in[i] = "tag " + text.Fold(s.Tag)
		} else {
			in[i] = "feed " + text.Fold(s.Feed)
		}
	}
	slices.Sort(in)
	for _, s := range slices.Compact(in) {
		put("in ", s)
	}
	put("language ", text.CanonicalLanguage(w.Language))
	return hex.EncodeToString(h.Sum(nil)[:4])
}

// Told returns the rule as receivers are told of it.
func (w *Watch) Told() notify.Rule {
	return notify.Rule{Name: w.Name, Match: w.Match, Version: w.Version()}
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/copytaster/copytaster/cmd/copytaster/config"
	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/match"
	"github.com/copytaster/copytaster/monitor/rule"
	"github.com/copytaster/copytaster/monitor/store"
	"github.com/copytaster/copytaster/monitor/text"
	"github.com/copytaster/copytaster/monitor/web"
	"github.com/copytaster/copytaster/notify/console"
)

func explainCommand(g *globals) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "explain EXPR ARTICLE",
		Short: "Tell why an article matches an expression, or does not",
		Long: `Explain prints an expression as a tree and says of each clause whether it holds
for an article, with the words and where they stand: code points of the field,
counted from 0.

EXPR is an expression, or rule:NAME for a configured rule. ARTICLE is an id or a
URL in the archive, or - for an article in JSON on standard input, which needs no
configuration unless the expression names something in it. Explain works beside
a running daemon. It exits 0 whether the article matches or not.`,
		Example: `  copytaster explain 'Gulf crisis mediation' https://example.org/news/1
  copytaster explain rule:gulf-mediation 01KB3J9Q6T7X0M4Z5YB8V2W1CD`,
		Args: usage(cobra.ExactArgs(2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg := new(config.Config)
			if args[1] != "-" || strings.HasPrefix(args[0], rulePrefix) || strings.Contains(args[0], "@") {
				var err error
				if cfg, err = g.config(); err != nil {
					return err
				}
			}
			r, err := expression(cfg, args[0])
			if err != nil {
				return err
			}
			article, err := g.article(cmd.Context(), cfg, args[1])
			if err != nil {
				return err
			}
			return g.explain(r, article, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

// article returns the article that a command line means.
func (g *globals) article(ctx context.Context, cfg *config.Config, name string) (*web.Stored, error) {
	if name == "-" {
		b, err := readDocument(g.in)
		if err != nil {
			return nil, err
		}
		var a feeds.Article
		if err := json.Unmarshal(b, &a); err != nil {
			return nil, fmt.Errorf("standard input is no article: %w", err)
		}
		return &web.Stored{Article: &a}, nil
	}
	missing := fmt.Errorf("no article in the archive has the id or URL %q (copytaster search --json shows both)", name)
	st, err := openStore(cfg, nil)
	if isHeld(err) {
		param := "id"
		if strings.Contains(name, "://") {
			param = "url"
		}
		var a web.Stored
		err := client{cfg}.ask(ctx, "GET", "/api/v1/articles", url.Values{param: {name}}, &a)
		if errors.Is(err, store.ErrNotFound) {
			return nil, missing
		}
		return &a, err
	}
	if err != nil {
		return nil, err
	}
	a, err := web.FindStored(ctx, st, name)
	if errors.Is(err, store.ErrNotFound) {
		err = missing
	}
	return a, errors.Join(err, st.Close())
}

// explain prints why an article matches a rule, or does not.
func (g *globals) explain(r match.Rule, a *web.Stored, asJSON bool) error {
	e := r.Explain(a.Article)
	if asJSON {
		return newEncoder(g.out).Encode(struct {
			Rule        string           `json:"rule"`
			Article     string           `json:"article,omitempty"`
			Matches     bool             `json:"matches"`
			Explanation rule.Explanation `json:"explanation"`
			Matched     []web.Matched    `json:"matched,omitempty"`
		}{r.Name, a.ID, e.True, e, a.Matched})
	}
	verdict := "The article does not match."
	if e.True {
		verdict = "The article matches."
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", clip(a.Title, 76))
	for _, s := range []string{a.URL, a.ID} {
		if s != "" {
			fmt.Fprintf(&b, "%s\n", printable(s))
		}
	}
	fmt.Fprintf(&b, "%s\n", verdict)
	for _, m := range a.Matched {
		fmt.Fprintf(&b, "When it was recorded, rule %s matched%s.\n", m.Rule, inVersion(m.Version))
	}
	b.WriteByte('\n')
	tree{&b, a.Article}.node(e, "", "")
	_, err := io.WriteString(g.out, b.String())
	return err
}

func inVersion(v string) string {
	if v == "" {
		return ""
	}
	return " in version " + v
}

const (
	// clauseWidth is how many characters of a clause are shown, shownSpans how
	// many places of it, and aroundWidth how many characters around each.
	clauseWidth = 70
	shownSpans  = 3
	aroundWidth = 20
)

// tree draws an explanation of an article.
type tree struct {
	w       io.Writer
	article *feeds.Article
}

// node draws a clause, its branch drawn, and what belongs to it behind the
// indent.
func (t tree) node(e rule.Explanation, branch, indent string) {
	mark := "✗"
	if e.True {
		mark = "✓"
	}
	fmt.Fprintf(t.w, "%s%s %s\n", branch, mark, clip(e.Clause, clauseWidth))
	below := indent + "  "
	if len(e.Parts) > 0 {
		below = indent + "│ "
	}
	for i, s := range e.Spans {
		if i == shownSpans {
			fmt.Fprintf(t.w, "%sand %d more\n", below, len(e.Spans)-i)
			break
		}
		fmt.Fprintf(t.w, "%s%s %d–%d: %s\n", below, s.Field, s.Start, s.End, t.around(s))
	}
	for i, p := range e.Parts {
		if i == len(e.Parts)-1 {
			t.node(p, indent+"└─ ", indent+"   ")
		} else {
			t.node(p, indent+"├─ ", indent+"│  ")
		}
	}
}

// around returns the text of a span with some of what stands around it.
func (t tree) around(s text.Span) string {
	var field []rune
	switch s.Field {
	case text.Title:
		field = []rune(t.article.Title)
	case text.Summary:
		field = []rune(t.article.Summary)
	case text.Content:
		field = []rune(t.article.ContentText)
	}
	if s.Start > s.End || s.End > len(field) {
		return "«" + printable(s.Text) + "»"
	}
	from, to := max(s.Start-aroundWidth, 0), min(s.End+aroundWidth, len(field))
	before, after := string(field[from:s.Start]), string(field[s.End:to])
	if from > 0 {
		before = "…" + before
	}
	if to < len(field) {
		after += "…"
	}
	return strings.Join(strings.Fields(console.Printable(before+"«"+s.Text+"»"+after)), " ")
}

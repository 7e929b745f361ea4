package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/copytaster/copytaster/cmd/copytaster/config"
	"github.com/copytaster/copytaster/monitor/rule"
	"github.com/copytaster/copytaster/monitor/web"
)

func searchCommand(g *globals) *cobra.Command {
	var from string
	var limit int
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "search EXPR",
		Short: "Search the archive in the language of the rules, newest first",
		Long: `Search prints the stored articles that an expression matches, newest first, as
they are found. It works beside a running daemon.`,
		Example: `  copytaster search 'Gulf crisis mediation'
  copytaster search --since 30d --json 'title:(qatar OR oman) -football'`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := g.config()
			if err != nil {
				return err
			}
			start, err := since(from)
			if err != nil {
				return err
			}
			if limit < 1 || limit > 500 {
				return usageError{errors.New("--limit: a number from 1 to 500")}
			}
			q := web.SearchQuery{Expr: args[0], Define: cfg.Define, Since: start, Limit: limit}
			return g.search(cmd.Context(), cfg, q, asJSON)
		},
	}
	cmd.Flags().StringVar(&from, "since", "", "only articles seen since `TIME`: 30d, 2w, 12h, or RFC 3339")
	cmd.Flags().IntVar(&limit, "limit", 50, "the most articles to print")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print articles as JSON lines")
	return cmd
}

func (g *globals) search(ctx context.Context, cfg *config.Config, q web.SearchQuery, asJSON bool) error {
	print := g.screen(ctx)
	if asJSON {
		enc := newEncoder(g.out)
		print = func(f web.Found) error { return enc.Encode(f) }
	}
	shown := g.progress("articles searched")
	defer shown.clear()
	q.Progress = shown.at
	show := func(f web.Found) error {
		shown.clear()
		return print(f)
	}
	st, err := openStore(cfg, nil)
	if isHeld(err) {
		return g.searchDaemon(ctx, cfg, q, show)
	}
	if err != nil {
		return err
	}
	var failed error
	err = web.Search(ctx, st, q, func(f web.Found) bool {
		failed = show(f)
		return failed == nil
	})
	var syntax *rule.SyntaxError
	if errors.As(err, &syntax) {
		err = usageError{err}
	}
	return errors.Join(err, failed, st.Close())
}

// searchDaemon has the running daemon search.
func (g *globals) searchDaemon(ctx context.Context, cfg *config.Config, q web.SearchQuery, show func(web.Found) error) error {
	if strings.Contains(q.Expr, "@") {
		// What the names stand for is read from the configuration file, which
		// the daemon may not have read yet.
		expr, err := rule.ParseWith(q.Expr, rule.Options{Define: q.Define})
		if err != nil {
			return usageError{err}
		}
		q.Expr = expr.String()
	}
	params := url.Values{"q": {q.Expr}, "limit": {strconv.Itoa(q.Limit)}}
	if !q.Since.IsZero() {
		params.Set("since", q.Since.Format(time.RFC3339))
	}
	body, err := client{cfg}.call(ctx, "GET", "/api/v1/search", params)
	if err != nil {
		return err
	}
	defer body.Close()
	for dec := json.NewDecoder(body); ; {
		var f web.Found
		if err := dec.Decode(&f); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("read the running copytaster's answer: %w", err)
		}
		if err := show(f); err != nil {
			return err
		}
	}
}

// since reads the flag --since.
func since(s string) (time.Time, error) {
	t, err := web.ParseTime(s, time.Now())
	if err != nil {
		return t, usageError{fmt.Errorf("--since: %w", err)}
	}
	return t, nil
}

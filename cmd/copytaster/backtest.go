package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/copytaster/copytaster/cmd/copytaster/config"
	"github.com/copytaster/copytaster/monitor/match"
	"github.com/copytaster/copytaster/monitor/web"
	"github.com/copytaster/copytaster/notify"
	"github.com/copytaster/copytaster/notify/console"
)

func backtestCommand(g *globals) *cobra.Command {
	var from, against string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "backtest RULE|EXPR",
		Short: "Try a rule on the archive: what it would have alerted on",
		Long: `Backtest goes through the archive and prints how many articles a rule matches
on each day (of UTC), from which feeds, and the newest of them. A rule is given
by its name, as rule:NAME, or as an expression. With --against it shows what
would be gained and lost in comparison with another rule.

The rule is taken from the configuration file as it is now, so a change can be
tried before a running daemon is told of it; backtest works beside one.`,
		Example: `  copytaster backtest gulf-mediation --since 90d
  copytaster backtest '"gulf crisis" NEAR/10 mediat*' --against rule:gulf-mediation`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := g.config()
			if err != nil {
				return err
			}
			var q web.BacktestQuery
			if q.Since, err = since(from); err != nil {
				return err
			}
			if q.Rule, err = ruleOrExpression(cfg, args[0]); err != nil {
				return err
			}
			if against != "" {
				other, err := ruleOrExpression(cfg, against)
				if err != nil {
					return err
				}
				q.Against = &other
			}
			shown := g.progress("articles")
			q.Progress = shown.at
			b, err := backtest(cmd.Context(), cfg, q)
			shown.clear()
			if err != nil {
				return err
			}
			if asJSON {
				return newEncoder(g.out).Encode(b)
			}
			return g.printBacktest(cmd.Context(), q, b)
		},
	}
	cmd.Flags().StringVar(&from, "since", "90d", "only articles seen since `TIME`: 30d, 2w, 12h, or RFC 3339")
	cmd.Flags().StringVar(&against, "against", "", "a `rule` or expression to compare with")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

// backtest runs a backtest, in the running daemon if that holds the store.
func backtest(ctx context.Context, cfg *config.Config, q web.BacktestQuery) (*web.Backtest, error) {
	st, err := openStore(cfg, nil)
	if isHeld(err) {
		return backtestDaemon(ctx, cfg, q)
	}
	if err != nil {
		return nil, err
	}
	b, err := web.RunBacktest(ctx, st, q)
	return b, errors.Join(err, st.Close())
}

func backtestDaemon(ctx context.Context, cfg *config.Config, q web.BacktestQuery) (*web.Backtest, error) {
	req := web.BacktestRequest{Rule: web.NewRuleText(q.Rule)}
	if q.Against != nil {
		against := web.NewRuleText(*q.Against)
		req.Against = &against
	}
	if !q.Since.IsZero() {
		req.Since = q.Since.Format(time.RFC3339)
	}
	body, err := json.Marshal(req)
	if err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	answer, err := client{cfg}.post(ctx, "/api/v1/backtest", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	defer answer.Close()
	for dec := json.NewDecoder(answer); ; {
		var line web.BacktestLine
		if err := dec.Decode(&line); err != nil {
			return nil, fmt.Errorf("read the running copytaster's answer: %w", err)
		}
		if line.Result != nil {
			return line.Result, nil
		}
		q.Progress(line.Scanned)
	}
}

func (g *globals) printBacktest(ctx context.Context, q web.BacktestQuery, b *web.Backtest) error {
	w := new(strings.Builder)
	fmt.Fprintf(w, "%s of %s match", grouped(b.Articles), counted(b.Scanned, "article"))
	if !q.Since.IsZero() {
		fmt.Fprintf(w, " since %s", q.Since.Format("2006-01-02 15:04 MST"))
	}
	fmt.Fprintln(w)
	if b.Against != nil {
		fmt.Fprintf(w, "against %s, which matches %s: %s gained, %s lost\n", describe(*q.Against),
			grouped(b.Against.Articles), grouped(b.Gained.Articles), grouped(b.Lost.Articles))
	}
	if b.Articles > 0 {
		fmt.Fprintln(w)
		printDays(w, b)
		fmt.Fprintln(w)
		tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, f := range b.Feeds {
			name := f.Name
			if name == "" {
				name = f.URL
			}
			fmt.Fprintf(tw, "%7s\t%s\n", grouped(f.Articles), clip(name, 68))
		}
		if b.MoreFeeds > 0 {
			fmt.Fprintf(tw, "\tand %s more\n", counted(b.MoreFeeds, "feed"))
		}
		_ = tw.Flush()
	}
	if _, err := io.WriteString(g.out, w.String()); err != nil {
		return err
	}
	if b.Against == nil {
		return g.printSamples(ctx, "The newest:", b.Samples)
	}
	return errors.Join(g.printSamples(ctx, "Gained, the newest:", b.Gained.Samples), g.printSamples(ctx, "Lost, the newest:", b.Lost.Samples))
}

// describe returns a rule in few words.
func describe(r match.Rule) string { return clip(r.Name, 40) }

func (g *globals) printSamples(ctx context.Context, title string, list []web.Found) error {
	if len(list) == 0 {
		return nil
	}
	if _, err := fmt.Fprintf(g.out, "\n%s\n\n", title); err != nil {
		return err
	}
	show := g.screen(ctx)
	for _, f := range list {
		if err := show(f); err != nil {
			return err
		}
	}
	return nil
}

// screen returns a function that prints an article that was found.
func (g *globals) screen(ctx context.Context) func(web.Found) error {
	screen := console.New(g.out, console.Options{Color: isTerminal(g.out), Width: width(g.out)})
	return func(f web.Found) error {
		return screen.Notify(ctx, notify.Delivery{Alert: &notify.Alert{
			Type: notify.ArticleMatched, Article: f.Article, Matches: f.Matches, Excerpt: f.Excerpt,
		}})
	}
}

// counted is count with commas.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return grouped(n) + " " + noun + "s"
}

const (
	// maxBars is how many bars are drawn: of more days, several share one.
	maxBars = 45
	// barWidth is how many columns the longest bar takes of 80.
	barWidth = 58
)

// printDays draws the articles of each day.
func printDays(w io.Writer, b *web.Backtest) {
	first, last := dayOf(b.From), dayOf(b.To)
	days := int(last.Sub(first)/(24*time.Hour)) + 1
	each := (days + maxBars - 1) / maxBars
	bars := make([]int, (days+each-1)/each)
	for _, d := range b.Days {
		t, err := time.Parse(time.DateOnly, d.Day)
		if i := int(t.Sub(first)/(24*time.Hour)) / each; err == nil && i >= 0 && i < len(bars) {
			bars[i] += d.Articles
		}
	}
	most := 1
	for _, n := range bars {
		most = max(most, n)
	}
	if each > 1 {
		fmt.Fprintf(w, "in steps of %d days\n", each)
	}
	for i, n := range bars {
		day := first.AddDate(0, 0, i*each).Format(time.DateOnly)
		fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("%s %9s %s", day, grouped(n), bar(n, most)), " "))
	}
}

func dayOf(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// bar draws n of most with blocks of an eighth of a column; any article shows.
func bar(n, most int) string {
	eighths := (n*barWidth*8 + most - 1) / most
	s := strings.Repeat("█", eighths/8)
	if rest := eighths % 8; rest > 0 {
		s += string([]rune(" ▏▎▍▌▋▊▉")[rest])
	}
	return s
}

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/copytaster/copytaster/cmd/copytaster/config"
	"github.com/copytaster/copytaster/monitor/store"
	"github.com/copytaster/copytaster/monitor/web"
	"github.com/copytaster/copytaster/notify/console"
)

func feedsCommand(g *globals) *cobra.Command {
	cmd := &cobra.Command{Use: "feeds", Short: "Look at the feeds", Args: usage(cobra.NoArgs), RunE: needsSubcommand}
	var asJSON bool
	list := &cobra.Command{
		Use:   "list",
		Short: "Print the health of each feed",
		Long: `List prints for each configured feed how its last poll went, when the next one
is, and how many articles it brought. It works beside a running daemon.`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := g.config()
			if err != nil {
				return err
			}
			states, err := feedStates(cmd.Context(), cfg)
			if err != nil {
				return err
			}
			if asJSON {
				enc := newEncoder(g.out)
				for _, s := range states {
					if err := enc.Encode(s); err != nil {
						return err
					}
				}
				return nil
			}
			return g.printFeeds(states)
		},
	}
	list.Flags().BoolVar(&asJSON, "json", false, "print JSON lines")
	cmd.AddCommand(list)
	return cmd
}

// needsSubcommand is what a command does that only groups others.
func needsSubcommand(cmd *cobra.Command, _ []string) error {
	return usageError{fmt.Errorf("which one? (see %s --help)", cmd.CommandPath())}
}

// feedStates returns the state of each configured feed in the order of the
// configuration, from the store or from the daemon that holds it. A feed that
// the store has not met has no state yet.
func feedStates(ctx context.Context, cfg *config.Config) ([]web.FeedState, error) {
	byURL := make(map[string]web.FeedState)
	st, err := openStore(cfg, nil)
	switch {
	case isHeld(err):
		var answer struct{ Feeds []web.FeedState }
		if err := (client{cfg}).ask(ctx, "GET", "/api/v1/feeds", nil, &answer); err != nil {
			return nil, err
		}
		for _, s := range answer.Feeds {
			byURL[s.URL] = s
		}
	case err != nil:
		return nil, err
	default:
		err := st.Feeds(ctx, func(f store.FeedInfo) bool {
			byURL[f.Source.URL] = web.NewFeedState(f)
			return true
		})
		if err := errors.Join(err, st.Close()); err != nil {
			return nil, err
		}
	}
	list := make([]web.FeedState, len(cfg.Feeds))
	for i, f := range cfg.Feeds {
		s, ok := byURL[f.URL]
		if !ok {
			s = web.FeedState{URL: f.URL, Name: f.Name, Tags: f.Tags}
		}
		list[i] = s
	}
	return list, nil
}

func (g *globals) printFeeds(states []web.FeedState) error {
	tw := tabwriter.NewWriter(g.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "STATE\tFEED\tARTICLES\tNEWEST\tLAST SUCCESS\tNEXT POLL")
	for _, s := range states {
		fmt.Fprintf(tw, "%s\t%s\t%d\t%s\t%s\t%s\n", health(s), clip(feedName(s), 40), s.Articles, moment(s.Newest), moment(s.Succeeded), moment(s.Due))
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	for _, s := range states {
		if s.Failures > 0 {
			if _, err := fmt.Fprintf(g.out, "\n%s: %s in a row, the last (%s): %s\n", clip(feedName(s), 60), count(s.Failures, "failure"), s.ErrorKind, printable(s.Error)); err != nil {
				return err
			}
		}
	}
	return nil
}

func feedName(s web.FeedState) string {
	if s.Name != "" {
		return s.Name
	}
	return s.URL
}

func health(s web.FeedState) string {
	switch {
	case s.Failures > 0:
		return "failing"
	case s.Polled.IsZero():
		return "new"
	}
	return "ok"
}

// moment prints a time in the machine's zone.
func moment(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.Local().Format("2006-01-02 15:04:05")
}

// clip shortens text from outside to n characters that are safe to print.
func clip(s string, n int) string {
	r := []rune(printable(s))
	if len(r) <= n {
		return string(r)
	}
	return string(r[:n-1]) + "…"
}

// printable takes out of text from outside what could steer a terminal.
func printable(s string) string { return strings.Join(strings.Fields(console.Printable(s)), " ") }

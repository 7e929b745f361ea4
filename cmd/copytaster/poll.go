package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/copytaster/copytaster/cmd/copytaster/config"
	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor"
)

func pollCommand(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "poll [FEED...]",
		Short: "Poll feeds once, now, alert and exit",
		Long: `Poll polls the feeds that are named, by name, URL or tag:TAG, and all of them
when none is. It prints a line for each feed and the alerts, makes one attempt
at every delivery that is due, and exits: for cron users and for trying things
out. It exits 1 when a feed could not be polled or a delivery not made.`,
		RunE: func(cmd *cobra.Command, args []string) error { return g.poll(cmd.Context(), args) },
	}
}

func (g *globals) poll(ctx context.Context, names []string) error {
	cfg, err := g.config()
	if err != nil {
		return err
	}
	chosen, err := choose(cfg, names)
	if err != nil {
		return err
	}
	a, err := g.open(cfg)
	if isHeld(err) {
		return fmt.Errorf("%w: a running daemon polls by itself", err)
	}
	if err != nil {
		return err
	}
	failed, err := g.pollOnce(ctx, a, chosen)
	if err := errors.Join(err, a.close()); err != nil {
		return err
	}
	if failed > 0 {
		return fmt.Errorf("%d of %s could not be polled", failed, count(len(chosen), "feed"))
	}
	return nil
}

// pollOnce polls the feeds, makes the deliveries that are due, and returns how
// many feeds failed.
func (g *globals) pollOnce(ctx context.Context, a *app, ids []feeds.FeedID) (failed int, err error) {
	err = a.monitor.PollOnce(ctx, ids, func(r monitor.Report) {
		if r.Err != nil {
			failed++
		}
		fmt.Fprintln(g.out, pollLine(r))
	})
	if err != nil {
		return failed, err
	}
	sent, err := a.courier.current.Load().DispatchDue(ctx)
	if err != nil {
		return failed, err
	}
	if failures := sent.Retried + sent.Dead; failures > 0 {
		return failed, fmt.Errorf("%d of %d deliveries failed; they are tried again by the next poll or run that finds them due (copytaster deliveries list shows them)", failures, failures+sent.Delivered)
	}
	return failed, nil
}

// pollLine says in one line how a poll went.
func pollLine(r monitor.Report) string {
	name := r.Feed.Name
	if name == "" {
		name = r.Feed.URL
	}
	if r.Err != nil {
		return fmt.Sprintf("failed     %s: %v", name, r.Err)
	}
	if r.New+r.Changed == 0 {
		return "unchanged  " + name
	}
	line := fmt.Sprintf("news       %s: %d new", name, r.New)
	if r.Changed > 0 {
		line += fmt.Sprintf(", %d changed", r.Changed)
	}
	if r.Alerts > 0 {
		line += ", " + count(r.Alerts, "alert")
	}
	if r.Backlog > 0 {
		line += fmt.Sprintf(", %d matched before copytaster watched", r.Backlog)
	}
	return line
}

// choose returns the feeds that names stand for: names, URLs, or tags as
// "tag:TAG"; all when there are none.
func choose(cfg *config.Config, names []string) ([]feeds.FeedID, error) {
	var ids []feeds.FeedID
	for _, f := range cfg.Feeds {
		if len(names) == 0 || slices.ContainsFunc(names, func(n string) bool { return isMeant(f, n) }) {
			ids = append(ids, f.ID())
		}
	}
	for _, n := range names {
		if !slices.ContainsFunc(cfg.Feeds, func(f *feeds.Feed) bool { return isMeant(f, n) }) {
			return nil, usageError{fmt.Errorf("no feed is called %q (copytaster feeds list shows names, URLs and tags)", n)}
		}
	}
	return ids, nil
}

func isMeant(f *feeds.Feed, name string) bool {
	if tag, ok := strings.CutPrefix(name, "tag:"); ok {
		return slices.Contains(f.Tags, tag)
	}
	return name == f.Name || name == f.URL
}

package main

import (
	"context"
	"fmt"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/spf13/cobra"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/text"
	"github.com/copytaster/copytaster/notify"
)

func receiversCommand(g *globals) *cobra.Command {
	cmd := &cobra.Command{Use: "receivers", Short: "Try out the receivers", Args: usage(cobra.NoArgs), RunE: needsSubcommand}
	cmd.AddCommand(&cobra.Command{
		Use:   "test NAME",
		Short: "Send a marked test alert",
		Long: `Test sends a receiver one alert of the type "test" and says how that went. It
is not recorded and not tried again.`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error { return g.testReceiver(cmd.Context(), args[0]) },
	})
	return cmd
}

func (g *globals) testReceiver(ctx context.Context, name string) error {
	cfg, err := g.config()
	if err != nil {
		return err
	}
	list, err := g.receivers(cfg)
	if err != nil {
		return err
	}
	for _, r := range list {
		if r.Name != name {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
		defer cancel()
		if err := r.Notifier.Notify(ctx, testDelivery(name)); err != nil {
			return fmt.Errorf("receiver %s did not take the test alert: %w", name, err)
		}
		_, err := fmt.Fprintf(g.out, "%s took the test alert\n", name)
		return err
	}
	known := make([]string, len(list))
	for i, r := range list {
		known[i] = r.Name
	}
	return usageError{fmt.Errorf("no receiver is called %q; there are %q", name, known)}
}

func testDelivery(receiver string) notify.Delivery {
	now := time.Now().UTC().Truncate(time.Millisecond)
	title := "A test by copytaster: nothing has happened"
	return notify.Delivery{
		ID: ulid.Make().String(), Receiver: receiver, State: notify.Pending, Created: now, Next: now,
		Alert: &notify.Alert{
			ID: ulid.Make().String(), Type: notify.Test, Time: now,
			Rule:    notify.Rule{Name: "test", Match: "test"},
			Article: &feeds.Article{ID: ulid.Make().String(), Title: title, Seen: now},
			Matches: []text.Span{{Field: text.Title, Start: 2, End: 6, Text: "test"}},
			Excerpt: text.Excerpt{Text: title, Marks: [][2]int{{2, 6}}},
		},
	}
}

package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/copytaster/copytaster/cmd/copytaster/config"
	"github.com/copytaster/copytaster/monitor/store"
	"github.com/copytaster/copytaster/monitor/web"
	"github.com/copytaster/copytaster/notify"
)

func deliveriesCommand(g *globals) *cobra.Command {
	cmd := &cobra.Command{Use: "deliveries", Short: "Look at the outbox and replay from it", Args: usage(cobra.NoArgs), RunE: needsSubcommand}

	var f deliveryFilter
	var limit int
	var asJSON bool
	list := &cobra.Command{
		Use:   "list",
		Short: "Print deliveries, newest first",
		Args:  usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if limit < 1 || limit > 500 {
				return usageError{errors.New("--limit: a number from 1 to 500")}
			}
			cfg, q, err := g.filtered(f)
			if err != nil {
				return err
			}
			q.Limit = limit
			found, err := listDeliveries(cmd.Context(), cfg, q)
			if err != nil {
				return err
			}
			return g.printDeliveries(found, asJSON)
		},
	}
	f.register(list)
	list.Flags().IntVar(&limit, "limit", 50, "the most deliveries to print")
	list.Flags().BoolVar(&asJSON, "json", false, "print JSON lines")

	var r deliveryFilter
	replay := &cobra.Command{
		Use:   "replay",
		Short: "Make deliveries again",
		Long: `Replay makes the deliveries that the flags select due at once, with the attempts
counted anew and under their old ids, so that receivers can tell repeats. At
least one flag is needed. A running daemon delivers them right away, otherwise
the next run or poll does.`,
		Example: `  copytaster deliveries replay --state dead
  copytaster deliveries replay --receiver desk --since 2h`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, q, err := g.filtered(r)
			if err != nil {
				return err
			}
			if q == (store.DeliveryQuery{}) {
				return usageError{errors.New("say which: --id, --state, --receiver, --rule, --since or --until")}
			}
			n, err := replayDeliveries(cmd.Context(), cfg, q)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(g.out, "%d to be delivered again\n", n)
			return err
		},
	}
	r.register(replay)
	cmd.AddCommand(list, replay)
	return cmd
}

// deliveryFilter is the flags that select deliveries.
type deliveryFilter struct{ id, state, receiver, rule, since, until string }

func (f *deliveryFilter) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.id, "id", "", "only the delivery with this `id`")
	cmd.Flags().StringVar(&f.state, "state", "", "only `pending`, delivered or dead ones")
	cmd.Flags().StringVar(&f.receiver, "receiver", "", "only those to the receiver of this `name`")
	cmd.Flags().StringVar(&f.rule, "rule", "", "only those of the rule of this `name`")
	cmd.Flags().StringVar(&f.since, "since", "", "only those recorded since `TIME`: 30d, 2w, 12h, or RFC 3339")
	cmd.Flags().StringVar(&f.until, "until", "", "only those recorded before `TIME`")
}

// params returns the filter as the API takes it.
func (f *deliveryFilter) params() url.Values {
	v := make(url.Values)
	for name, value := range map[string]string{"id": f.id, "state": f.state, "receiver": f.receiver, "rule": f.rule, "since": f.since, "until": f.until} {
		if value != "" {
			v.Set(name, value)
		}
	}
	return v
}

// filtered loads the configuration and reads the filter.
func (g *globals) filtered(f deliveryFilter) (*config.Config, store.DeliveryQuery, error) {
	q, err := web.ParseDeliveryQuery(f.params(), time.Now())
	if err != nil {
		return nil, q, usageError{err}
	}
	cfg, err := g.config()
	return cfg, q, err
}

// queryParams returns a query as the API takes it.
func queryParams(q store.DeliveryQuery) url.Values {
	v := make(url.Values)
	for name, value := range map[string]string{"id": q.ID, "state": string(q.State), "receiver": q.Receiver, "rule": q.Rule} {
		if value != "" {
			v.Set(name, value)
		}
	}
	for name, t := range map[string]time.Time{"since": q.Since, "until": q.Until} {
		if !t.IsZero() {
			v.Set(name, t.Format(time.RFC3339Nano))
		}
	}
	if q.Limit > 0 {
		v.Set("limit", strconv.Itoa(q.Limit))
	}
	return v
}

func listDeliveries(ctx context.Context, cfg *config.Config, q store.DeliveryQuery) ([]notify.Delivery, error) {
	st, err := openStore(cfg, nil)
	if isHeld(err) {
		var answer struct{ Deliveries []notify.Delivery }
		err := client{cfg}.ask(ctx, "GET", "/api/v1/deliveries", queryParams(q), &answer)
		return answer.Deliveries, err
	}
	if err != nil {
		return nil, err
	}
	list, err := st.Deliveries(ctx, q)
	return list, errors.Join(err, st.Close())
}

func replayDeliveries(ctx context.Context, cfg *config.Config, q store.DeliveryQuery) (int, error) {
	st, err := openStore(cfg, nil)
	if isHeld(err) {
		var answer struct{ Replayed int }
		err := client{cfg}.ask(ctx, "POST", "/api/v1/deliveries/replay", queryParams(q), &answer)
		return answer.Replayed, err
	}
	if err != nil {
		return 0, err
	}
	n, err := st.Replay(ctx, q, time.Now().UTC())
	return n, errors.Join(err, st.Close())
}

func (g *globals) printDeliveries(list []notify.Delivery, asJSON bool) error {
	if asJSON {
		enc := newEncoder(g.out)
		for _, d := range list {
			if err := enc.Encode(d); err != nil {
				return err
			}
		}
		return nil
	}
	tw := tabwriter.NewWriter(g.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "ID\tSTATE\tRECEIVER\tRULE\tATTEMPTS\tCREATED\tARTICLE")
	for _, d := range list {
		var rule, title string
		if d.Alert != nil {
			rule = d.Alert.Rule.Name
			if d.Alert.Article != nil {
				title = d.Alert.Article.Title
			}
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%d\t%s\t%s\n", d.ID, d.State, d.Receiver, clip(rule, 30), d.Attempts, moment(d.Created), clip(title, 50))
		if d.LastError != "" {
			fmt.Fprintf(tw, "\t  %s\n", errorLine(d))
		}
	}
	return tw.Flush()
}

// errorLine says why a delivery has not been made and what happens next.
func errorLine(d notify.Delivery) string {
	line := clip(d.LastError, 120)
	if d.State == notify.Pending {
		line += "; next attempt " + moment(d.Next)
	}
	return line
}

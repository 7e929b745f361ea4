package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/KimMachineGun/automemlimit/memlimit"
	"github.com/coreos/go-systemd/v22/daemon"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/copytaster/copytaster/cmd/copytaster/config"
	"github.com/copytaster/copytaster/monitor/web"
	"github.com/copytaster/copytaster/notify"
)

func runCommand(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "run",
		Short: "Run the daemon: poll, match, alert, serve",
		Long: `Run polls the configured feeds as they fall due, alerts receivers and serves
the output feeds until it gets SIGINT or SIGTERM. Then it stops within 10
seconds; what it could not finish goes on with the next start.

SIGHUP makes it read the configuration anew, with the files that it names, and
go on with it: polls and deliveries under way end as they began. When anything
in the configuration is wrong, that is logged and the old one stays. Changes of
store, listen and poll.workers take a restart.`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return g.run(cmd.Context()) },
	}
}

// stopWithin is the longest that stopping may take, drain the part of it that
// requests and deliveries under way are given.
const (
	stopWithin = 10 * time.Second
	drain      = 5 * time.Second
)

// run is the daemon. It returns when ctx ends, or with the error that makes
// going on pointless.
func (g *globals) run(ctx context.Context) (err error) {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	cfg, err := g.config()
	if err != nil {
		return err
	}
	// Without a limit this changes nothing: the error says just that.
	_, _ = memlimit.Set(memlimit.WithRatio(0.9))
	a, err := g.open(cfg)
	if err != nil {
		if isHeld(err) {
			return fmt.Errorf("%w: is copytaster running already?", err)
		}
		return err
	}
	defer func() { err = errors.Join(err, a.close()) }()

	work, ctx := errgroup.WithContext(ctx)
	if cfg.Listen != "" {
		// The port is taken before anything is polled: a second instance or a
		// typing error shows at once.
		ln, err := net.Listen("tcp", cfg.Listen)
		if err != nil {
			return fmt.Errorf("listen on %s: %w (listen: in %s sets another address)", cfg.Listen, rootCause(err), g.configPath)
		}
		a.addr = ln.Addr().String()
		handler, err := a.web(cfg)
		if err != nil {
			return errors.Join(err, ln.Close())
		}
		a.handler.Store(handler)
		srv := web.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { a.handler.Load().ServeHTTP(w, r) }), a.log)
		work.Go(func() error {
			if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("serve: %w", err)
			}
			return nil
		})
		work.Go(func() error {
			<-ctx.Done()
			sctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
			defer cancel()
			if err := srv.Shutdown(sctx); err != nil {
				return srv.Close()
			}
			return nil
		})
		a.log.Info("serving", "url", a.publicURL(cfg))
	}
	work.Go(func() error { return a.monitor.Run(ctx) })
	work.Go(func() error { return a.courier.run(ctx) })
	work.Go(func() error { return a.watchdog(ctx) })
	work.Go(func() error { return a.reloads(ctx, hangup) })
	a.log.Info("running", "version", version(), "feeds", len(cfg.Feeds), "rules", len(cfg.Watch), "store", cfg.Store)

	ended := context.AfterFunc(ctx, func() {
		_, _ = daemon.SdNotify(false, daemon.SdNotifyStopping)
		a.log.Info("stopping")
		time.AfterFunc(stopWithin, func() {
			fmt.Fprintln(g.err, "copytaster: something did not stop in time; leaving it")
			os.Exit(exitFailed)
		})
	})
	defer ended()
	return work.Wait()
}

// rootCause returns the innermost error: the reason without the addresses and
// calls around it.
func rootCause(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// publicURL returns how subscribers reach the server.
func (a *app) publicURL(cfg *config.Config) string {
	if cfg.PublicURL != "" {
		return cfg.PublicURL
	}
	return "http://" + a.addr + "/"
}

// web returns what is served of a configuration.
func (a *app) web(cfg *config.Config) (*web.Handler, error) {
	rules := make([]notify.Rule, len(cfg.Watch))
	for i := range cfg.Watch {
		rules[i] = cfg.Watch[i].Told()
	}
	return web.New(web.Options{
		PublicURL: a.publicURL(cfg),
		Listen:    cfg.Listen,
		Version:   version(),
		Feeds:     cfg.Feeds,
		Rules:     rules,
		Define:    cfg.Define,
		Store:     a.store,
		Gatherer:  a.registry,
		Auth: web.Auth{
			Token:    cfg.Auth.Token.Reveal(),
			User:     cfg.Auth.User,
			Password: cfg.Auth.Password.Reveal(),
		},
		Alive:  a.monitor.Alive,
		Wake:   a.courier.wake,
		Logger: a.log,
	})
}

// watchdog tells systemd that the daemon is ready, and then that it lives: as
// long as the scheduler moves and the store takes writes, and no longer.
func (a *app) watchdog(ctx context.Context) error {
	_, _ = daemon.SdNotify(false, daemon.SdNotifyReady)
	every, err := daemon.SdWatchdogEnabled(false)
	if err != nil || every == 0 {
		return nil
	}
	ticker := time.NewTicker(every / 3)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		if err := a.healthy(ctx, every/3); err != nil {
			a.log.Error("not telling the watchdog that all is well", "error", err)
			continue
		}
		_, _ = daemon.SdNotify(false, daemon.SdNotifyWatchdog)
	}
}

func (a *app) healthy(ctx context.Context, within time.Duration) error {
	if err := a.monitor.Alive(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	return a.store.Ping(ctx)
}

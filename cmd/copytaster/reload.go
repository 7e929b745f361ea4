package main

import (
	"context"
	"errors"
	"os"
	"reflect"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/copytaster/copytaster/cmd/copytaster/config"
	"github.com/copytaster/copytaster/feeds/fetch"
	"github.com/copytaster/copytaster/notify"
)

// reloadMetrics tell whether the configuration that holds is the one in the
// file, under the names that Prometheus uses for its own.
type reloadMetrics struct{ successful, time prometheus.Gauge }

func newReloadMetrics(r prometheus.Registerer) reloadMetrics {
	m := reloadMetrics{
		successful: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "copytaster_config_last_reload_successful",
			Help: "Whether the configuration was good when it was last read: 1 or 0.",
		}),
		time: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "copytaster_config_last_reload_success_timestamp_seconds",
			Help: "When the configuration that holds was read, Unix time.",
		}),
	}
	r.MustRegister(m.successful, m.time)
	return m
}

func (m reloadMetrics) note(ok bool) {
	if !ok {
		m.successful.Set(0)
		return
	}
	m.successful.Set(1)
	m.time.SetToCurrentTime()
}

// reloads reads the configuration anew for each signal until ctx ends.
func (a *app) reloads(ctx context.Context, hangup <-chan os.Signal) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-hangup:
			a.reload(ctx)
		}
	}
}

// reload reads the configuration and all it names, and goes on with it if
// nothing in it is wrong. It tells systemd as sd_notify(3) asks.
func (a *app) reload(ctx context.Context) {
	state := daemon.SdNotifyReloading
	if now := daemon.SdNotifyMonotonicUsec(); now != "" {
		state += "\n" + now
	}
	_, _ = daemon.SdNotify(false, state)
	defer func() { _, _ = daemon.SdNotify(false, daemon.SdNotifyReady) }()

	begin := time.Now()
	cfg, err := a.globals.config()
	if err == nil {
		err = a.apply(ctx, cfg)
	}
	a.reloaded.note(err == nil)
	var problems config.Problems
	switch {
	case err == nil:
		a.log.Info("configuration reloaded", "feeds", len(cfg.Feeds), "rules", len(cfg.Watch), "receivers", len(cfg.Receivers),
			"took", time.Since(begin).Round(time.Millisecond).String())
	case errors.As(err, &problems):
		for _, p := range problems {
			a.log.Error("configuration problem", "problem", p.String())
		}
		a.log.Error("the configuration is refused; the old one stays", "problems", len(problems))
	default:
		a.log.Error("the configuration is refused; the old one stays", "error", err)
	}
}

// apply goes on with another configuration. After an error the old one holds.
func (a *app) apply(ctx context.Context, cfg *config.Config) error {
	restart := keepFixed(cfg, a.cfg)
	receivers, err := a.globals.receivers(cfg)
	if err != nil {
		return err
	}
	handler := a.handler.Load()
	if handler != nil {
		if handler, err = a.web(cfg); err != nil {
			return err
		}
	}
	fetcher := a.fetcher
	if !reflect.DeepEqual(fetchOptions(cfg), fetchOptions(a.cfg)) {
		fetcher = fetch.New(fetchOptions(cfg))
	}
	if err := a.monitor.Reconfigure(ctx, monitorOptions(cfg, fetcher)); err != nil {
		if fetcher != a.fetcher {
			fetcher.Close()
		}
		return err
	}
	if handler != nil {
		a.handler.Store(handler)
	}
	// Where nothing changed for the receivers, they need not notice.
	if !reflect.DeepEqual(cfg.Receivers, a.cfg.Receivers) || !reflect.DeepEqual(fetchOptions(cfg), fetchOptions(a.cfg)) {
		a.courier.replace(a.newDispatcher(receivers))
	}
	if fetcher != a.fetcher {
		// Requests under way go on.
		a.fetcher.Close()
		a.fetcher = fetcher
	}
	a.cfg = cfg
	if len(restart) > 0 {
		a.log.Warn("some settings changed that take a restart to hold", "settings", restart)
	}
	return nil
}

// keepFixed puts into cfg what cannot change while copytaster runs, and returns
// the settings that differed. Who may read what is served, and under which
// address, stays together with the address that is listened on: what is meant
// for one must not hold for another.
func keepFixed(cfg, old *config.Config) (differ []string) {
	if cfg.Store != old.Store {
		cfg.Store = old.Store
		differ = append(differ, "store")
	}
	if cfg.Listen != old.Listen {
		cfg.Listen, cfg.Auth, cfg.PublicURL = old.Listen, old.Auth, old.PublicURL
		differ = append(differ, "listen (with auth and public_url)")
	}
	if cfg.Poll.Workers != old.Poll.Workers {
		cfg.Poll.Workers = old.Poll.Workers
		differ = append(differ, "poll.workers")
	}
	return differ
}

// newDispatcher returns a dispatcher over the store.
func (a *app) newDispatcher(receivers []notify.Receiver) *notify.Dispatcher {
	return notify.NewDispatcher(notify.DispatcherOptions{
		Outbox:     a.store,
		Receivers:  receivers,
		Logger:     a.log,
		Registerer: a.registry,
	})
}

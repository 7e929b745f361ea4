package main

import (
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/copytaster/copytaster/cmd/copytaster/config"
	"github.com/copytaster/copytaster/feeds/fetch"
	"github.com/copytaster/copytaster/monitor"
	"github.com/copytaster/copytaster/monitor/store"
	"github.com/copytaster/copytaster/monitor/store/boltstore"
	"github.com/copytaster/copytaster/monitor/web"
	"github.com/copytaster/copytaster/notify"
	"github.com/copytaster/copytaster/notify/console"
	"github.com/copytaster/copytaster/notify/webhook"
)

// app is an open copytaster: what run and poll have in common.
type app struct {
	globals  *globals
	cfg      *config.Config
	log      *slog.Logger
	registry *prometheus.Registry
	reloaded reloadMetrics
	store    *boltstore.Store
	fetcher  *fetch.Fetcher
	courier  *courier
	monitor  *monitor.Monitor
	// handler answers what the server is asked; nil when there is no server,
	// which listens on addr.
	handler atomic.Pointer[web.Handler]
	addr    string
}

// open opens the store and puts the parts together. The caller closes the app.
func (g *globals) open(cfg *config.Config) (*app, error) {
	a := &app{globals: g, cfg: cfg, log: g.log(), registry: prometheus.NewRegistry()}
	a.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	a.reloaded = newReloadMetrics(a.registry)
	a.reloaded.note(true)
	receivers, err := g.receivers(cfg)
	if err != nil {
		return nil, err
	}
	if a.store, err = openStore(cfg, a.registry); err != nil {
		return nil, err
	}
	a.fetcher = fetch.New(fetchOptions(cfg))
	a.courier = newCourier(a.newDispatcher(receivers))
	o := monitorOptions(cfg, a.fetcher)
	o.Store, o.Workers, o.Logger, o.Wake, o.Registerer = a.store, cfg.Poll.Workers, a.log, a.courier.wake, a.registry
	a.monitor, err = monitor.New(o)
	if err != nil {
		return nil, errors.Join(err, a.close())
	}
	return a, nil
}

// fetchOptions returns how feeds are fetched.
func fetchOptions(cfg *config.Config) fetch.Options {
	return fetch.Options{
		Timeout:      cfg.Poll.Timeout,
		MaxBody:      cfg.Poll.MaxBody,
		UserAgent:    userAgent(cfg),
		AllowPrivate: cfg.Poll.AllowPrivate,
	}
}

// monitorOptions returns those options of the monitor that can change while it
// runs.
func monitorOptions(cfg *config.Config, fetcher *fetch.Fetcher) monitor.Options {
	return monitor.Options{
		Fetcher:     fetcher,
		Feeds:       cfg.Feeds,
		Watch:       cfg.Watch,
		Schedule:    cfg.Poll.Schedule,
		MinInterval: cfg.Poll.MinInterval,
		MaxInterval: cfg.Poll.MaxInterval,
		PerHost:     cfg.Poll.PerHost,
		Timeout:     cfg.Poll.Timeout,
		Retention:   cfg.Retention,
	}
}

func (a *app) close() error {
	a.fetcher.Close()
	return a.store.Close()
}

// openStore opens the configured store.
func openStore(cfg *config.Config, r prometheus.Registerer) (*boltstore.Store, error) {
	return boltstore.Open(cfg.Store, boltstore.Options{Registerer: r})
}

// isHeld reports whether a store could not be opened because another process,
// most likely the daemon, has it.
func isHeld(err error) bool { return errors.Is(err, store.ErrLocked) }

// receivers builds the notifiers that the configuration names.
func (g *globals) receivers(cfg *config.Config) ([]notify.Receiver, error) {
	var list []notify.Receiver
	for _, rc := range cfg.Receivers {
		r := notify.Receiver{Name: rc.Name}
		switch {
		case rc.Console:
			r.Notifier = console.New(g.out, console.Options{Color: isTerminal(g.out), Width: width(g.out)})
			r.Concurrency = 1
		case rc.Webhook != nil:
			secrets := make([]string, len(rc.Webhook.Secrets))
			for i, s := range rc.Webhook.Secrets {
				secrets[i] = s.Reveal()
			}
			w, err := webhook.New(webhook.Options{
				URL:          rc.Webhook.URL.Reveal(),
				Secrets:      secrets,
				AllowPrivate: cfg.Poll.AllowPrivate,
				UserAgent:    userAgent(cfg),
			})
			if err != nil {
				return nil, fmt.Errorf("receiver %s: %w", rc.Name, err)
			}
			r.Notifier = w
		}
		list = append(list, r)
	}
	return list, nil
}

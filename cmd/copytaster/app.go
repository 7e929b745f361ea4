package main

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/copytaster/copytaster/cmd/copytaster/config"
	"github.com/copytaster/copytaster/feeds/fetch"
	"github.com/copytaster/copytaster/monitor"
	"github.com/copytaster/copytaster/monitor/store"
	"github.com/copytaster/copytaster/monitor/store/boltstore"
	"github.com/copytaster/copytaster/notify"
	"github.com/copytaster/copytaster/notify/console"
	"github.com/copytaster/copytaster/notify/webhook"
)

// app is an open copytaster: what run and poll have in common.
type app struct {
	cfg        *config.Config
	log        *slog.Logger
	registry   *prometheus.Registry
	store      *boltstore.Store
	fetcher    *fetch.Fetcher
	dispatcher *notify.Dispatcher
	monitor    *monitor.Monitor
}

// open opens the store and puts the parts together. The caller closes the app.
func (g *globals) open(cfg *config.Config) (*app, error) {
	a := &app{cfg: cfg, log: g.log(), registry: prometheus.NewRegistry()}
	a.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	receivers, err := g.receivers(cfg)
	if err != nil {
		return nil, err
	}
	if a.store, err = openStore(cfg, a.registry); err != nil {
		return nil, err
	}
	a.fetcher = fetch.New(fetch.Options{
		Timeout:      cfg.Poll.Timeout,
		MaxBody:      cfg.Poll.MaxBody,
		UserAgent:    userAgent(cfg),
		AllowPrivate: cfg.Poll.AllowPrivate,
	})
	a.dispatcher = notify.NewDispatcher(notify.DispatcherOptions{
		Outbox:     a.store,
		Receivers:  receivers,
		Logger:     a.log,
		Registerer: a.registry,
	})
	a.monitor, err = monitor.New(monitor.Options{
		Store:       a.store,
		Fetcher:     a.fetcher,
		Feeds:       cfg.Feeds,
		Watch:       cfg.Watch,
		Schedule:    cfg.Poll.Schedule,
		MinInterval: cfg.Poll.MinInterval,
		MaxInterval: cfg.Poll.MaxInterval,
		Workers:     cfg.Poll.Workers,
		PerHost:     cfg.Poll.PerHost,
		Timeout:     cfg.Poll.Timeout,
		Retention:   cfg.Retention,
		Logger:      a.log,
		Wake:        a.dispatcher.Wake,
		Registerer:  a.registry,
	})
	if err != nil {
		return nil, errors.Join(err, a.close())
	}
	return a, nil
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

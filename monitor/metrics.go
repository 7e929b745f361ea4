package monitor

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are the monitor's counters. None is labelled by URL: what can be
// configured without limit must not become a label.
type metrics struct {
	polls    *prometheus.CounterVec
	duration prometheus.Histogram
	articles *prometheus.CounterVec
	matches  prometheus.Counter
	alerts   prometheus.Counter
	matching prometheus.Histogram
}

// ledger is the part of a store that knows what is still to be delivered.
type ledger interface {
	Depth(ctx context.Context) (pending map[string]int, oldest time.Time, err error)
}

func newMetrics(r prometheus.Registerer, l ledger) *metrics {
	m := &metrics{
		polls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "copytaster_polls_total",
			Help: "Polls by outcome: news, unchanged, or the class of the failure.",
		}, []string{"outcome"}),
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "copytaster_poll_duration_seconds",
			Help:    "Time from the request for a feed to its record on disk.",
			Buckets: []float64{.005, .02, .1, .5, 1, 2.5, 5, 10, 30},
		}),
		articles: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "copytaster_articles_total",
			Help: "Articles recorded, by kind: new or changed.",
		}, []string{"kind"}),
		matches: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "copytaster_matches_total",
			Help: "Matches of a rule with a new or changed article.",
		}),
		alerts: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "copytaster_alerts_total",
			Help: "Alerts recorded.",
		}),
		matching: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "copytaster_match_duration_seconds",
			Help:    "Time to match one article against all rules.",
			Buckets: []float64{.00001, .00003, .0001, .0003, .001, .003, .01, .1},
		}),
	}
	if r != nil {
		r.MustRegister(m.polls, m.duration, m.articles, m.matches, m.alerts, m.matching, outbox{l})
	}
	return m
}

func (m *metrics) matched(start time.Time, n int) {
	m.matching.Observe(time.Since(start).Seconds())
	m.matches.Add(float64(n))
}

// outbox is a collector that asks the store, when it is scraped, what is still
// to be delivered.
type outbox struct{ ledger }

// Describe leaves the collector unchecked, for the receivers vary.
func (o outbox) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (o outbox) Collect(ch chan<- prometheus.Metric) {
	depth := prometheus.NewDesc("copytaster_outbox_pending", "Deliveries still to be made, by receiver.", []string{"receiver"}, nil)
	age := prometheus.NewDesc("copytaster_outbox_oldest_seconds", "Age of the oldest delivery still to be made, 0 when there is none.", nil, nil)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	pending, oldest, err := o.Depth(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(depth, err)
		return
	}
	for receiver, n := range pending {
		ch <- prometheus.MustNewConstMetric(depth, prometheus.GaugeValue, float64(n), receiver)
	}
	seconds := 0.0
	if !oldest.IsZero() {
		seconds = max(time.Since(oldest).Seconds(), 0)
	}
	ch <- prometheus.MustNewConstMetric(age, prometheus.GaugeValue, seconds)
}

package notify

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// The outcomes that deliveries are counted by.
const (
	outcomeDelivered = "delivered"
	outcomeRetried   = "retried"
	outcomeDead      = "dead"
)

// metrics are what the dispatcher tells Prometheus. They are always counted,
// and seen only when they are registered.
type metrics struct {
	attempts *prometheus.CounterVec
	duration *prometheus.HistogramVec
	latency  *prometheus.HistogramVec
}

func newMetrics(reg prometheus.Registerer, receivers []Receiver) metrics {
	m := metrics{
		attempts: register(reg, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "copytaster_deliveries_total",
			Help: "Attempts to deliver an alert, by receiver and how they ended.",
		}, []string{"receiver", "outcome"})),
		duration: register(reg, prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "copytaster_delivery_duration_seconds",
			Help:    "How long attempts to deliver an alert took.",
			Buckets: []float64{.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"receiver"})),
		latency: register(reg, prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "copytaster_delivery_latency_seconds",
			Help: "Time from the alert to its delivery, over all attempts.",
			Buckets: []float64{.01, .05, .1, .5, 1, 5, 15, 60, 5 * 60, 30 * 60,
				2 * 3600, 8 * 3600, 24 * 3600, 72 * 3600},
		}, []string{"receiver"})),
	}
	for _, r := range receivers {
		for _, outcome := range []string{outcomeDelivered, outcomeRetried, outcomeDead} {
			m.attempts.WithLabelValues(r.Name, outcome)
		}
		m.duration.WithLabelValues(r.Name)
		m.latency.WithLabelValues(r.Name)
	}
	return m
}

// register returns c, or the collector that an earlier dispatcher registered
// in its place: counting goes on when the configuration is read anew.
func register[C prometheus.Collector](reg prometheus.Registerer, c C) C {
	if reg == nil {
		return c
	}
	err := reg.Register(c)
	if already, ok := errors.AsType[prometheus.AlreadyRegisteredError](err); ok {
		if old, ok := already.ExistingCollector.(C); ok {
			return old
		}
	}
	if err != nil {
		panic(err) // the name is taken by another kind of metric: a defect of the program
	}
	return c
}

// ended counts an attempt that took so long and ended so.
func (m *metrics) ended(receiver string, took time.Duration, outcome string) {
	m.attempts.WithLabelValues(receiver, outcome).Inc()
	m.duration.WithLabelValues(receiver).Observe(took.Seconds())
}

// delivered notes how old the alert was when its receiver accepted it.
func (m *metrics) delivered(receiver string, d *Delivery, at time.Time) {
	if d.Alert != nil {
		m.latency.WithLabelValues(receiver).Observe(max(0, at.Sub(d.Alert.Time).Seconds()))
	}
}

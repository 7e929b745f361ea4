package boltstore

import (
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are what a store tells Prometheus. A nil one tells nothing.
type metrics struct {
	registerer prometheus.Registerer
	duration   prometheus.Histogram
	size       prometheus.Histogram
	file       prometheus.GaugeFunc
}

func newMetrics(r prometheus.Registerer, path string) (*metrics, error) {
	if r == nil {
		return nil, nil
	}
	m := &metrics{
		registerer: r,
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "copytaster_store_commit_seconds",
			Help:    "How long write transactions took, with the disk.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 14),
		}),
		size: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "copytaster_store_batch_size",
			Help:    "How many writes shared a transaction.",
			Buckets: prometheus.ExponentialBuckets(1, 2, 11),
		}),
		file: prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "copytaster_store_file_bytes",
			Help: "The length of the store's file.",
		}, func() float64 {
			info, err := os.Stat(path)
			if err != nil {
				return 0
			}
			return float64(info.Size())
		}),
	}
	for i, c := range m.all() {
		if err := r.Register(c); err != nil {
			for _, c := range m.all()[:i] {
				r.Unregister(c)
			}
			return nil, err
		}
	}
	return m, nil
}

func (m *metrics) all() []prometheus.Collector {
	return []prometheus.Collector{m.duration, m.size, m.file}
}

func (m *metrics) committed(took time.Duration, writes int) {
	if m != nil {
		m.duration.Observe(took.Seconds())
		m.size.Observe(float64(writes))
	}
}

func (m *metrics) unregister() {
	if m == nil {
		return
	}
	for _, c := range m.all() {
		m.registerer.Unregister(c)
	}
}

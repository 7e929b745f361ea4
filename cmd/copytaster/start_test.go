package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/monitor"
)

// BenchmarkStart starts copytaster with 100,000 feeds that its store has met:
// configuration, store, and telling the store which feeds there are.
func BenchmarkStart(b *testing.B) {
	dir := b.TempDir()
	var cfg strings.Builder
	cfg.WriteString("listen: off\nwatch: [gulf crisis]\nfeeds:\n")
	for i := range 100_000 {
		fmt.Fprintf(&cfg, "  - {url: \"https://host%d.example.org/news/feed-%d.xml\", name: Feed %d, tags: [news, t%d]}\n", i%20_000, i, i, i%50)
	}
	path := filepath.Join(dir, "config.yaml")
	if err := os.WriteFile(path, []byte(cfg.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	begin := func() *app {
		g := &globals{stdio: stdio{strings.NewReader(""), io.Discard, io.Discard}, configPath: path}
		c, err := g.config()
		if err != nil {
			b.Fatal(err)
		}
		a, err := g.open(c)
		if err != nil {
			b.Fatal(err)
		}
		if err := a.monitor.PollOnce(context.Background(), nil, func(monitor.Report) {}); err != nil {
			b.Fatal(err)
		}
		return a
	}
	if err := begin().close(); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		a := begin()
		b.StopTimer()
		var mem runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&mem)
		b.ReportMetric(float64(mem.HeapAlloc)/(1<<20), "heap-MB")
		if err := a.close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

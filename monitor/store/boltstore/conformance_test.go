package boltstore_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/copytaster/copytaster/monitor/store"
	"github.com/copytaster/copytaster/monitor/store/boltstore"
	"github.com/copytaster/copytaster/monitor/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T, dir string) store.Store {
		t.Helper()
		return open(t, filepath.Join(dir, "store.db"))
	})
}

// epoch is when the clocks of tests begin.
var epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// open opens a store without closing it.
func open(t testing.TB, path string) *boltstore.Store {
	t.Helper()
	s, err := boltstore.Open(path, boltstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

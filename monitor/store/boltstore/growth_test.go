package boltstore_test

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/copytaster/copytaster/monitor/store"
	"github.com/copytaster/copytaster/monitor/store/boltstore"
	"github.com/copytaster/copytaster/monitor/store/storetest"
)

// TestNoGrowth polls two thousand feeds again and again without news: the
// pages of the round before are used again.
func TestNoGrowth(t *testing.T) {
	const feeds = 2000
	path := filepath.Join(t.TempDir(), "s.db")
	s := open(t, path)
	defer s.Close()
	ctx := t.Context()
	if err := s.Sync(ctx, storetest.Subscriptions(feeds), epoch); err != nil {
		t.Fatal(err)
	}
	var size, used int64
	for round := range 5 {
		now := epoch.Add(time.Duration(round) * time.Hour)
		leases, _, err := s.Claim(ctx, store.ClaimOptions{Now: now, Limit: feeds, PerHost: 2, Lease: time.Hour})
		if err != nil || len(leases) != feeds {
			t.Fatalf("claimed %d feeds: %v", len(leases), err)
		}
		var wg sync.WaitGroup
		for part := range 64 {
			wg.Go(func() {
				for i := part; i < feeds; i += 64 {
					p := storetest.Unchanged(leases[i], now)
					if round == 0 {
						p = storetest.NewPoll(leases[i], now, storetest.Articles(3*i, 3)...)
					}
					if _, err := s.Commit(ctx, p); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if round == 1 {
			size, used = info.Size(), usedPages(t, path)
		}
		// How many polls share a transaction varies, and with it how many
		// pages are written before others are free again.
		if grown := usedPages(t, path) - used; round > 1 && (info.Size() != size || grown > 128) {
			t.Errorf("round %d: the file grew from %d to %d bytes and by %d pages", round, size, info.Size(), grown)
		}
	}
}

// TestCopyMidway opens copies of the file that were taken while it was written
// to, and finds in each what was committed when the copy began.
func TestCopyMidway(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "s.db")
	s := open(t, path)
	defer s.Close()
	ctx := t.Context()
	subs := storetest.Subscriptions(1)
	if err := s.Sync(ctx, subs, epoch); err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		leases, _, err := s.Claim(ctx, store.ClaimOptions{Now: epoch.Add(time.Duration(i) * time.Hour), Limit: 1, PerHost: 1, Lease: time.Minute})
		if err != nil || len(leases) != 1 {
			t.Fatal(leases, err)
		}
		if _, err := s.Commit(ctx, storetest.NewPoll(leases[0], epoch.Add(time.Duration(i)*time.Hour), storetest.Articles(20*i, 20)...)); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		other := filepath.Join(dir, "copy.db")
		if err := os.WriteFile(other, b, 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := boltstore.Open(other, boltstore.Options{})
		if err != nil {
			t.Fatal(err)
		}
		list, err := c.Articles(ctx, store.Query{Limit: 1000})
		if err != nil || len(list) != 20*(i+1) {
			t.Errorf("the copy after %d commits holds %d articles, %v", i+1, len(list), err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

// usedPages returns how many pages of the file were ever used: the high-water
// mark in bbolt's newer meta page.
func usedPages(t *testing.T, path string) int64 {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var pages, tx uint64
	for i := range int64(2) {
		b := make([]byte, 80)
		if _, err := f.ReadAt(b, i*int64(os.Getpagesize())); err != nil {
			t.Fatal(err)
		}
		if n := binary.NativeEndian.Uint64(b[64:]); n >= tx {
			tx, pages = n, binary.NativeEndian.Uint64(b[56:])
		}
	}
	return int64(pages)
}

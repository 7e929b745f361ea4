//go:build linux || darwin

package boltstore_test

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/store"
	"github.com/copytaster/copytaster/monitor/store/boltstore"
	"github.com/copytaster/copytaster/monitor/store/storetest"
)

// TestFull runs itself in a process of its own that may not write files
// beyond a size: what a full disk looks like to the store, without one.
func TestFull(t *testing.T) {
	const inChild = "BOLTSTORE_TEST_FULL"
	if dir := os.Getenv(inChild); dir != "" {
		testFull(t, dir)
		return
	}
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=^TestFull$", "-test.v")
	cmd.Env = append(os.Environ(), inChild+"="+dir)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	// The other process left a store in order.
	s := open(t, filepath.Join(dir, "s.db"))
	if err := exercise(t, s); err != nil {
		t.Error(err)
	}
}

func limitFiles(t *testing.T, size uint64) {
	t.Helper()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	limit.Cur = min(size, limit.Max)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
}

func testFull(t *testing.T, dir string) {
	signal.Ignore(syscall.SIGXFSZ)
	path, ctx := filepath.Join(dir, "s.db"), t.Context()
	limitFiles(t, 4096)
	_, err := boltstore.Open(path, boltstore.Options{})
	wantError(t, err, store.ErrFull, path)

	limitFiles(t, 3<<20)
	s := open(t, path)
	if err := s.Sync(ctx, storetest.Subscriptions(2000), epoch); err != nil {
		t.Fatal(err)
	}
	leases, _, err := s.Claim(ctx, store.ClaimOptions{Now: epoch, Limit: 2000, PerHost: 2, Lease: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	stored := 0
	var refused store.Lease
	for i, l := range leases {
		p := storetest.NewPoll(l, epoch, storetest.Articles(30*i, 30)...)
		storetest.AddAlert(p, 0, "rule", "desk")
		before := s.Revision()
		_, err := s.Commit(ctx, p)
		if err == nil {
			stored += 30
			continue
		}
		wantError(t, err, store.ErrFull, path)
		if p.Entries[0].Article.ID != "" || s.Revision() != before {
			t.Error("a commit that failed left its traces")
		}
		refused = l
		break
	}
	if refused.Epoch == 0 {
		t.Fatal("60,000 articles fit into 3 MiB")
	}

	// Nothing of the failed call was recorded, and everything else works.
	check := func() {
		t.Helper()
		list, err := s.Articles(ctx, store.Query{Limit: 100000})
		if err != nil || len(list) != stored {
			t.Errorf("%d articles, %v; want %d", len(list), err, stored)
		}
		depth, _, err := s.Depth(ctx)
		if err != nil || depth["desk"] != stored/30 {
			t.Errorf("depth %v, %v; want %d", depth, err, stored/30)
		}
		st, err := s.State(ctx, refused.Feed)
		if err != nil || st.Articles != 0 || !st.Polled.IsZero() {
			t.Errorf("the state of the refused feed: %+v, %v", st, err)
		}
		again, _, err := s.Claim(ctx, store.ClaimOptions{
			Now: epoch, Limit: 1, PerHost: 9, Lease: time.Hour, Only: []feeds.FeedID{refused.Feed},
		})
		if err != nil || len(again) != 0 {
			t.Errorf("the refused feed was claimed from under its lease: %v, %v", again, err)
		}
	}
	check()
	// Other writes succeeded lately, yet this one asks the disk.
	if err := s.Ping(ctx); err != nil && !errors.Is(err, store.ErrFull) {
		t.Error(err)
	}
	p := storetest.NewPoll(refused, epoch, storetest.Articles(100000, 1500)...)
	if _, err := s.Commit(ctx, p); !errors.Is(err, store.ErrFull) {
		t.Errorf("once more: %v", err)
	}
	check()
	// There is room again; the lease is still good.
	limitFiles(t, 1<<40)
	r, err := s.Commit(ctx, p)
	if err != nil || r.New != 1500 {
		t.Errorf("with room again: %+v, %v", r, err)
	}
	if err := s.Ping(ctx); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

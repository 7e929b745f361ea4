package boltstore_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/store"
	"github.com/copytaster/copytaster/monitor/store/boltstore"
	"github.com/copytaster/copytaster/monitor/store/storetest"
)

func TestOpenDamaged(t *testing.T) {
	good, err := os.ReadFile(filled(t))
	if err != nil {
		t.Fatal(err)
	}
	page := os.Getpagesize()
	for name, damage := range map[string]func(b []byte) []byte{
		"text":              func([]byte) []byte { return []byte("feeds:\n  - https://example.org/\n") },
		"a long text":       func([]byte) []byte { return bytes.Repeat([]byte("SQLite format 3\x00"), 4096) },
		"zeros":             func(b []byte) []byte { return make([]byte, len(b)) },
		"one byte":          func(b []byte) []byte { return b[:1] },
		"one page":          func(b []byte) []byte { return b[:page] },
		"two pages":         func(b []byte) []byte { return b[:2*page] },
		"ten pages":         func(b []byte) []byte { return b[:10*page] },
		"half a page":       func(b []byte) []byte { return b[:20*page+page/2] },
		"both metas broken": func(b []byte) []byte { b[16+30] ^= 1; b[page+16+30] ^= 1; return b },
		"data all zero":     func(b []byte) []byte { clear(b[2*page:]); return b },
		"data all one":      func(b []byte) []byte { fill(b[2*page:], 0xff); return b },
	} {
		path := filepath.Join(t.TempDir(), "s.db")
		if err := os.WriteFile(path, damage(bytes.Clone(good)), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := boltstore.Open(path, boltstore.Options{})
		if err == nil {
			s.Close()
		}
		if !errors.Is(err, store.ErrDamaged) {
			t.Errorf("%s: got %v, want ErrDamaged", name, err)
			continue
		}
		wantError(t, err, store.ErrDamaged, path)
	}
}

func fill(b []byte, v byte) {
	for i := range b {
		b[i] = v
	}
}

// TestDamagedPages spoils one page after another. Every call succeeds or says
// that the store is damaged; nothing panics, and nothing hangs.
func TestDamagedPages(t *testing.T) {
	good, err := os.ReadFile(filled(t))
	if err != nil {
		t.Fatal(err)
	}
	page := os.Getpagesize()
	refused, wrong := 0, 0
	r := rand.New(rand.NewPCG(1, 2))
	path := filepath.Join(t.TempDir(), "s.db")
	for at := 0; at < len(good); at += page {
		if len(bytes.Trim(good[at:at+page], "\x00")) == 0 {
			continue
		}
		for _, damage := range []func(b []byte){
			func(b []byte) { clear(b) },
			func(b []byte) { copy(b, good[(at+3*page)%(len(good)-page):]) },
			func(b []byte) { b[r.IntN(256)] ^= 1 << r.IntN(8) },
			func(b []byte) { b[r.IntN(len(b))] = byte(r.IntN(256)) },
		} {
			b := bytes.Clone(good)
			damage(b[at : at+page])
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			s, err := boltstore.Open(path, boltstore.Options{})
			switch {
			case errors.Is(err, store.ErrDamaged):
				refused++
			case err != nil:
				t.Errorf("page %d: %v", at/page, err)
			case exercise(t, s) != nil:
				wrong++
			}
		}
	}
	if refused == 0 || wrong == 0 {
		t.Errorf("damage was noticed on opening %d times, and later %d times", refused, wrong)
	}
}

// TestDamagedWhileOpen cuts off the file under an open store, as a failing
// disk would.
func TestDamagedWhileOpen(t *testing.T) {
	path := filled(t)
	s := open(t, path)
	if err := os.Truncate(path, int64(4*os.Getpagesize())); err != nil {
		t.Fatal(err)
	}
	_, err := s.Articles(t.Context(), store.Query{})
	wantError(t, err, store.ErrDamaged, path)
	if err := exercise(t, s); err == nil {
		t.Error("nothing was noticed")
	}
}

// TestDamagedRecord spoils one article. Those who share a transaction with its
// feed are not harmed.
func TestDamagedRecord(t *testing.T) {
	path := filled(t)
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		c := tx.Bucket([]byte("articles")).Cursor()
		k, _ := c.First()
		return tx.Bucket([]byte("articles")).Put(k, []byte{1, 0})
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	s := open(t, path)
	defer s.Close()
	later := epoch.Add(time.Hour)
	leases, _, err := s.Claim(t.Context(), store.ClaimOptions{Now: later, Limit: 8, PerHost: 2, Lease: time.Hour})
	if err != nil || len(leases) != 8 {
		t.Fatal(leases, err)
	}
	var wg sync.WaitGroup
	var broken, good atomic.Int32
	for _, l := range leases {
		wg.Go(func() {
			for i := range 8 { // one of these is the feed's own
				p := storetest.NewPoll(l, later, storetest.Article(10*i))
				p.Entries[0].Article.Summary, p.Entries[0].Identity.Revision = "Edited.", 1
				p.Entries[0].Novelty = store.Changed
				if seen, err := s.Unseen(t.Context(), l.Feed, []feeds.Identity{p.Entries[0].Identity}); err != nil || seen[0].Novelty != store.Changed {
					continue
				}
				if r, err := s.Commit(t.Context(), p); errors.Is(err, store.ErrDamaged) {
					broken.Add(1)
				} else if err != nil || r.Changed != 1 {
					t.Errorf("%+v, %v", r, err)
				} else {
					good.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if broken.Load() != 1 || good.Load() != 7 {
		t.Errorf("%d edits failed and %d succeeded, want 1 and 7", broken.Load(), good.Load())
	}
}

// FuzzOpen opens files that were once a store's.
func FuzzOpen(f *testing.F) {
	good, err := os.ReadFile(filled(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uint32(0), []byte("x"), uint32(len(good)))
	f.Add(uint32(5*4096), []byte{1, 2, 3, 4, 5, 6, 7, 8, 2, 0}, uint32(len(good)))
	f.Add(uint32(9*4096+16), bytes.Repeat([]byte{0xff}, 64), uint32(len(good)))
	f.Add(uint32(0), []byte(nil), uint32(30000))
	f.Fuzz(func(t *testing.T, at uint32, junk []byte, size uint32) {
		b := bytes.Clone(good)[:min(int(size), len(good))]
		if int(at) < len(b) {
			copy(b[at:], junk)
		}
		path := filepath.Join(t.TempDir(), "s.db")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := boltstore.Open(path, boltstore.Options{})
		if err == nil {
			_ = exercise(t, s)
		} else if !errors.Is(err, store.ErrDamaged) {
			t.Error(fmt.Errorf("open: %w", err))
		}
	})
}

package boltstore_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.etcd.io/bbolt"
	"go.uber.org/goleak"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/store"
	"github.com/copytaster/copytaster/monitor/store/boltstore"
	"github.com/copytaster/copytaster/monitor/store/storetest"
	"github.com/copytaster/copytaster/notify"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// wantError wants an error of a kind that names the file.
func wantError(t *testing.T, err, kind error, path string) {
	t.Helper()
	if !errors.Is(err, kind) || !strings.Contains(err.Error(), path) {
		t.Errorf("got error %v, want one that is %q and names %s", err, kind, path)
	}
}

func TestOpenLocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.db")
	for range 2 { // a new file, then an old one
		s := open(t, path)
		begin := time.Now()
		_, err := boltstore.Open(path, boltstore.Options{})
		wantError(t, err, store.ErrLocked, path)
		if took := time.Since(begin); took > 2*time.Second {
			t.Errorf("it took %v to say that the file is locked", took)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := open(t, path).Close(); err != nil {
		t.Error(err)
	}
}

func TestOpenNoFile(t *testing.T) {
	dir := t.TempDir()
	if _, err := boltstore.Open(filepath.Join(dir, "no", "s.db"), boltstore.Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("in a folder that is not there: %v", err)
	}
	if _, err := boltstore.Open(dir, boltstore.Options{}); err == nil || errors.Is(err, store.ErrDamaged) {
		t.Errorf("a folder: %v", err)
	}
	path := filepath.Join(dir, "s.db")
	defer open(t, path).Close()
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v; want 0600", info.Mode(), err)
	}
}

func TestOpenOtherSchema(t *testing.T) {
	edit := func(change func(tx *bbolt.Tx) error) error {
		path := filepath.Join(t.TempDir(), "s.db")
		if err := open(t, path).Close(); err != nil {
			t.Fatal(err)
		}
		db, err := bbolt.Open(path, 0o600, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(db.Update(change), db.Close()); err != nil {
			t.Fatal(err)
		}
		s, err := boltstore.Open(path, boltstore.Options{})
		if err == nil {
			s.Close()
		}
		return err
	}
	err := edit(func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte("meta")).Put([]byte("schema"), []byte{0, 0, 0, 99})
	})
	if err == nil || errors.Is(err, store.ErrDamaged) || !strings.Contains(err.Error(), "later version") {
		t.Errorf("a newer schema: %v", err)
	}
	for name, change := range map[string]func(tx *bbolt.Tx) error{
		"no schema":     func(tx *bbolt.Tx) error { return tx.Bucket([]byte("meta")).Delete([]byte("schema")) },
		"no mark":       func(tx *bbolt.Tx) error { return tx.Bucket([]byte("meta")).Delete([]byte("mark")) },
		"no bucket":     func(tx *bbolt.Tx) error { return tx.DeleteBucket([]byte("due")) },
		"other program": func(tx *bbolt.Tx) error { return tx.DeleteBucket([]byte("meta")) },
	} {
		if err := edit(change); !errors.Is(err, store.ErrDamaged) {
			t.Errorf("%s: got %v, want ErrDamaged", name, err)
		}
	}
}

// A file of schema 1, whose alerts do not tell the version of their rule, is
// read and goes on being written to.
func TestOpenSchemaOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.db")
	s := open(t, path)
	record := func(n int) {
		t.Helper()
		if err := s.Sync(t.Context(), storetest.Subscriptions(1), epoch); err != nil {
			t.Fatal(err)
		}
		now := epoch.Add(time.Duration(n) * time.Hour)
		leases, _, err := s.Claim(t.Context(), store.ClaimOptions{Now: now, Limit: 1, PerHost: 1, Lease: time.Minute})
		if err != nil || len(leases) != 1 {
			t.Fatalf("%d leases, %v", len(leases), err)
		}
		p := storetest.NewPoll(leases[0], now, storetest.Article(n))
		storetest.AddAlert(p, 0, "rule", "desk")
		if _, err := s.Commit(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	record(1)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte("alerts"))
		k, v := b.Cursor().First()
		// The header ends with the rule's name and version, each with its length.
		rule := []byte("\x04rule")
		at := bytes.Index(v, rule) + len(rule)
		old := append([]byte{1}, v[1:at]...)
		old = append(old, v[at+1+int(v[at]):]...)
		return errors.Join(b.Put(bytes.Clone(k), old), tx.Bucket([]byte("meta")).Put([]byte("schema"), []byte{0, 0, 0, 1}))
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	s = open(t, path)
	defer s.Close()
	record(2)
	list, err := s.Deliveries(t.Context(), store.DeliveryQuery{})
	if err != nil || len(list) != 2 {
		t.Fatalf("%d deliveries, %v", len(list), err)
	}
	for i, version := range []string{"v-", ""} {
		r := list[i].Alert.Rule
		if r.Name != "rule" || !strings.HasPrefix(r.Match, "title:") || (r.Version != "") != (version != "") {
			t.Errorf("delivery %d is of %+v", i, r)
		}
	}
}

func TestMetrics(t *testing.T) {
	reg := prometheus.NewPedanticRegistry()
	path := filepath.Join(t.TempDir(), "s.db")
	for range 2 { // Close takes them away again
		s, err := boltstore.Open(path, boltstore.Options{Registerer: reg})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Sync(t.Context(), storetest.Subscriptions(3), epoch); err != nil {
			t.Fatal(err)
		}
		if err := s.Ping(t.Context()); err != nil {
			t.Fatal(err)
		}
		families, err := reg.Gather()
		if err != nil {
			t.Fatal(err)
		}
		got := make(map[string]float64)
		for _, f := range families {
			for _, m := range f.Metric {
				got[f.GetName()] = m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
			}
		}
		for _, name := range []string{"copytaster_store_commit_seconds", "copytaster_store_batch_size", "copytaster_store_file_bytes"} {
			if got[name] <= 0 {
				t.Errorf("%s is %v", name, got[name])
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	s, err := boltstore.Open(path, boltstore.Options{Registerer: reg})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	other := filepath.Join(t.TempDir(), "other.db")
	if _, err := boltstore.Open(other, boltstore.Options{Registerer: reg}); err == nil {
		t.Error("two stores share one set of metrics")
	}
	if err := open(t, other).Close(); err != nil {
		t.Errorf("what could not be opened is still held: %v", err)
	}
}

// filled makes a store with something in every bucket and returns its path.
func filled(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s.db")
	s := open(t, path)
	ctx := t.Context()
	if err := s.Sync(ctx, storetest.Subscriptions(8), epoch); err != nil {
		t.Fatal(err)
	}
	leases, _, err := s.Claim(ctx, store.ClaimOptions{Now: epoch, Limit: 8, PerHost: 2, Lease: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range leases {
		p := storetest.NewPoll(l, epoch, storetest.Articles(10*i, 6)...)
		storetest.AddAlert(p, 3, "rule", "desk", "phone")
		if _, err := s.Commit(ctx, p); err != nil {
			t.Fatal(err)
		}
	}
	due, _, err := s.Due(ctx, "desk", epoch, 4)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range due {
		if err := s.Settle(ctx, notify.Outcome{ID: d.ID, State: notify.Delivered, At: epoch}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// exercise uses everything of a store and returns the errors.
func exercise(t testing.TB, s *boltstore.Store) error {
	ctx, later := t.Context(), epoch.Add(200*24*time.Hour)
	subs := storetest.Subscriptions(9)
	var errs []error
	note := func(err error) { errs = append(errs, err) }
	_, err := s.Articles(ctx, store.Query{Limit: 1000})
	note(err)
	_, err = s.Articles(ctx, store.Query{Rule: "rule", Feeds: []feeds.FeedID{subs[0].ID}})
	note(err)
	_, err = s.Deliveries(ctx, store.DeliveryQuery{Rule: "rule"})
	note(err)
	note(s.Feeds(ctx, func(store.FeedInfo) bool { return true }))
	_, err = s.Unseen(ctx, subs[3].ID, feeds.Identify(storetest.Articles(0, 60), nil))
	note(err)
	leases, _, err := s.Claim(ctx, store.ClaimOptions{Now: later, Limit: 3, PerHost: 2, Lease: time.Hour})
	note(err)
	for i, l := range leases {
		p := storetest.NewPoll(l, later, storetest.Articles(10*i+3, 6)...)
		storetest.AddAlert(p, 5, "rule", "desk")
		_, err := s.Commit(ctx, p)
		note(err)
	}
	note(s.Sync(ctx, subs, later))
	_, err = s.Rebase(ctx, epoch)
	note(err)
	due, _, err := s.Due(ctx, "phone", later, 2)
	note(err)
	for _, d := range due {
		note(s.Settle(ctx, notify.Outcome{ID: d.ID, State: notify.Dead, At: later}))
	}
	_, err = s.Replay(ctx, store.DeliveryQuery{State: notify.Dead}, later)
	note(err)
	_, _, err = s.Depth(ctx)
	note(err)
	_, err = s.Prune(ctx, store.Retention{Articles: later, Keys: later})
	note(err)
	note(s.Ping(ctx))
	note(s.Close())
	for i, err := range errs {
		if err != nil && !errors.Is(err, store.ErrDamaged) {
			t.Errorf("call %d: %v", i, err)
		}
	}
	return errors.Join(errs...)
}

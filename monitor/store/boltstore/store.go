package boltstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/copytaster/copytaster/monitor/store"
)

// Options says how to open a store. The zero value is good.
type Options struct {
	// LockTimeout is how long to wait for another process to let go of the
	// file; 0 is 200 ms.
	LockTimeout time.Duration
	// Registerer takes the store's metrics when not nil: the duration and the
	// size of transactions, and the size of the file. Close unregisters them.
	Registerer prometheus.Registerer
}

// Store is a store.Store in one file.
type Store struct {
	path    string
	db      *bbolt.DB
	packer  *packer
	metrics *metrics
	sched   *schedule
	outbox  outbox
	group   group

	// life is held for reading by every call and for writing by Close.
	life   sync.RWMutex
	closed bool

	revision atomic.Uint64

	// syncing and rebasing let one Sync and one Rebase run at a time.
	syncing, rebasing sync.Mutex
}

var _ store.Store = (*Store)(nil)

// Open opens the store at path, which is made if there is none. It fails with
// store.ErrLocked, store.ErrDamaged or store.ErrFull, or with an error that
// says that a later version of copytaster wrote the file.
func Open(path string, o Options) (s *Store, err error) {
	// Pages that cannot be read shall be errors; see guard.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	if o.LockTimeout <= 0 {
		o.LockTimeout = 200 * time.Millisecond
	}
	info, err := os.Stat(path)
	created := errors.Is(err, fs.ErrNotExist)
	if err != nil && !created {
		return nil, fmt.Errorf("open store: %w", err)
	}
	if !created && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("open store: %s is not a file", path)
	}
	s = &Store{path: path}
	err = guard(path, func() error { return s.open(o, !created && info.Size() > 0) })
	if err == nil && created {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		err = explain(path, err)
		if s.db != nil {
			_ = guard(path, s.db.Close)
		}
		if created && errors.Is(err, store.ErrFull) {
			// Half a store would read as a damaged one.
			_ = os.Remove(path)
		}
		return nil, fmt.Errorf("open store: %w", err)
	}
	if s.metrics, err = newMetrics(o.Registerer, path); err != nil {
		_ = s.Close()
		return nil, fmt.Errorf("open store: register metrics: %w", err)
	}
	return s, nil
}

// open does what can meet a damaged page.
func (s *Store) open(o Options, check bool) (err error) {
	options := bbolt.Options{
		Timeout:         o.LockTimeout,
		FreelistType:    bbolt.FreelistMapType,
		NoFreelistSync:  true,
		NoStatistics:    true,
		InitialMmapSize: 16 << 20,
	}
	if check {
		// A reader's lock keeps writers away while the pages are checked.
		reading := options
		reading.ReadOnly = true
		db, err := bbolt.Open(s.path, 0o600, &reading)
		if errors.Is(err, bolterrors.ErrTimeout) {
			return err
		}
		if damage := checkFile(s.path); damage != nil {
			err = damage
		}
		if db != nil {
			err = cmp.Or(err, db.Close())
		}
		if err != nil {
			return err
		}
	}
	if s.db, err = bbolt.Open(s.path, 0o600, &options); err != nil {
		return err
	}
	s.db.AllocSize = 2 << 20
	if s.packer, err = newPacker(); err != nil {
		return err
	}
	if err := s.migrate(); err != nil {
		return err
	}
	return s.db.View(func(tx *bbolt.Tx) error {
		if err := s.loadSchedule(tx); err != nil {
			return err
		}
		return s.outbox.load(tx)
	})
}

// enter starts a call; leave ends it.
func (s *Store) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.life.RLock()
	if s.closed {
		s.life.RUnlock()
		return errClosed
	}
	return nil
}

func (s *Store) leave() { s.life.RUnlock() }

// view runs a read transaction, which is to be short: the file grows while one
// is open.
func (s *Store) view(fn func(*bbolt.Tx) error) error {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	return explain(s.path, guard(s.path, func() error { return s.db.View(fn) }))
}

// Revision returns the number of changes since Open that Articles could show.
func (s *Store) Revision() uint64 { return s.revision.Load() }

// fresh is how long a successful transaction proves that the store can be
// written to.
const fresh = 5 * time.Second

// Ping writes to the file, unless another call did so within the last seconds.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	if s.group.wrote(fresh) {
		return nil
	}
	return s.submit(ping{})
}

// ping is a write of nothing but what every transaction writes.
type ping struct{}

func (ping) order() (number, int) { return 0, 0 }
func (ping) apply(*batch) error   { return nil }
func (ping) settle(bool)          {}

// Close waits for calls under way. Closing twice does nothing.
func (s *Store) Close() error {
	s.life.Lock()
	defer s.life.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	s.metrics.unregister()
	s.packer.close()
	if s.group.stuck {
		return nil // bbolt would wait for a transaction that cannot end
	}
	return explain(s.path, guard(s.path, s.db.Close))
}

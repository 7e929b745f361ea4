package boltstore

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/copytaster/copytaster/monitor/store"
)

// errClosed is returned by calls after Close.
var errClosed = errors.New("the store is closed")

// explain turns what went wrong with the file at path into the errors that the
// contract names, with what to do about it.
func explain(path string, err error) error {
	var pathErr *os.PathError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, store.ErrDamaged), errors.Is(err, store.ErrFull), errors.Is(err, store.ErrLocked),
		errors.Is(err, store.ErrLeaseLost), errors.Is(err, store.ErrNotFound):
		return err
	case errors.Is(err, bolterrors.ErrTimeout):
		return fmt.Errorf("%s: %w; stop that process or choose another file", path, store.ErrLocked)
	case full(err):
		return fmt.Errorf("%s: %w; free some space: %w", path, store.ErrFull, err)
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrChecksum),
		errors.Is(err, bolterrors.ErrVersionMismatch), errors.Is(err, bolterrors.ErrInvalidMapping),
		errors.Is(err, errRecord):
		return damaged(path, err)
	case errors.As(err, &pathErr) && pathErr.Path == path:
		return err
	default:
		return fmt.Errorf("%s: %w", path, err)
	}
}

// damaged says that the file at path is not what it should be.
func damaged(path string, reason any) error {
	return fmt.Errorf("%s: %w (%v); restore it from a backup, or move it away to start anew", path, store.ErrDamaged, reason)
}

// full reports whether err says that the device, a quota or a limit on file
// sizes leaves no room. bbolt passes the reasons of some failures on as text
// only.
func full(err error) bool {
	if errors.Is(err, io.ErrShortWrite) || errors.Is(err, bolterrors.ErrMaxSizeReached) {
		return true
	}
	for _, reason := range fullReasons() {
		if errors.Is(err, reason) || strings.HasSuffix(err.Error(), reason.Error()) {
			return true
		}
	}
	return false
}

func fullReasons() []syscall.Errno {
	return append(platformFullReasons(), syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG)
}

// guard runs fn, which reads the file, and turns a panic or a fault that
// damaged pages cause into an error. It runs in the calling goroutine.
func guard(path string, fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = damaged(path, p)
		}
	}()
	return fn()
}

// rollback ends a transaction whose outcome is known to be nothing.
func rollback(tx *bbolt.Tx) {
	_ = tx.Rollback() // ErrTxClosed after a failed commit is all it can say
}

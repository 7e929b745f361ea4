//go:build !windows

package boltstore

import (
	"fmt"
	"os"
	"syscall"
)

func platformFullReasons() []syscall.Errno { return nil }

// syncDir makes the name of a new file in dir durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("open folder: %w", err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	return nil
}

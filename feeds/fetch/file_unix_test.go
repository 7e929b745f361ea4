//go:build unix

package fetch_test

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/copytaster/copytaster/feeds/fetch"
)

func TestPipeDoesNotHang(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	wantError(t, newFetcher(t, fetch.Options{}), feedAt("file:"+path), fetch.KindFile)
}

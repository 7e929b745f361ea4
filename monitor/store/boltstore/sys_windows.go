package boltstore

import "syscall"

// ERROR_HANDLE_DISK_FULL and ERROR_DISK_FULL.
func platformFullReasons() []syscall.Errno { return []syscall.Errno{39, 112} }

// syncDir has nothing to do: NTFS journals names.
func syncDir(string) error { return nil }

package supervisor

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// A supervisor holds a POSIX record lock as long as it lives. Unlike a recorded process id, the lock
// cannot outlive its process or come to mean another one, and the kernel tells who holds it.
func lockPath(run string) string { return filepath.Join(run, "supervisor.lock") }

func wholeFile() *syscall.Flock_t {
	return &syscall.Flock_t{Type: syscall.F_WRLCK, Whence: io.SeekStart}
}

func acquire(run string) (*os.File, error) {
	file, err := os.OpenFile(lockPath(run), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.FcntlFlock(file.Fd(), syscall.F_SETLK, wholeFile()); err != nil {
		file.Close()
		return nil, fmt.Errorf("another supervisor runs on %s: %w", run, err)
	}
	return file, nil
}

// PID returns the process id of the supervisor that runs on the run directory, 0 if none does.
func PID(run string) (int, error) {
	file, err := os.OpenFile(lockPath(run), os.O_RDWR, 0)
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer file.Close()
	lock := wholeFile()
	if err := syscall.FcntlFlock(file.Fd(), syscall.F_GETLK, lock); err != nil {
		return 0, err
	}
	if lock.Type == syscall.F_UNLCK {
		return 0, nil
	}
	return int(lock.Pid), nil
}

package cluster

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Lock keeps other invocations away from the cluster until the returned file is closed.
func (c *Cluster) Lock() (*os.File, error) {
	for {
		file, err := openLocked(c.lockPath(), os.O_CREATE|os.O_RDWR)
		if errors.Is(err, fs.ErrNotExist) {
			continue // another cluster's Forget removed the directory
		}
		if err != nil {
			return nil, err
		}
		// The holder before may have removed the file, and another may have made it anew.
		if isAt(file, c.lockPath()) {
			return file, nil
		}
		file.Close()
	}
}

// Forget removes the cluster's lock, after everything else of it, and what is empty then. Only the
// holder of the lock may call it.
func (c *Cluster) Forget() error {
	if err := os.Remove(c.lockPath()); err != nil {
		return err
	}
	for _, dir := range []string{runRoot(), stateRoot()} {
		err := os.Remove(dir)
		if err != nil && !errors.Is(err, syscall.ENOTEMPTY) && !errors.Is(err, syscall.EBUSY) && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (c *Cluster) lockPath() string { return filepath.Join(runRoot(), c.Name+".lock") }

// lockRoot locks what all clusters share.
func lockRoot() (*os.File, error) { return openLocked(runRoot(), os.O_RDONLY) }

func openLocked(path string, flags int) (*os.File, error) {
	if err := os.MkdirAll(runRoot(), 0o755); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

func isAt(file *os.File, path string) bool {
	held, err := file.Stat()
	if err != nil {
		return false
	}
	present, err := os.Stat(path)
	return err == nil && os.SameFile(held, present)
}

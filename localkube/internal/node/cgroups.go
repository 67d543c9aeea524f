package node

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// cgroupRoot is above the cgroups of all pods: whatever a pod started can be found, and ended, below
// it.
const cgroupRoot = "/localkube"

const cgroupMount = "/sys/fs/cgroup"

// controllers are those that containers need; with cgroups v2, a child has what its parent passes on.
var controllers = []string{"cpuset", "cpu", "io", "memory", "pids"}

// cgroupDirs returns the directory of cgroupRoot in each hierarchy: one per controller with cgroups
// v1, a single one with v2, both where v2 is there for other purposes than control.
func cgroupDirs() ([]string, error) {
	mounts, err := readMounts()
	if err != nil {
		return nil, err
	}
	var dirs []string
	for _, m := range mounts {
		if (m.kind == "cgroup" || m.kind == "cgroup2") && below(m.path, cgroupMount) {
			dirs = append(dirs, filepath.Join(m.path, cgroupRoot))
		}
	}
	if len(dirs) == 0 {
		return nil, fmt.Errorf("no cgroups are mounted below %s", cgroupMount)
	}
	return dirs, nil
}

func ensureCgroups() error {
	dirs, err := cgroupDirs()
	if err != nil {
		return err
	}
	for _, dir := range dirs {
		if err := passOnControllers(filepath.Dir(dir)); err != nil {
			return err
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	return nil
}

func passOnControllers(parent string) error {
	available, err := os.ReadFile(filepath.Join(parent, "cgroup.controllers"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // cgroups v1
	}
	if err != nil {
		return err
	}
	for _, controller := range strings.Fields(string(available)) {
		if !slices.Contains(controllers, controller) {
			continue
		}
		if err := os.WriteFile(filepath.Join(parent, "cgroup.subtree_control"), []byte("+"+controller), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// removeCgroups kills every process below cgroupRoot and removes the cgroups.
func removeCgroups() error {
	dirs, err := cgroupDirs()
	if err != nil {
		return err
	}
	for _, dir := range dirs {
		if err := removeCgroup(dir); err != nil {
			return err
		}
	}
	return nil
}

func removeCgroup(root string) error {
	var last error
	// A killed process leaves its cgroup a little later.
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if last = tryRemoveCgroup(root); last == nil {
			return nil
		}
	}
	return last
}

func tryRemoveCgroup(root string) error {
	var groups []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			groups = append(groups, path)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
	if err != nil {
		return err
	}
	for i := len(groups) - 1; i >= 0; i-- {
		if err := killCgroup(groups[i]); err != nil {
			return err
		}
		if err := syscall.Rmdir(groups[i]); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove %s: %w", groups[i], err)
		}
	}
	return nil
}

func killCgroup(group string) error {
	data, err := os.ReadFile(filepath.Join(group, "cgroup.procs"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, field := range strings.Fields(string(data)) {
		pid, err := strconv.Atoi(field)
		if err != nil {
			return err
		}
		// 0 stands for a process of another pid namespace, which cannot be one of ours.
		if pid == 0 {
			continue
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
	}
	return nil
}

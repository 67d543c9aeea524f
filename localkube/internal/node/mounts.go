package node

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"localkube/internal/cluster"
)

type mount struct{ path, kind string }

func readMounts() ([]mount, error) {
	data, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return nil, err
	}
	return parseMounts(string(data)), nil
}

// parseMounts reads lines "device path type options ..."; blanks in a path are written in octal.
func parseMounts(table string) []mount {
	var mounts []mount
	for _, line := range strings.Split(table, "\n") {
		if fields := strings.Fields(line); len(fields) >= 3 {
			path := strings.NewReplacer(`\040`, " ", `\011`, "\t", `\134`, `\`).Replace(fields[1])
			mounts = append(mounts, mount{path: path, kind: fields[2]})
		}
	}
	return mounts
}

// ensureKubeletMount makes the kubelet's directory a shared mount of its own, so that pods can share
// mounts with the node where the machine's root file system is private.
func ensureKubeletMount(c *cluster.Cluster) error {
	dir := paths(c).Kubelet
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	mounts, err := readMounts()
	if err != nil {
		return err
	}
	for _, m := range mounts {
		if m.path == dir {
			return nil
		}
	}
	if err := syscall.Mount(dir, dir, "", syscall.MS_BIND, ""); err != nil {
		return fmt.Errorf("mount %s on itself: %w", dir, err)
	}
	if err := syscall.Mount("", dir, "", syscall.MS_SHARED|syscall.MS_REC, ""); err != nil {
		return fmt.Errorf("share %s: %w", dir, err)
	}
	return nil
}

// removeMounts unmounts all that is mounted below the cluster's directories, the last mounted first.
func removeMounts(c *cluster.Cluster) error {
	mounts, err := readMounts()
	if err != nil {
		return err
	}
	var errs []error
	for i := len(mounts) - 1; i >= 0; i-- {
		if path := mounts[i].path; below(path, c.Dir()) || below(path, c.Run()) {
			// Lazily: a process that dies may still hold it.
			if err := syscall.Unmount(path, syscall.MNT_DETACH); err != nil {
				errs = append(errs, fmt.Errorf("unmount %s: %w", path, err))
			}
		}
	}
	return errors.Join(errs...)
}

func below(path, dir string) bool { return path == dir || strings.HasPrefix(path, dir+"/") }

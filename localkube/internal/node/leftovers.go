package node

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"localkube/internal/cluster"
)

// Places that containerd and the CNI library do not let us choose.
const (
	cniCache    = "/var/lib/cni"
	netnsDir    = "/run/netns"
	shimSockets = "/run/containerd/s"
	// pluginSocket is where the kubelet waits for device plugins, whatever its directory is.
	pluginSocket = "/var/lib/kubelet/device-plugins/kubelet.sock"
)

// removeNetworkNamespaces removes those namespaces of pods that nobody removed in the regular way.
// The CNI library's record of what it attached to our network tells which they are.
func removeNetworkNamespaces() error {
	records, err := filepath.Glob(filepath.Join(cniCache, "results", "localkube-*"))
	if err != nil {
		return err
	}
	for _, record := range records {
		data, err := os.ReadFile(record)
		if err != nil {
			return err
		}
		var result struct {
			NetNS string `json:"netns"`
		}
		if err := json.Unmarshal(data, &result); err != nil {
			return err
		}
		if err := removeNetworkNamespace(result.NetNS); err != nil {
			return err
		}
		if err := os.Remove(record); err != nil {
			return err
		}
	}
	return removeEmpty(filepath.Join(cniCache, "results"), cniCache, netnsDir)
}

func removeNetworkNamespace(path string) error {
	name := filepath.Base(path)
	if path == "" || !strings.HasPrefix(name, "cni-") {
		return nil
	}
	path = filepath.Join(netnsDir, name)
	if err := syscall.Unmount(path, syscall.MNT_DETACH); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// killShims ends the shims of our containerd that outlived it, and removes the sockets of dead shims.
func killShims(c *cluster.Cluster) error {
	pids, err := Shims(c)
	if err != nil {
		return err
	}
	for _, pid := range pids {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
	}
	sockets, err := filepath.Glob(filepath.Join(shimSockets, "*"))
	if err != nil {
		return err
	}
	for _, socket := range sockets {
		if err := removeDeadSocket(socket); err != nil {
			return err
		}
	}
	return removeEmpty(shimSockets, "/run/containerd/runc/k8s.io", "/run/containerd/runc", "/run/containerd/fifo", "/run/containerd")
}

func removePluginSocket() error {
	if err := removeDeadSocket(pluginSocket); err != nil {
		return err
	}
	return removeEmpty(filepath.Dir(pluginSocket), filepath.Dir(filepath.Dir(pluginSocket)))
}

// removeDeadSocket removes a socket that nobody listens on; others may be of another containerd or
// kubelet.
func removeDeadSocket(path string) error {
	conn, err := net.Dial("unix", path)
	if err == nil {
		return conn.Close()
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return nil
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Shims returns the processes that serve our containerd's containers.
func Shims(c *cluster.Cluster) ([]int, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	var pids []int
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		data, err := os.ReadFile(filepath.Join("/proc", entry.Name(), "cmdline"))
		if err != nil {
			continue // it has ended
		}
		args := strings.Split(string(data), "\x00")
		if !strings.HasPrefix(filepath.Base(args[0]), "containerd-shim") {
			continue
		}
		for i, arg := range args[:len(args)-1] {
			if arg == "-address" && args[i+1] == c.RuntimeSocket() {
				pids = append(pids, pid)
			}
		}
	}
	return pids, nil
}

// removeEmpty removes the directories that are empty, and leaves the others, mount points among them.
func removeEmpty(dirs ...string) error {
	for _, dir := range dirs {
		err := os.Remove(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTEMPTY) && !errors.Is(err, syscall.EBUSY) {
			return err
		}
	}
	return nil
}

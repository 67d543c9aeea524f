package prove

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// snapshot lists what is on the machine that a cluster could leave there. What others do meanwhile on
// the same machine is left out as far as it can be told apart.
func snapshot(state string) (map[string]bool, error) {
	found := map[string]bool{}
	for _, args := range [][]string{
		{"ip", "-oneline", "link", "show", "type", "bridge"},
		{"ip", "-oneline", "link", "show", "type", "veth"},
		{"ip", "route", "show", "table", "all"},
		{"ip", "rule"},
		{"nft", "list", "tables"},
		{"sysctl", "net.ipv4.ip_forward", "net.bridge.bridge-nf-call-iptables", "fs.inotify.max_user_instances"},
	} {
		out, err := exec.Command(args[0], args[1:]...).Output()
		if err != nil {
			return nil, err
		}
		for _, line := range strings.Split(string(out), "\n") {
			found[strings.TrimSpace(line)] = true
		}
	}
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return nil, err
	}
	for _, line := range strings.Split(string(mounts), "\n") {
		if strings.Contains(line, state) || strings.Contains(line, "/netns/cni-") {
			found[line] = true
		}
	}
	for _, pattern := range []string{
		"/run/netns/*", "/var/lib/cni/*/*", "/run/containerd/*", "/var/lib/kubelet/*", "/var/log/containers/*",
		"/sys/fs/cgroup/*/localkube", "/sys/fs/cgroup/localkube",
	} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			return nil, err
		}
		for _, path := range paths {
			found[path] = true
		}
	}
	return found, processes(found, state)
}

// processes adds the processes that name the state directory.
func processes(found map[string]bool, state string) error {
	commands, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		return err
	}
	for _, command := range commands {
		data, err := os.ReadFile(command)
		if err != nil {
			continue // it has ended
		}
		if line := strings.ReplaceAll(string(data), "\x00", " "); strings.Contains(line, state) {
			found[filepath.Base(filepath.Dir(command))+" "+line] = true
		}
	}
	return nil
}

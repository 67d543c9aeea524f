package node

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"localkube/internal/cluster"
)

// wantedSysctls are least values.
var wantedSysctls = map[string]int{
	"net/ipv4/ip_forward": 1,
	// Answers between pods of one bridge must pass the address translation of Services.
	"net/bridge/bridge-nf-call-iptables": 1,
	"fs/inotify/max_user_instances":      8192,
}

func sysctlPath(name string) string { return filepath.Join("/proc/sys", name) }

func savedSysctls(c *cluster.Cluster) string { return filepath.Join(c.Dir(), "sysctls.json") }

// ensureSysctls raises what is too low, after it wrote down what it found.
func ensureSysctls(c *cluster.Cluster) error {
	if _, err := os.Stat(sysctlPath("net/bridge")); err != nil {
		// Where bridge filtering is no module, it is there already; where this fails, so does
		// the setting below, with a message that says what is missing.
		_ = exec.Command("modprobe", "br_netfilter").Run()
	}
	found := map[string]int{}
	for name, wanted := range wantedSysctls {
		value, err := readSysctl(name)
		if err != nil {
			return err
		}
		if value < wanted {
			found[name] = value
		}
	}
	if err := saveOnce(savedSysctls(c), found); err != nil {
		return err
	}
	for name := range found {
		if err := writeSysctl(name, wantedSysctls[name]); err != nil {
			return err
		}
	}
	return nil
}

// saveOnce keeps the values of the first time: later ones are our own.
func saveOnce(path string, found map[string]int) error {
	if _, err := os.Stat(path); err == nil || !errors.Is(err, os.ErrNotExist) {
		return err
	}
	data, err := json.Marshal(found)
	if err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644)
}

// restoreSysctls puts back what ensureSysctls found.
func restoreSysctls(c *cluster.Cluster) error {
	data, err := os.ReadFile(savedSysctls(c))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var found map[string]int
	if err := json.Unmarshal(data, &found); err != nil {
		return err
	}
	for name, value := range found {
		if err := writeSysctl(name, value); err != nil {
			return err
		}
	}
	return os.Remove(savedSysctls(c))
}

func readSysctl(name string) (int, error) {
	data, err := os.ReadFile(sysctlPath(name))
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(data)))
}

func writeSysctl(name string, value int) error {
	return os.WriteFile(sysctlPath(name), []byte(strconv.Itoa(value)), 0o644)
}

package node

import (
	"errors"
	"fmt"
	"os"

	"localkube/internal/cluster"
)

// Allowed returns an error when this process has no right to make a node.
func Allowed() error {
	if os.Geteuid() != 0 {
		return errors.New("a node needs root: its network, mounts and containers do")
	}
	return nil
}

// Ensure makes what is missing of the node's surroundings: network, cgroups, mounts, configuration.
func Ensure(c *cluster.Cluster) error {
	if err := ensureSysctls(c); err != nil {
		return err
	}
	if err := ensureNetwork(c); err != nil {
		return err
	}
	if err := ensureCgroups(); err != nil {
		return err
	}
	if err := ensureKubeletMount(c); err != nil {
		return err
	}
	return Configure(c)
}

// Present tells whether a node is on this machine, of whatever cluster.
func Present() bool { return bridgeOwner() != "" }

// OfAnother tells whether the node on this machine is another cluster's.
func OfAnother(c *cluster.Cluster) bool { return Present() && bridgeOwner() != c.Dir() }

// Remove undoes Ensure, and removes what the components left: processes, mounts, network, rules. It
// goes on after a failure, so that as little as possible is left.
func Remove(c *cluster.Cluster) error {
	return errors.Join(
		removeCgroups(),
		killShims(c),
		removeMounts(c),
		removeNetworkNamespaces(),
		removeNetwork(),
		restoreSysctls(c),
		removeLogLinks(c),
		removePluginSocket(),
		os.RemoveAll(c.Run()),
	)
}

// Leftovers names what Remove should have removed and is still there.
func Leftovers(c *cluster.Cluster) ([]string, error) {
	var left []string
	pids, err := Shims(c)
	if err != nil {
		return nil, err
	}
	for _, pid := range pids {
		left = append(left, fmt.Sprintf("containerd-shim %d", pid))
	}
	mounts, err := readMounts()
	if err != nil {
		return nil, err
	}
	for _, m := range mounts {
		if below(m.path, c.Dir()) || below(m.path, c.Run()) {
			left = append(left, "mount "+m.path)
		}
	}
	for _, bridge := range bridges() {
		left = append(left, "bridge "+bridge)
	}
	tables, err := ruleTables()
	if err != nil {
		return nil, err
	}
	for _, table := range tables {
		left = append(left, "rules in table "+table)
	}
	dirs, err := cgroupDirs()
	if err != nil {
		return nil, err
	}
	for _, dir := range dirs {
		if _, err := os.Stat(dir); err == nil {
			left = append(left, "cgroup "+dir)
		}
	}
	return left, nil
}

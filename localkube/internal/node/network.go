package node

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"localkube/internal/cluster"
)

const (
	// Bridge is the node's, and has no ports. It carries the node's address, and the routes that
	// keep traffic to Services and pods on this machine while kube-proxy or the pod network is not
	// there.
	Bridge = "lknode0"
	// podBridge is made by the CNI plugin, for the first pod.
	podBridge = "lkpods0"
)

// ensureNetwork makes what is missing of the node's network.
func ensureNetwork(c *cluster.Cluster) error {
	if err := checkRanges(); err != nil {
		return err
	}
	if OfAnother(c) {
		return fmt.Errorf("the node belongs to another cluster, whose state is in %s: take that down first", bridgeOwner())
	}
	if _, err := net.InterfaceByName(Bridge); err != nil {
		if err := command("ip", "link", "add", Bridge, "type", "bridge"); err != nil {
			return err
		}
	}
	for _, args := range [][]string{
		{"link", "set", Bridge, "up", "alias", c.Dir()},
		{"address", "replace", cluster.NodeIP + "/32", "dev", Bridge},
		{"route", "replace", cluster.ServiceCIDR, "dev", Bridge, "src", cluster.NodeIP},
		{"route", "replace", cluster.PodCIDR, "dev", Bridge, "src", cluster.NodeIP},
	} {
		if err := command("ip", args...); err != nil {
			return err
		}
	}
	rules, err := render("rules.nft", values{
		NodeIP: cluster.NodeIP, PodCIDR: cluster.PodCIDR, ServiceCIDR: cluster.ServiceCIDR,
		PodBridge: podBridge, NodeBridge: Bridge,
	})
	if err != nil {
		return err
	}
	return pipe(rules, "nft", "--file", "-")
}

// bridgeOwner returns the directory of the cluster that made the node's bridge.
func bridgeOwner() string {
	data, err := os.ReadFile(filepath.Join("/sys/class/net", Bridge, "ifalias"))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(data))
}

// checkRanges refuses to shadow a network that the machine is on.
func checkRanges() error {
	interfaces, err := net.Interfaces()
	if err != nil {
		return err
	}
	for _, i := range interfaces {
		if i.Name == Bridge || i.Name == podBridge {
			continue
		}
		addresses, err := i.Addrs()
		if err != nil {
			return err
		}
		for _, address := range addresses {
			if taken, ok := address.(*net.IPNet); ok && clashes(taken) {
				return fmt.Errorf("%s has the address %s, in the cluster's ranges (%s, %s, %s)",
					i.Name, taken, cluster.ServiceCIDR, cluster.PodCIDR, cluster.NodeIP)
			}
		}
	}
	return nil
}

func clashes(network *net.IPNet) bool {
	for _, cidr := range []string{cluster.ServiceCIDR, cluster.PodCIDR, cluster.NodeIP + "/32"} {
		_, ours, err := net.ParseCIDR(cidr)
		if err != nil {
			panic(err) // a constant
		}
		if ours.Contains(network.IP) || network.Contains(ours.IP) {
			return true
		}
	}
	return false
}

// removeNetwork deletes the bridges, with them their addresses and routes, and all rules.
func removeNetwork() error {
	var errs []error
	for _, bridge := range bridges() {
		errs = append(errs, command("ip", "link", "delete", bridge))
	}
	tables, err := ruleTables()
	errs = append(errs, err)
	for _, table := range tables {
		errs = append(errs, command("nft", append([]string{"delete", "table"}, strings.Fields(table)...)...))
	}
	return errors.Join(errs...)
}

// bridges returns those of our bridges that exist.
func bridges() []string {
	var found []string
	for _, bridge := range []string{podBridge, Bridge} {
		if _, err := net.InterfaceByName(bridge); err == nil {
			found = append(found, bridge)
		}
	}
	return found
}

// ruleTables returns those of our tables of rules that exist, kube-proxy's included.
func ruleTables() ([]string, error) {
	out, err := exec.Command("nft", "list", "tables").Output()
	if err != nil {
		return nil, fmt.Errorf("nft list tables: %w", err)
	}
	var found []string
	for _, line := range strings.Split(string(out), "\n") {
		switch table := strings.TrimPrefix(line, "table "); table {
		case "inet localkube", "ip kube-proxy", "ip6 kube-proxy":
			found = append(found, table)
		}
	}
	return found, nil
}

func command(name string, args ...string) error { return pipe(nil, name, args...) }

// pipe runs a command; its complaint becomes part of the error.
func pipe(input []byte, name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Stdin = bytes.NewReader(input)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, bytes.TrimSpace(out))
	}
	return nil
}

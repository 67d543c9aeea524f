package node

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strings"

	"localkube/internal/cluster"
)

const (
	// nodeBridge has no ports. It carries the node's address, and the routes that keep traffic to
	// Services and pods on this machine while kube-proxy or the pod network is not there.
	nodeBridge = "lknode0"
	// podBridge is made by the CNI plugin, for the first pod.
	podBridge = "lkpods0"
)

// ensureNetwork makes what is missing of the node's network.
func ensureNetwork() error {
	if err := checkRanges(); err != nil {
		return err
	}
	if _, err := net.InterfaceByName(nodeBridge); err != nil {
		if err := command("ip", "link", "add", nodeBridge, "type", "bridge"); err != nil {
			return err
		}
	}
	for _, args := range [][]string{
		{"link", "set", nodeBridge, "up"},
		{"address", "replace", cluster.NodeIP + "/32", "dev", nodeBridge},
		{"route", "replace", cluster.ServiceCIDR, "dev", nodeBridge, "src", cluster.NodeIP},
		{"route", "replace", cluster.PodCIDR, "dev", nodeBridge, "src", cluster.NodeIP},
	} {
		if err := command("ip", args...); err != nil {
			return err
		}
	}
	rules, err := render("rules.nft", values{
		NodeIP: cluster.NodeIP, PodCIDR: cluster.PodCIDR, ServiceCIDR: cluster.ServiceCIDR,
		PodBridge: podBridge, NodeBridge: nodeBridge,
	})
	if err != nil {
		return err
	}
	return pipe(rules, "nft", "--file", "-")
}

// checkRanges refuses to shadow a network that the machine is on.
func checkRanges() error {
	interfaces, err := net.Interfaces()
	if err != nil {
		return err
	}
	for _, i := range interfaces {
		if i.Name == nodeBridge || i.Name == podBridge {
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
	for _, bridge := range []string{podBridge, nodeBridge} {
		if _, err := net.InterfaceByName(bridge); err == nil {
			errs = append(errs, command("ip", "link", "delete", bridge))
		}
	}
	tables, err := exec.Command("nft", "list", "tables").Output()
	if err != nil {
		return errors.Join(append(errs, err)...)
	}
	for _, line := range strings.Split(string(tables), "\n") {
		switch table := strings.TrimPrefix(line, "table "); table {
		case "inet localkube", "ip kube-proxy", "ip6 kube-proxy":
			errs = append(errs, command("nft", append([]string{"delete", "table"}, strings.Fields(table)...)...))
		}
	}
	return errors.Join(errs...)
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

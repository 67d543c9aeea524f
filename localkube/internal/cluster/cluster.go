// Package cluster knows what a cluster consists of: its directories, addresses and components.
package cluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sort"
)

// FullName is the name of the one cluster that has a node; all others are control planes.
const FullName = "localkube"

// Addresses of the full cluster. All of them are routed to bridges of its own, so that nothing meant
// for them can leave the machine.
const (
	NodeName    = "localkube"
	NodeIP      = "10.245.0.1"
	ServiceCIDR = "10.96.0.0/16"
	PodCIDR     = "10.244.0.0/16"
	NodePodCIDR = "10.244.0.0/24" // what the node's pods get of PodCIDR
	APIService  = "10.96.0.1"     // ClusterIP of the kubernetes Service
	DNSService  = "10.96.0.10"
	DNSDomain   = "cluster.local"
)

var validName = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$`)

// Cluster is one cluster on this machine.
type Cluster struct {
	Name   string `json:"name"`
	Server string `json:"server"` // URL of the API
	Host   string `json:"host"`   // address the API is served on
	Port   int    `json:"port"`

	// Of a control plane, chosen when it is made.
	Audit       bool   `json:"audit,omitempty"`       // log the requests of service accounts, as the full cluster does
	Controllers string `json:"controllers,omitempty"` // the controller manager's flag of this name; empty: its default
}

// Full tells whether the cluster has a node.
func (c *Cluster) Full() bool { return c.Name == FullName }

// Dir keeps what outlives a stop; Run keeps sockets, locks and process states.
func (c *Cluster) Dir() string { return filepath.Join(stateRoot(), c.Name) }
func (c *Cluster) Run() string { return filepath.Join(runRoot(), c.Name) }

func (c *Cluster) Logs() string       { return filepath.Join(c.Dir(), "logs") }
func (c *Cluster) PKI() string        { return filepath.Join(c.Dir(), "pki") }
func (c *Cluster) Conf() string       { return filepath.Join(c.Dir(), "conf") }
func (c *Cluster) Kubeconfig() string { return filepath.Join(c.Dir(), "admin.kubeconfig") }

// RuntimeSocket is where containerd serves.
func (c *Cluster) RuntimeSocket() string { return filepath.Join(c.Run(), "containerd.sock") }

func (c *Cluster) file() string { return filepath.Join(c.Dir(), "cluster.json") }

// stateRoot and runRoot follow the usual places of root and of other users; a state root chosen by
// the user keeps everything below it.
func stateRoot() string {
	if root := os.Getenv("LOCALKUBE_STATE"); root != "" {
		return root
	}
	if os.Geteuid() == 0 {
		return "/var/lib/localkube"
	}
	if root := os.Getenv("XDG_STATE_HOME"); root != "" {
		return filepath.Join(root, "localkube")
	}
	return filepath.Join(os.Getenv("HOME"), ".local/state/localkube")
}

func runRoot() string {
	if os.Geteuid() == 0 && os.Getenv("LOCALKUBE_STATE") == "" {
		return "/run/localkube"
	}
	return filepath.Join(stateRoot(), "run")
}

// Open returns the cluster of that name as it was made, or a new one that Prepare will make.
func Open(name string) (*Cluster, error) {
	if !validName.MatchString(name) || name == "run" {
		return nil, fmt.Errorf("%q is no name for a cluster: letters, digits and dashes, at most 40", name)
	}
	c := &Cluster{Name: name}
	data, err := os.ReadFile(c.file())
	if errors.Is(err, os.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return nil, err
	}
	return c, json.Unmarshal(data, c)
}

// Exists tells whether the cluster was ever made and not purged.
func (c *Cluster) Exists() bool { return c.Port != 0 }

// All returns the clusters that exist, by name.
func All() ([]*Cluster, error) {
	files, err := filepath.Glob(filepath.Join(stateRoot(), "*", "cluster.json"))
	if err != nil {
		return nil, err
	}
	sort.Strings(files)
	var all []*Cluster
	for _, file := range files {
		c, err := Open(filepath.Base(filepath.Dir(file)))
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

package cluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"localkube/internal/pki"
)

// maxSocketPath is what fits into a unix socket address.
const maxSocketPath = 107

// Prepare makes what the cluster needs on disk and is not there yet: directories, address,
// certificates, kubeconfigs.
func (c *Cluster) Prepare() error {
	if socket := c.RuntimeSocket(); len(socket) > maxSocketPath {
		return fmt.Errorf("%s is too long for a socket: choose a shorter LOCALKUBE_STATE or name", socket)
	}
	for _, dir := range []string{c.Dir(), c.Run(), c.Logs(), c.Conf()} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	if !c.Exists() {
		if err := c.assignAddress(); err != nil {
			return err
		}
	}
	if err := c.writeAuditPolicy(); err != nil {
		return err
	}
	return c.ensurePKI()
}

// assignAddress chooses where the API is served. Ports are chosen one invocation at a time, so that
// control planes that start side by side do not choose the same.
func (c *Cluster) assignAddress() error {
	lock, err := lockRoot()
	if err != nil {
		return err
	}
	defer lock.Close()
	c.Host, c.Port = NodeIP, 6443
	if !c.Full() {
		others, err := All()
		if err != nil {
			return err
		}
		taken := map[int]bool{}
		for _, other := range others {
			taken[other.Port] = true
		}
		c.Host = "127.0.0.1"
		if c.Port, err = choosePort(taken, bindable); err != nil {
			return err
		}
	}
	c.Server = "https://" + net.JoinHostPort(c.Host, strconv.Itoa(c.Port))
	data, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(c.file(), append(data, '\n'), 0o644)
}

// ensurePKI makes all certificates at once, in a directory that takes its place when it is complete.
func (c *Cluster) ensurePKI() error {
	if _, err := os.Stat(c.PKI()); err == nil || !errors.Is(err, os.ErrNotExist) {
		return err
	}
	dir := c.PKI() + ".new"
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := c.writePKI(dir); err != nil {
		return err
	}
	if err := os.Rename(filepath.Join(dir, "admin.kubeconfig"), c.Kubeconfig()); err != nil {
		return err
	}
	return os.Rename(dir, c.PKI())
}

func (c *Cluster) writePKI(dir string) error {
	ca, err := pki.NewAuthority(dir, "ca")
	if err != nil {
		return err
	}
	frontProxy, err := pki.NewAuthority(dir, "front-proxy-ca")
	if err != nil {
		return err
	}
	apiHosts := []string{c.Host, "127.0.0.1", "localhost", APIService,
		"kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc." + DNSDomain}
	leaves := []pki.Leaf{
		{File: "apiserver", User: "kube-apiserver", Hosts: apiHosts},
		{File: "apiserver-kubelet-client", User: "kube-apiserver-kubelet-client", Groups: []string{"system:masters"}},
		{File: "admin", User: "kubernetes-admin", Groups: []string{"system:masters"}},
		{File: "controller-manager", User: "system:kube-controller-manager"},
		{File: "scheduler", User: "system:kube-scheduler"},
		{File: "kubelet", User: "system:node:" + NodeName, Groups: []string{"system:nodes"}, Hosts: []string{NodeIP, NodeName}},
		{File: "kube-proxy", User: "system:kube-proxy"},
	}
	for _, leaf := range leaves {
		if err := ca.Issue(leaf); err != nil {
			return err
		}
	}
	if err := frontProxy.Issue(pki.Leaf{File: "front-proxy-client", User: "front-proxy-client"}); err != nil {
		return err
	}
	if err := pki.NewSigningKey(dir, "sa"); err != nil {
		return err
	}
	for _, user := range []string{"admin", "controller-manager", "scheduler", "kubelet", "kube-proxy"} {
		if err := pki.WriteKubeconfig(filepath.Join(dir, user+".kubeconfig"), dir, c.Name, c.Server, user); err != nil {
			return err
		}
	}
	return nil
}

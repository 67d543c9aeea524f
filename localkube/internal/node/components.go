package node

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"localkube/internal/cluster"
	"localkube/internal/component"
	"localkube/internal/supervisor"
)

// RuntimeName is the name of the component that runs containers.
const RuntimeName = "containerd"

// nowhere is an address at which nothing listens.
const nowhere = "http://127.0.0.1:1"

// Components returns what makes this machine a node, on top of the control plane.
func Components(c *cluster.Cluster) ([]supervisor.Component, error) {
	runtime, err := Runtime(c)
	if err != nil {
		return nil, err
	}
	kubelet, err := kubelet(c)
	if err != nil {
		return nil, err
	}
	proxy, err := proxy(c)
	if err != nil {
		return nil, err
	}
	return []supervisor.Component{runtime, scheduler(c), kubelet, proxy}, nil
}

// Runtime returns containerd.
func Runtime(c *cluster.Cluster) (supervisor.Component, error) {
	program, err := exec.LookPath("containerd")
	if err != nil {
		return supervisor.Component{}, err
	}
	file := filepath.Join(c.Conf(), "containerd.toml")
	digest, err := digestOf(file, filepath.Join(paths(c).CNIConf, "10-localkube.conflist"))
	return supervisor.Component{
		Name:    RuntimeName,
		Program: program,
		Args:    []string{"--config", file},
		// Images come from archives. A pull of one that was not loaded ends at this address, at
		// once: nothing is asked of a registry, nor of a name server.
		Env:    []string{"HTTP_PROXY=" + nowhere, "HTTPS_PROXY=" + nowhere, "NO_PROXY="},
		Ready:  &supervisor.Probe{Socket: c.RuntimeSocket()},
		Grace:  5 * time.Second,
		Config: digest,
	}, err
}

func scheduler(c *cluster.Cluster) supervisor.Component {
	return supervisor.Component{
		Name: component.Scheduler,
		Args: []string{
			component.Scheduler,
			"--kubeconfig=" + filepath.Join(c.PKI(), "scheduler.kubeconfig"),
			"--secure-port=0",
			"--leader-elect=false",
			"--profiling=false",
			"--kube-api-qps=500",
			"--kube-api-burst=1000",
		},
		After: []string{component.APIServer},
		Grace: 2 * time.Second,
	}
}

func kubelet(c *cluster.Cluster) (supervisor.Component, error) {
	file := filepath.Join(c.Conf(), "kubelet.yaml")
	digest, err := digestOf(file, filepath.Join(c.Conf(), "resolv.conf"))
	return supervisor.Component{
		Name: component.Kubelet,
		Args: []string{
			component.Kubelet,
			"--config=" + file,
			"--kubeconfig=" + filepath.Join(c.PKI(), "kubelet.kubeconfig"),
			"--root-dir=" + paths(c).Kubelet,
			"--cert-dir=" + filepath.Join(c.Dir(), "kubelet-pki"),
			"--hostname-override=" + cluster.NodeName,
			"--node-ip=" + cluster.NodeIP,
		},
		After:  []string{RuntimeName, component.APIServer},
		Ready:  &supervisor.Probe{URL: "http://127.0.0.1:10248/healthz"},
		Grace:  5 * time.Second,
		Config: digest,
	}, err
}

func proxy(c *cluster.Cluster) (supervisor.Component, error) {
	file := filepath.Join(c.Conf(), "kube-proxy.yaml")
	digest, err := digestOf(file)
	return supervisor.Component{
		Name: component.Proxy,
		Args: []string{component.Proxy, "--config=" + file},
		// It looks up its node when it starts, and waits a second when there is none yet.
		After:  []string{component.Kubelet},
		Ready:  &supervisor.Probe{URL: "http://127.0.0.1:10256/healthz"},
		Grace:  3 * time.Second,
		Config: digest,
	}, err
}

func digestOf(files ...string) (string, error) {
	sum := sha256.New()
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		sum.Write(data)
	}
	return hex.EncodeToString(sum.Sum(nil)[:8]), nil
}

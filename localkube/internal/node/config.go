// Package node turns this machine into the node of the full cluster, and back.
package node

import (
	"bytes"
	"embed"
	"errors"
	"os"
	"path/filepath"
	"text/template"

	"localkube/internal/cluster"
)

//go:embed templates
var templateFiles embed.FS

var templates = template.Must(template.ParseFS(templateFiles, "templates/*"))

// CNIBin is where Debian puts the CNI plugins.
const CNIBin = "/usr/lib/cni"

// values is what the templates can use.
type values struct {
	*cluster.Cluster
	Paths
	NodeName, NodeIP, NodePodCIDR, PodCIDR, DNSService, DNSDomain      string
	ServiceCIDR, CNIBin, PauseImage, NodeBridge, PodBridge, CgroupRoot string
}

// Paths are the directories of the node's parts.
type Paths struct{ Containerd, CNIConf, CNIData, Kubelet, PodLogs, VolumePlugins string }

func paths(c *cluster.Cluster) Paths {
	return Paths{
		Containerd:    filepath.Join(c.Dir(), "containerd"),
		CNIConf:       filepath.Join(c.Conf(), "cni"),
		CNIData:       filepath.Join(c.Run(), "cni"),
		Kubelet:       filepath.Join(c.Dir(), "kubelet"),
		PodLogs:       filepath.Join(c.Logs(), "pods"),
		VolumePlugins: filepath.Join(c.Dir(), "volume-plugins"),
	}
}

// Configure writes the configuration files of the node's components. Files that are right are not
// touched: kube-proxy ends when its configuration is written, even with what it had.
func Configure(c *cluster.Cluster) error {
	p := paths(c)
	v := values{
		Cluster: c, Paths: p,
		NodeName: cluster.NodeName, NodeIP: cluster.NodeIP, NodePodCIDR: cluster.NodePodCIDR, PodCIDR: cluster.PodCIDR,
		DNSService: cluster.DNSService, DNSDomain: cluster.DNSDomain,
		CNIBin: CNIBin, PauseImage: PauseImage, PodBridge: podBridge, CgroupRoot: cgroupRoot,
	}
	for name, path := range map[string]string{
		"containerd.toml":       filepath.Join(c.Conf(), "containerd.toml"),
		"kubelet.yaml":          filepath.Join(c.Conf(), "kubelet.yaml"),
		"kube-proxy.yaml":       filepath.Join(c.Conf(), "kube-proxy.yaml"),
		"resolv.conf":           filepath.Join(c.Conf(), "resolv.conf"),
		"10-localkube.conflist": filepath.Join(p.CNIConf, "10-localkube.conflist"),
	} {
		content, err := render(name, v)
		if err != nil {
			return err
		}
		if err := writeIfChanged(path, content); err != nil {
			return err
		}
	}
	return nil
}

func render(name string, v values) ([]byte, error) {
	var out bytes.Buffer
	if err := templates.ExecuteTemplate(&out, name, v); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func writeIfChanged(path string, content []byte) error {
	present, err := os.ReadFile(path)
	if err == nil && bytes.Equal(present, content) {
		return nil
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o644)
}

package node

import (
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"localkube/internal/cluster"
)

func configured(t *testing.T) *cluster.Cluster {
	t.Helper()
	t.Setenv("LOCALKUBE_STATE", t.TempDir())
	c, err := cluster.Open(cluster.FullName)
	if err != nil {
		t.Fatal(err)
	}
	if err := Configure(c); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestConfigurationIsWellFormed(t *testing.T) {
	c := configured(t)
	for file, want := range map[string]map[string]any{
		"kubelet.yaml": {
			"kind": "KubeletConfiguration", "address": cluster.NodeIP, "cgroupRoot": cgroupRoot, "oomScoreAdj": 0.0,
			"containerRuntimeEndpoint": "unix://" + c.RuntimeSocket(),
		},
		"kube-proxy.yaml":           {"kind": "KubeProxyConfiguration", "mode": "nftables", "clusterCIDR": cluster.PodCIDR},
		"cni/10-localkube.conflist": {"name": "localkube"},
	} {
		data, err := os.ReadFile(filepath.Join(c.Conf(), file))
		if err != nil {
			t.Fatal(err)
		}
		var content map[string]any
		if filepath.Ext(file) == ".yaml" {
			err = yaml.UnmarshalStrict(data, &content)
		} else {
			err = json.Unmarshal(data, &content)
		}
		if err != nil {
			t.Errorf("%s: %v", file, err)
		}
		for key, value := range want {
			if content[key] != value {
				t.Errorf("%s: %s is %v, want %v", file, key, content[key], value)
			}
		}
	}
	toml, err := os.ReadFile(filepath.Join(c.Conf(), "containerd.toml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`address = "` + c.RuntimeSocket() + `"`, `sandbox_image = "` + PauseImage + `"`, "restrict_oom_score_adj = true"} {
		if !strings.Contains(string(toml), want) {
			t.Errorf("containerd.toml has no %s", want)
		}
	}
}

func TestConfigureTouchesNothingThatIsRight(t *testing.T) {
	c := configured(t)
	file := filepath.Join(c.Conf(), "kube-proxy.yaml")
	old := time.Now().Add(-time.Hour).Truncate(time.Second)
	if err := os.Chtimes(file, old, old); err != nil {
		t.Fatal(err)
	}
	if err := Configure(c); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if !info.ModTime().Equal(old) {
		t.Error("kube-proxy.yaml was written again")
	}
}

func TestClashes(t *testing.T) {
	for cidr, want := range map[string]bool{
		"192.168.1.5/24": false, "10.0.0.1/24": false, "127.0.0.1/8": false, "fd00::2/64": false,
		"10.244.7.1/24": true, "10.96.0.1/16": true, "10.0.0.1/8": true, "10.245.0.1/24": true,
	} {
		ip, network, err := net.ParseCIDR(cidr)
		if err != nil {
			t.Fatal(err)
		}
		if got := clashes(&net.IPNet{IP: ip, Mask: network.Mask}); got != want {
			t.Errorf("clashes(%s) = %t", cidr, got)
		}
	}
}

func TestParseMounts(t *testing.T) {
	got := parseMounts("/dev/vda / ext4 rw 0 0\ntmpfs /with\\040blank tmpfs rw 0 0\n")
	want := []mount{{"/", "ext4"}, {"/with blank", "tmpfs"}}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("parsed %v", got)
	}
}

func TestBelow(t *testing.T) {
	for path, want := range map[string]bool{"/a/b": true, "/a/b/c": true, "/a/bc": false, "/a": false} {
		if below(path, "/a/b") != want {
			t.Errorf("below(%s) = %t", path, !want)
		}
	}
}

func TestSaveOnceKeepsTheFirst(t *testing.T) {
	path := filepath.Join(t.TempDir(), "values")
	for _, value := range []int{1, 2} {
		if err := saveOnce(path, map[string]int{"x": value}); err != nil {
			t.Fatal(err)
		}
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != `{"x":1}` {
		t.Errorf("saved %s, %v", data, err)
	}
}

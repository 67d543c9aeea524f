package lifecycle

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"text/template"
	"time"

	"localkube/internal/cluster"
	"localkube/internal/component"
	"localkube/internal/node"
)

//go:embed manifests/coredns.yaml
var dnsManifest string

var dnsTemplate = template.Must(template.New("coredns").Parse(dnsManifest))

func renderDNS(digest string) ([]byte, error) {
	var manifest bytes.Buffer
	err := dnsTemplate.Execute(&manifest, map[string]string{
		"DNSDomain": cluster.DNSDomain, "DNSService": cluster.DNSService,
		"Image": node.DNSImage, "ImageDigest": digest,
	})
	return manifest.Bytes(), err
}

// askDNS asks the cluster's DNS, through its Service, for the address of the API.
func askDNS(ctx context.Context) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	resolver := net.Resolver{
		PreferGo: true,
		Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, net.JoinHostPort(cluster.DNSService, "53"))
		},
	}
	addresses, err := resolver.LookupHost(ctx, "kubernetes.default.svc."+cluster.DNSDomain+".")
	return slices.Contains(addresses, cluster.APIService), err
}

// applyDNS makes the cluster's DNS what it should be, with the image of that digest.
func applyDNS(ctx context.Context, c *cluster.Cluster, digest string) error {
	manifest, err := renderDNS(digest)
	if err != nil {
		return err
	}
	program, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, program, component.Kubectl, "--kubeconfig", c.Kubeconfig(), "apply", "-f", "-")
	cmd.Stdin = bytes.NewReader(manifest)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("apply CoreDNS: %w: %s", err, out)
	}
	return nil
}

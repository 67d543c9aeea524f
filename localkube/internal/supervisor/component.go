// Package supervisor keeps the components of one cluster running: it starts them in order, restarts
// those that end, and ends them all when it is told to.
package supervisor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"
)

// Component is one process to keep running.
type Component struct {
	Name string `json:"name"`
	// Program is the program to run; empty means this program.
	Program string   `json:"program,omitempty"`
	Args    []string `json:"args"`
	// Env is added to the supervisor's environment.
	Env []string `json:"env,omitempty"`
	// After names components that must be ready before this one starts: a component that starts
	// before what it needs burns processor time on retries, or gives up.
	After []string `json:"after,omitempty"`
	// Ready tells when the component serves; without it, running is ready.
	Ready *Probe `json:"ready,omitempty"`
	// Grace is the time between the request to end and the kill.
	Grace time.Duration `json:"grace"`
	// Config is a digest of the configuration files the component reads, so that a change of
	// them is a change of the component.
	Config string `json:"config,omitempty"`
}

// Probe asks a component whether it serves: over a unix socket, or with an HTTPS request.
type Probe struct {
	Socket string `json:"socket,omitempty"`
	URL    string `json:"url,omitempty"`
	CAFile string `json:"caFile,omitempty"`
}

// Check returns nil when the component serves.
func (p *Probe) Check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if p.Socket != "" {
		conn, err := (&net.Dialer{}).DialContext(ctx, "unix", p.Socket)
		if err != nil {
			return err
		}
		return conn.Close()
	}
	return p.get(ctx)
}

func (p *Probe) get(ctx context.Context) error {
	transport := &http.Transport{DisableKeepAlives: true}
	if p.CAFile != "" {
		ca, err := os.ReadFile(p.CAFile)
		if err != nil {
			return err
		}
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(ca)
		transport.TLSClientConfig = &tls.Config{RootCAs: roots}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL, nil)
	if err != nil {
		return err
	}
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", p.URL, response.Status)
	}
	return nil
}

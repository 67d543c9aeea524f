package prove

import (
	"bufio"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"localkube/internal/cluster"
)

//go:embed manifests/workload.yaml
var workload []byte

//go:embed manifests/widgets.yaml
var widgets []byte

// outside is an address of the documentation range: no packet to it may leave this machine.
const outside = "http://198.51.100.1/"

// workload proves what pods can do.
func (p *prover) workload(ctx context.Context) {
	apply := func(manifest []byte) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := p.output(ctx, manifest, "kubectl", "apply", "-f", "-")
			return err
		}
	}
	p.check(ctx, "objects are accepted", 10*time.Second, apply(workload))
	p.check(ctx, "a Deployment's pods run and become ready", time.Minute, func(ctx context.Context) error {
		_, err := p.kubectl(ctx, "rollout", "status", "deployment/web")
		return err
	})
	p.check(ctx, "a pod runs", 30*time.Second, func(ctx context.Context) error {
		_, err := p.kubectl(ctx, "wait", "--for=condition=Ready", "pod/asker")
		return err
	})
	p.services(ctx)

	ask := func(args ...string) []string { return append([]string{"exec", "asker", "--", "/probe"}, args...) }
	pods := "https://kubernetes.default.svc/api/v1/namespaces/prove/pods"
	p.check(ctx, "a pod uses the API with its service account", 15*time.Second, func(ctx context.Context) error {
		return p.expect(ctx, `"kind":"PodList"`, ask("get", pods)...)
	})
	p.check(ctx, "RBAC keeps a pod from what it was not granted", 15*time.Second, func(ctx context.Context) error {
		return p.refused(ctx, "403", ask("get", strings.Replace(pods, "/pods", "/secrets", 1))...)
	})
	p.check(ctx, "a pod cannot reach beyond the machine", 15*time.Second, func(ctx context.Context) error {
		return p.refused(ctx, "no route to host", ask("get", outside)...)
	})
	p.check(ctx, "an image that was not loaded is refused without asking a registry", 30*time.Second, func(ctx context.Context) error {
		return p.expect(ctx, "127.0.0.1:1: connect: connection refused", "get", "events",
			"--field-selector=involvedObject.name=stranger", "--output=jsonpath={.items[*].message}")
	})
	p.check(ctx, "kubectl logs", 15*time.Second, func(ctx context.Context) error {
		return p.expect(ctx, "serving on :8080", "logs", "asker")
	})
	p.check(ctx, "kubectl exec", 15*time.Second, func(ctx context.Context) error {
		return p.expect(ctx, cluster.APIService, ask("lookup", "kubernetes.default.svc")...)
	})
	p.check(ctx, "kubectl port-forward", 15*time.Second, p.portForward)
	p.check(ctx, "an archive is loaded once", 30*time.Second, func(ctx context.Context) error {
		out, err := p.output(ctx, nil, "load", filepath.Join(filepath.Dir(p.program), "probe.tar"))
		if err == nil && !strings.Contains(out, "was loaded already") {
			err = errors.New("it was loaded again")
		}
		return err
	})

	p.check(ctx, "a CustomResourceDefinition is accepted", 15*time.Second, apply(widgets))
	widget := func(size int) []byte {
		return fmt.Appendf(nil, "{apiVersion: prove.example/v1, kind: Widget, metadata: {name: w, namespace: prove}, spec: {size: %d}}", size)
	}
	p.check(ctx, "a custom resource is accepted", 15*time.Second, apply(widget(9)))
	p.check(ctx, "a CEL rule refuses another", 15*time.Second, func(ctx context.Context) error {
		err := apply(widget(10))(ctx)
		if err == nil || !strings.Contains(err.Error(), "size must be below 10") {
			return fmt.Errorf("not refused by the rule: %w", err)
		}
		return nil
	})
}

func (p *prover) services(ctx context.Context) {
	p.check(ctx, "a Service is reached from the machine", 15*time.Second, p.serviceAnswers)
	p.check(ctx, "a NodePort is reached from the machine", 15*time.Second, func(ctx context.Context) error {
		port, err := p.kubectl(ctx, "get", "service", "web", "--output=jsonpath={.spec.ports[0].nodePort}")
		if err != nil {
			return err
		}
		return greeted(ctx, "http://"+cluster.NodeIP+":"+port)
	})
	p.check(ctx, "a Service is reached by name from a pod", 15*time.Second, func(ctx context.Context) error {
		return p.expect(ctx, "hello from web", "exec", "asker", "--", "/probe", "get", "http://web/")
	})
	p.check(ctx, "a pod reaches itself through its Service", 30*time.Second, func(ctx context.Context) error {
		if _, err := p.kubectl(ctx, "scale", "deployment/web", "--replicas=1"); err != nil {
			return err
		}
		return p.expect(ctx, "hello from web", "exec", "deployment/web", "--", "/probe", "get", "http://web/")
	})
}

func (p *prover) serviceAnswers(ctx context.Context) error {
	address, err := p.kubectl(ctx, "get", "service", "web", "--output=jsonpath={.spec.clusterIP}")
	if err != nil {
		return err
	}
	return greeted(ctx, "http://"+address)
}

// greeted wants the answer of a pod of the Deployment.
func greeted(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && !strings.HasPrefix(string(body), "hello from web") {
		err = fmt.Errorf("the answer is %q", body)
	}
	return err
}

func (p *prover) portForward(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.program, "kubectl", "--namespace", "prove", "port-forward", "service/web", ":80")
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	defer func() {
		cancel()
		_ = cmd.Wait() // it was killed
	}()
	// Forwarding from 127.0.0.1:34567 -> 8080
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return err
	}
	fields := strings.Fields(line)
	if len(fields) < 3 {
		return fmt.Errorf("port-forward says %q", line)
	}
	return greeted(ctx, "http://"+fields[2])
}

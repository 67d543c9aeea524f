package prove

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"localkube/internal/cluster"
	"localkube/internal/component"
)

// controlPlanes proves that control planes live side by side and die alone.
func (p *prover) controlPlanes(ctx context.Context) {
	names := []string{"prove-a", "prove-b"}
	defer func() {
		for _, name := range names {
			// Nothing when the check below did it.
			_ = p.localkube(context.WithoutCancel(ctx), "down", "--name", name)
		}
	}()
	configs := make([]string, len(names))
	started := p.check(ctx, "two control planes start side by side", time.Minute, func(ctx context.Context) error {
		errs := make([]error, len(names))
		var all sync.WaitGroup
		for i, name := range names {
			all.Go(func() { configs[i], errs[i] = p.controlPlane(ctx, name) })
		}
		all.Wait()
		return errors.Join(errs...)
	})
	if !started {
		return
	}
	on := func(i int, args ...string) []string {
		return append([]string{"kubectl", "--kubeconfig", configs[i]}, args...)
	}
	p.check(ctx, "each has its own objects", 10*time.Second, func(ctx context.Context) error {
		if _, err := p.output(ctx, []byte("{apiVersion: v1, kind: ConfigMap, metadata: {name: mine}}"), on(0, "apply", "-f", "-")...); err != nil {
			return err
		}
		if _, err := p.output(ctx, nil, on(1, "get", "configmap", "mine")...); err == nil || !strings.Contains(err.Error(), "not found") {
			return fmt.Errorf("the other has it: %w", err)
		}
		return nil
	})
	p.check(ctx, "a control plane's kube-apiserver is started again after kill -9", 30*time.Second, func(ctx context.Context) error {
		c, err := cluster.Open(names[1])
		if err != nil {
			return err
		}
		return killAndAwait(ctx, c, component.APIServer)
	})
	p.check(ctx, "one goes down, with its state, and the other stays", 30*time.Second, func(ctx context.Context) error {
		if err := p.localkube(ctx, "down", "--name", names[0]); err != nil {
			return err
		}
		if _, err := os.Stat(configs[0]); err == nil {
			return errors.New("its kubeconfig is still there")
		}
		_, err := p.output(ctx, nil, on(1, "get", "namespaces")...)
		return err
	})
	p.check(ctx, "the other goes down", 30*time.Second, func(ctx context.Context) error {
		return p.localkube(ctx, "down", "--name", names[1])
	})
}

func (p *prover) controlPlane(ctx context.Context, name string) (kubeconfig string, err error) {
	out, err := p.output(ctx, nil, "up", "--control-plane", "--name", name, "-o", "json")
	if err != nil {
		return "", err
	}
	var result struct{ Kubeconfig string }
	err = json.Unmarshal([]byte(out), &result)
	return result.Kubeconfig, err
}

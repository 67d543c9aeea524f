package node

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace/noop"
	cri "k8s.io/cri-client/pkg"

	"localkube/internal/cluster"
)

// RemoveSandboxes ends and removes all pods the way the kubelet does, so that the runtime and the
// network plugin undo what they did for each. It needs containerd and returns how many there were.
func RemoveSandboxes(ctx context.Context, c *cluster.Cluster) (int, error) {
	runtime, err := cri.NewRemoteRuntimeService(ctx, "unix://"+c.RuntimeSocket(), time.Minute, noop.NewTracerProvider(), false)
	if err != nil {
		return 0, err
	}
	sandboxes, err := runtime.ListPodSandbox(ctx, nil)
	if err != nil {
		return 0, err
	}
	errs := make([]error, len(sandboxes))
	var all sync.WaitGroup
	for i, sandbox := range sandboxes {
		all.Go(func() {
			if err := runtime.StopPodSandbox(ctx, sandbox.Id); err != nil {
				errs[i] = err
				return
			}
			errs[i] = runtime.RemovePodSandbox(ctx, sandbox.Id)
		})
	}
	all.Wait()
	return len(sandboxes), errors.Join(errs...)
}

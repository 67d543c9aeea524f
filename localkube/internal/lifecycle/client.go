package lifecycle

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"localkube/internal/cluster"
	"localkube/internal/progress"
)

// Client returns a client of the cluster with all rights.
func Client(c *cluster.Cluster) (kubernetes.Interface, error) {
	config, err := clientcmd.BuildConfigFromFlags("", c.Kubeconfig())
	if err != nil {
		return nil, err
	}
	config.QPS = -1 // the server protects itself
	return kubernetes.NewForConfig(config)
}

// await asks until done says yes, and says what it waits for while it does. An error of done is
// remembered and asked again about: it counts only when time is up.
func await(ctx context.Context, log *progress.Log, what string, patience time.Duration, done func(context.Context) (bool, error)) error {
	still := time.Now().Add(stillEvery)
	var last error
	err := wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		var ok bool
		if ok, last = done(ctx); ok && last == nil {
			return true, nil
		}
		if time.Now().After(still) {
			still = time.Now().Add(stillEvery)
			log.Say("still waiting: %s", what)
		}
		return false, nil
	})
	if err != nil {
		return fmt.Errorf("waited %s in vain: %s (%w)", patience, what, firstOf(last, err))
	}
	return nil
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

package lifecycle

import (
	"context"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"localkube/internal/cluster"
	"localkube/internal/progress"
)

// UpControlPlane brings up etcd, kube-apiserver and kube-controller-manager. What runs already is left
// alone.
func UpControlPlane(ctx context.Context, c *cluster.Cluster, log *progress.Log) error {
	lock, err := c.Lock()
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := c.Prepare(); err != nil {
		return err
	}
	ignore := func(string) error { return nil }
	if err := run(ctx, c, c.ControlPlane(), ignore, log); err != nil {
		return err
	}
	return awaitControllers(ctx, c, log)
}

// awaitControllers waits for the first work of the controller manager that others depend on: no pod
// can be created before its namespace has a service account.
func awaitControllers(ctx context.Context, c *cluster.Cluster, log *progress.Log) error {
	client, err := Client(c)
	if err != nil {
		return err
	}
	return await(ctx, log, "the default service account", time.Minute, func(ctx context.Context) (bool, error) {
		_, err := client.CoreV1().ServiceAccounts(metav1.NamespaceDefault).Get(ctx, "default", metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return false, nil
		}
		return err == nil, err
	})
}

package lifecycle

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"localkube/internal/cluster"
	"localkube/internal/component"
	"localkube/internal/image"
	"localkube/internal/node"
	"localkube/internal/progress"
	"localkube/internal/supervisor"
)

// Up brings up the full cluster, and repairs what is broken of it. What runs as it should is left
// alone.
func Up(ctx context.Context, c *cluster.Cluster, log *progress.Log) error {
	if err := node.Allowed(); err != nil {
		return err
	}
	lock, err := c.Lock()
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := c.Prepare(); err != nil {
		return err
	}
	if err := node.Ensure(c); err != nil {
		return err
	}
	log.Say("network, cgroups and mounts are there")
	components, err := node.Components(c)
	if err != nil {
		return err
	}
	components = append(c.ControlPlane(), components...)
	// Images are loaded while kube-apiserver starts, and before the kubelet can ask for one.
	whenReady := func(name string) error {
		if name != node.RuntimeName {
			return nil
		}
		return loadBuiltin(ctx, c, log)
	}
	if err := run(ctx, c, components, whenReady, log); err != nil {
		return err
	}
	images, err := image.Store{Socket: c.RuntimeSocket()}.List(ctx)
	if err != nil {
		return err
	}
	if err := applyDNS(ctx, c, images[node.DNSImage]); err != nil {
		return err
	}
	if err := awaitNode(ctx, c, log); err != nil {
		return err
	}
	return awaitControllers(ctx, c, log)
}

func loadBuiltin(ctx context.Context, c *cluster.Cluster, log *progress.Log) error {
	archives, err := node.BuiltinArchives()
	if err != nil {
		return err
	}
	store := image.Store{Socket: c.RuntimeSocket()}
	for _, archive := range archives {
		names, imported, err := store.Load(ctx, archive)
		if err != nil {
			return err
		}
		if imported {
			log.Say("loaded %s", names[0])
		}
	}
	return nil
}

// awaitNode waits until pods run and find each other. It believes no status that an earlier run may
// have left: the node must have spoken since its kubelet started, and the DNS must answer.
func awaitNode(ctx context.Context, c *cluster.Cluster, log *progress.Log) error {
	client, err := Client(c)
	if err != nil {
		return err
	}
	err = await(ctx, log, "the node is ready", 2*time.Minute, func(ctx context.Context) (bool, error) {
		state, err := supervisor.ReadState(c.Run())
		if err != nil {
			return false, err
		}
		// The node tells the time in full seconds.
		started := state.Component(component.Kubelet).Started.Truncate(time.Second)
		found, err := client.CoreV1().Nodes().Get(ctx, cluster.NodeName, metav1.GetOptions{})
		if err != nil {
			return false, err
		}
		for _, condition := range found.Status.Conditions {
			if condition.Type == corev1.NodeReady && !condition.LastHeartbeatTime.Time.Before(started) {
				return condition.Status == corev1.ConditionTrue, nil
			}
		}
		return false, nil
	})
	if err != nil {
		return err
	}
	log.Say("the node is ready")
	err = await(ctx, log, "CoreDNS answers", 2*time.Minute, askDNS)
	if err == nil {
		log.Say("CoreDNS answers")
	}
	return err
}

// Down ends the full cluster and undoes all it did to the machine. Its state stays for the next Up,
// unless purge says otherwise.
func Down(ctx context.Context, c *cluster.Cluster, purge bool, log *progress.Log) error {
	lock, err := c.Lock()
	if err != nil {
		return err
	}
	defer lock.Close()
	if !c.Exists() {
		return c.Forget()
	}
	if !node.OfAnother(c) {
		if err := leave(ctx, c, log); err != nil {
			return err
		}
	}
	if purge {
		if err := os.RemoveAll(c.Dir()); err != nil {
			return err
		}
		log.Say("state deleted")
	}
	return c.Forget()
}

// leave ends everything of the cluster and takes the node off this machine.
func leave(ctx context.Context, c *cluster.Cluster, log *progress.Log) error {
	if _, err := os.Stat(c.Run()); err == nil {
		if err := removePods(ctx, c, log); err != nil {
			// What is not undone in the regular way is swept up below.
			log.Say("pods could not be ended in the regular way: %v", err)
		}
		if err := supervisor.Stop(c.Run(), stopPatience); err != nil {
			return err
		}
		log.Say("components ended")
	}
	if err := node.Remove(c); err != nil {
		return err
	}
	left, err := node.Leftovers(c)
	if err != nil {
		return err
	}
	if len(left) > 0 {
		return fmt.Errorf("left behind: %s", strings.Join(left, ", "))
	}
	log.Say("mounts, network, rules and cgroups removed")
	return nil
}

// removePods ends all pods with containerd alone running, so that nobody starts them again. It works
// from whatever state the cluster is in.
func removePods(ctx context.Context, c *cluster.Cluster, log *progress.Log) error {
	if err := node.Ensure(c); err != nil {
		return err
	}
	runtime, err := node.Runtime(c)
	if err != nil {
		return err
	}
	ignore := func(string) error { return nil }
	if err := run(ctx, c, []supervisor.Component{runtime}, ignore, log); err != nil {
		return err
	}
	count, err := node.RemoveSandboxes(ctx, c)
	if err == nil {
		log.Say("%d pods ended", count)
	}
	return err
}

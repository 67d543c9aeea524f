package prove

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"localkube/internal/cluster"
	"localkube/internal/component"
	"localkube/internal/node"
	"localkube/internal/supervisor"
)

// repair proves that what dies comes back, and that pods do not notice.
func (p *prover) repair(ctx context.Context, c *cluster.Cluster) {
	p.check(ctx, "up on a cluster that is up changes nothing", 30*time.Second, func(ctx context.Context) error {
		before, err := supervisor.ReadState(c.Run())
		if err != nil {
			return err
		}
		if err := p.localkube(ctx, "up"); err != nil {
			return err
		}
		after, err := supervisor.ReadState(c.Run())
		if err != nil {
			return err
		}
		if fmt.Sprint(before.PID, pids(before)) != fmt.Sprint(after.PID, pids(after)) {
			return fmt.Errorf("other processes: %v, then %v", pids(before), pids(after))
		}
		return nil
	})
	containers, err := p.containers(ctx)
	if err != nil {
		p.check(ctx, "the pods are known", time.Second, func(context.Context) error { return err })
		return
	}

	for _, name := range []string{component.APIServer, component.Etcd, component.Kubelet, component.Proxy, node.RuntimeName} {
		p.check(ctx, name+" is started again after kill -9", time.Minute, func(ctx context.Context) error {
			return killAndAwait(ctx, c, name)
		})
	}
	p.works(ctx, "the pods ran on, and a new one starts", containers)

	p.check(ctx, "up starts everything again after kill -9 of the supervisor", time.Minute, func(ctx context.Context) error {
		pid, err := supervisor.PID(c.Run())
		if err != nil {
			return err
		}
		if pid != 0 {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				return err
			}
		}
		return p.localkube(ctx, "up")
	})
	p.works(ctx, "the pods ran on even so, and a new one starts", containers)

	p.check(ctx, "up makes the node's network again", time.Minute, func(ctx context.Context) error {
		for _, args := range [][]string{{"ip", "link", "delete", node.Bridge}, {"nft", "delete", "table", "inet", "localkube"}} {
			// On a second try the first may have done it.
			_ = exec.CommandContext(ctx, args[0], args[1:]...).Run()
		}
		return p.localkube(ctx, "up")
	})
	p.works(ctx, "the cluster works on it", containers)
}

// works wants the containers to be those of before, and a new pod to run and reach a Service.
func (p *prover) works(ctx context.Context, name, containers string) {
	p.check(ctx, name, time.Minute, func(ctx context.Context) error {
		now, err := p.containers(ctx)
		if err != nil {
			return err
		}
		if now != containers {
			return fmt.Errorf("containers were %s, are %s", containers, now)
		}
		if _, err := p.kubectl(ctx, "delete", "pod", "fresh", "--ignore-not-found", "--now"); err != nil {
			return err
		}
		if _, err := p.kubectl(ctx, "run", "fresh", "--image=localkube/probe:1", "--restart=Never", "--", "get", "http://web/"); err != nil {
			return err
		}
		_, err = p.kubectl(ctx, "wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/fresh", "--timeout=10s")
		return err
	})
}

// containers names the containers that must survive.
func (p *prover) containers(ctx context.Context) (string, error) {
	return p.kubectl(ctx, "get", "pod", "asker", "--output=jsonpath={.status.containerStatuses[*].containerID}")
}

// killAndAwait kills a component and waits until all are ready with it anew.
func killAndAwait(ctx context.Context, c *cluster.Cluster, name string) error {
	state, err := supervisor.ReadState(c.Run())
	if err != nil {
		return err
	}
	killed := state.Component(name).PID
	if killed == 0 {
		return fmt.Errorf("%s does not run", name)
	}
	if err := syscall.Kill(killed, syscall.SIGKILL); err != nil {
		return err
	}
	for {
		state, err := supervisor.ReadState(c.Run())
		if err != nil {
			return err
		}
		if anew := state.Component(name).PID; anew != 0 && anew != killed && allReady(state) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s is not back", name)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func pids(state *supervisor.State) map[string]int {
	found := map[string]int{}
	for _, entry := range state.Components {
		found[entry.Name] = entry.PID
	}
	return found
}

func allReady(state *supervisor.State) bool {
	for _, entry := range state.Components {
		if entry.Phase != supervisor.Ready {
			return false
		}
	}
	return true
}

// end proves that the state outlives down, and that nothing else does.
func (p *prover) end(ctx context.Context, c *cluster.Cluster, before map[string]bool, state string) {
	clean := func() error {
		after, err := snapshot(state)
		if err != nil {
			return err
		}
		var left []string
		for item := range after {
			if !before[item] {
				left = append(left, item)
			}
		}
		if len(left) > 0 {
			return fmt.Errorf("left behind: %s", strings.Join(left, ", "))
		}
		return nil
	}
	p.check(ctx, "down", 30*time.Second, func(ctx context.Context) error { return p.localkube(ctx, "down") })
	p.check(ctx, "down leaves no process, mount, network or rule", 5*time.Second, func(context.Context) error { return clean() })
	p.check(ctx, "up after down", time.Minute, func(ctx context.Context) error { return p.localkube(ctx, "up") })
	p.check(ctx, "the state was kept, and its pods run again", time.Minute, p.serviceAnswers)
	p.check(ctx, "down after kill -9 of the supervisor and containerd's shims", time.Minute, func(ctx context.Context) error {
		if err := p.wreck(c); err != nil {
			return err
		}
		return p.localkube(ctx, "down", "--purge")
	})
	p.check(ctx, "it leaves nothing either", 5*time.Second, func(context.Context) error { return clean() })
	p.check(ctx, "purge leaves no file", 5*time.Second, func(context.Context) error {
		if entries, err := os.ReadDir(state); err == nil {
			return fmt.Errorf("%d entries left in %s", len(entries), state)
		}
		return nil
	})
}

// wreck kills what a down relies on.
func (p *prover) wreck(c *cluster.Cluster) error {
	pid, err := supervisor.PID(c.Run())
	if err != nil || pid == 0 {
		return err
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		return err
	}
	shims, err := node.Shims(c)
	if err != nil {
		return err
	}
	for _, shim := range shims {
		if err := syscall.Kill(shim, syscall.SIGKILL); err != nil {
			return err
		}
	}
	return nil
}

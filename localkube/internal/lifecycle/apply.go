// Package lifecycle brings clusters up and takes them down.
package lifecycle

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"localkube/internal/cluster"
	"localkube/internal/progress"
	"localkube/internal/supervisor"
)

const (
	// startPatience is how long the components may take to serve, on a machine that is busy.
	startPatience = 3 * time.Minute
	// stopPatience is more than the sum of what the components are given to end.
	stopPatience = 60 * time.Second
	// stillEvery is how often a wait says that it goes on.
	stillEvery = 10 * time.Second
)

// run makes the supervisor run the components: starts it, or starts it anew when they are not those
// it was started with. It calls whenReady for each component as it becomes ready, and returns when all
// are.
func run(ctx context.Context, c *cluster.Cluster, components []supervisor.Component, whenReady func(name string) error, log *progress.Log) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	plan := &supervisor.Plan{Program: program, Logs: c.Logs(), Components: components}
	wanted, err := plan.Generation()
	if err != nil {
		return err
	}
	pid, err := supervisor.PID(c.Run())
	if err != nil {
		return err
	}
	if pid != 0 {
		if state, err := supervisor.ReadState(c.Run()); err == nil && state.Generation == wanted {
			return awaitReady(ctx, c, whenReady, log)
		}
		log.Say("other components run than are to run: ending them")
		if err := supervisor.Stop(c.Run(), stopPatience); err != nil {
			return err
		}
	}
	if err := supervisor.WritePlan(c.Run(), plan); err != nil {
		return err
	}
	if err := supervisor.Start(c.Name, c.Run(), c.Logs()); err != nil {
		return err
	}
	return awaitReady(ctx, c, whenReady, log)
}

// awaitReady follows the supervisor until all components are ready.
func awaitReady(ctx context.Context, c *cluster.Cluster, whenReady func(name string) error, log *progress.Log) error {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	said := map[string]bool{}
	still := time.Now().Add(stillEvery)
	for {
		pid, err := supervisor.PID(c.Run())
		if err != nil {
			return err
		}
		if pid == 0 {
			return fmt.Errorf("the supervisor has ended: see %s", filepath.Join(c.Logs(), "supervisor.log"))
		}
		state, err := supervisor.ReadState(c.Run())
		if err != nil {
			return err
		}
		var missing []string
		for _, entry := range state.Components {
			if entry.Phase != supervisor.Ready {
				missing = append(missing, fmt.Sprintf("%s (%s, %d restarts)", entry.Name, entry.Phase, entry.Restarts))
			} else if !said[entry.Name] {
				said[entry.Name] = true
				log.Say("%s is ready", entry.Name)
				if err := whenReady(entry.Name); err != nil {
					return err
				}
			}
		}
		if len(missing) == 0 && len(state.Components) > 0 {
			return nil
		}
		if time.Now().After(still) {
			still = time.Now().Add(stillEvery)
			log.Say("still waiting for %s", strings.Join(missing, ", "))
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not ready after %s: %s\n%s", startPatience, strings.Join(missing, ", "), complaints(c, state))
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// complaints returns the last log lines of the first component that is not ready: the others wait for
// it.
func complaints(c *cluster.Cluster, state *supervisor.State) string {
	for _, entry := range state.Components {
		if entry.Phase == supervisor.Ready {
			continue
		}
		path := filepath.Join(c.Logs(), entry.Name+".log")
		data, err := os.ReadFile(path)
		if err != nil {
			return err.Error()
		}
		lines := strings.Split(strings.TrimSpace(string(data)), "\n")
		return fmt.Sprintf("the end of %s:\n%s", path, strings.Join(lines[max(0, len(lines)-10):], "\n"))
	}
	return ""
}

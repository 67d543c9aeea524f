package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"localkube/internal/cluster"
	"localkube/internal/supervisor"
)

// clusterStatus is one entry of "status -o json".
type clusterStatus struct {
	*cluster.Cluster
	Kubeconfig string                      `json:"kubeconfig"`
	Running    bool                        `json:"running"`
	Components []supervisor.ComponentState `json:"components"`
}

func status(_ context.Context, args []string) error {
	o := newOptions("status").withOutput()
	if _, err := o.parse(args, 0); err != nil {
		return err
	}
	clusters, err := cluster.All()
	if err != nil {
		return err
	}
	statuses := []clusterStatus{}
	for _, c := range clusters {
		pid, err := supervisor.PID(c.Run())
		if err != nil {
			return err
		}
		entry := clusterStatus{Cluster: c, Kubeconfig: c.Kubeconfig(), Running: pid != 0}
		if entry.Running {
			state, err := supervisor.ReadState(c.Run())
			if err != nil {
				return err
			}
			entry.Components = state.Components
		}
		statuses = append(statuses, entry)
	}
	if o.output == "json" {
		return printJSON(statuses)
	}
	return printStatuses(statuses)
}

func printStatuses(statuses []clusterStatus) error {
	if len(statuses) == 0 {
		fmt.Println("localkube: no cluster here")
		return nil
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, s := range statuses {
		if !s.Running {
			fmt.Fprintf(table, "%s\tdown, state kept\t%s\n", s.Name, s.Dir())
			continue
		}
		fmt.Fprintf(table, "%s\tup\t%s\t%s\n", s.Name, s.Server, s.Kubeconfig)
		for _, entry := range s.Components {
			fmt.Fprintf(table, "  %s\t%s\tpid %d, %d restarts\tfor %s\n", entry.Name, entry.Phase, entry.PID,
				entry.Restarts, time.Since(entry.Since).Round(time.Second))
		}
	}
	return table.Flush()
}

func kubeconfig(_ context.Context, args []string) error {
	o := newOptions("kubeconfig").withName()
	if _, err := o.parse(args, 0); err != nil {
		return err
	}
	c, err := existing(o.name)
	if err != nil {
		return err
	}
	fmt.Println(c.Kubeconfig())
	return nil
}

func logs(ctx context.Context, args []string) error {
	o := newOptions("logs").withName()
	follow := o.Bool("f", false, "go on as the log grows")
	rest, err := o.parse(args, 1)
	if err != nil {
		return err
	}
	if len(rest) == 0 {
		return usageError("logs: which component?")
	}
	c, err := existing(o.name)
	if err != nil {
		return err
	}
	name := filepath.Base(rest[0])
	earlier, err := rotated(c.Logs(), name)
	if err != nil {
		return err
	}
	for _, path := range earlier {
		// One that is removed meanwhile was too old to be kept.
		if err := printFile(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	file, err := os.Open(filepath.Join(c.Logs(), name+".log"))
	if err != nil {
		return err
	}
	defer file.Close()
	for {
		if _, err := io.Copy(os.Stdout, file); err != nil || !*follow {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(300 * time.Millisecond):
		}
	}
}

// rotated lists what was moved out of a component's log as it grew (NAME-TIME.log), the oldest first.
func rotated(folder, name string) ([]string, error) {
	return filepath.Glob(filepath.Join(folder, name+"-[0-9]*T*.log"))
}

func printFile(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = io.Copy(os.Stdout, file)
	return err
}

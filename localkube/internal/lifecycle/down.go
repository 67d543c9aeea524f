package lifecycle

import (
	"os"

	"localkube/internal/cluster"
	"localkube/internal/progress"
	"localkube/internal/supervisor"
)

// DownControlPlane ends a control plane and removes all that it kept: it is a throw-away.
func DownControlPlane(c *cluster.Cluster, log *progress.Log) error {
	lock, err := c.Lock()
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := supervisor.Stop(c.Run(), stopPatience); err != nil {
		return err
	}
	log.Say("components ended")
	if err := os.RemoveAll(c.Run()); err != nil {
		return err
	}
	if err := os.RemoveAll(c.Dir()); err != nil {
		return err
	}
	return c.Forget()
}

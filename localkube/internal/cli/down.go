package cli

import (
	"context"
	"fmt"

	"localkube/internal/cluster"
	"localkube/internal/lifecycle"
	"localkube/internal/progress"
)

func down(ctx context.Context, args []string) error {
	o := newOptions("down").withName()
	purge := o.Bool("purge", false, "also delete the state of the full cluster")
	if _, err := o.parse(args, 0); err != nil {
		return err
	}
	if o.name == "" {
		o.name = cluster.FullName
	}
	c, err := cluster.Open(o.name)
	if err != nil {
		return err
	}
	log := progress.New()
	if c.Full() {
		err = lifecycle.Down(ctx, c, *purge, log)
	} else {
		err = lifecycle.DownControlPlane(c, log)
	}
	if err != nil {
		return err
	}
	fmt.Printf("localkube: %s is down\n", c.Name)
	return nil
}

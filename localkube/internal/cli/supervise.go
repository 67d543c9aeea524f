package cli

import (
	"context"

	"localkube/internal/cluster"
	"localkube/internal/supervisor"
)

// supervise is what "up" starts in the background.
func supervise(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return usageError("supervise: which cluster?")
	}
	c, err := cluster.Open(args[0])
	if err != nil {
		return err
	}
	return supervisor.Run(ctx, c.Run())
}

package lifecycle

import (
	"context"
	"errors"

	"localkube/internal/cluster"
	"localkube/internal/progress"
)

func Up(ctx context.Context, c *cluster.Cluster, log *progress.Log) error { return errors.New("soon") }
func Down(ctx context.Context, c *cluster.Cluster, purge bool, log *progress.Log) error {
	return errors.New("soon")
}

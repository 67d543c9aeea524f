package cli

import (
	"context"

	"localkube/internal/prove"
)

func proveAll(ctx context.Context, args []string) error {
	if len(args) > 0 {
		return usageError("prove takes no arguments")
	}
	return prove.Run(ctx)
}

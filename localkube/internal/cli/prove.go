package cli

import (
	"context"

	"localkube/internal/prove"
)

func proveAll(ctx context.Context, args []string) error {
	o := newOptions("prove")
	controlPlaneOnly := o.Bool("control-plane", false, "leave out what needs a node")
	if _, err := o.parse(args, 0); err != nil {
		return err
	}
	return prove.Run(ctx, *controlPlaneOnly)
}

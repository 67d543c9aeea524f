package cli

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"text/tabwriter"

	"localkube/internal/image"
	"localkube/internal/node"
	"localkube/internal/progress"
)

func load(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return usageError("load: which archives?")
	}
	store, err := imageStore()
	if err != nil {
		return err
	}
	log := progress.New()
	for _, archive := range args {
		log.Say("loading %s", archive)
		names, imported, err := store.Load(ctx, archive)
		if err != nil {
			return err
		}
		for _, name := range names {
			if imported {
				fmt.Printf("%s loaded\n", name)
			} else {
				fmt.Printf("%s was loaded already\n", name)
			}
		}
	}
	return nil
}

func images(ctx context.Context, _ []string) error {
	store, err := imageStore()
	if err != nil {
		return err
	}
	list, err := store.List(ctx)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, name := range slices.Sorted(maps.Keys(list)) {
		fmt.Fprintf(table, "%s\t%s\n", name, list[name])
	}
	return table.Flush()
}

func imageStore() (image.Store, error) {
	c, err := existing("")
	if err != nil {
		return image.Store{}, err
	}
	return image.Store{Socket: c.RuntimeSocket()}, nil
}

// pack is a step of the build.
func pack(_ context.Context, args []string) error {
	if len(args) != 1 {
		return usageError("pack: which directory?")
	}
	return node.Pack(args[0])
}

package image

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strings"
)

// Store is the image store of a containerd, reached with its own tool.
type Store struct{ Socket string }

// namespace is the one that the kubelet's images are in.
const namespace = "k8s.io"

func (s Store) ctr(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "ctr", append([]string{"--address", s.Socket, "--namespace", namespace}, args...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("ctr %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return string(out), nil
}

// List returns the digests of all images by name.
func (s Store) List(ctx context.Context) (map[string]string, error) {
	out, err := s.ctr(ctx, "images", "ls")
	if err != nil {
		return nil, err
	}
	return parseList(out), nil
}

// parseList reads the table REF TYPE DIGEST ...; the first line is its head.
func parseList(table string) map[string]string {
	images := map[string]string{}
	for _, line := range strings.Split(table, "\n")[1:] {
		if fields := strings.Fields(line); len(fields) >= 3 {
			images[fields[0]] = fields[2]
		}
	}
	return images
}

// Load imports the archive, unless all its images are there already, and tells whether it did.
func (s Store) Load(ctx context.Context, archive string) (names []string, imported bool, err error) {
	wanted, err := References(archive)
	if err != nil {
		return nil, false, err
	}
	present, err := s.List(ctx)
	if err != nil {
		return nil, false, err
	}
	for _, image := range wanted {
		names = append(names, image.Name)
		imported = imported || present[image.Name] != image.Digest
	}
	if !imported {
		return names, false, nil
	}
	if _, err := s.ctr(ctx, "images", "import", archive); err != nil {
		return nil, false, err
	}
	for _, image := range wanted {
		if image.Name == image.Stored {
			continue
		}
		if _, err := s.ctr(ctx, "images", "tag", "--force", image.Stored, image.Name); err != nil {
			return nil, false, err
		}
	}
	return names, true, nil
}

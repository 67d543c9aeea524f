package image

import (
	"archive/tar"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/distribution/reference"
)

// Reference is an image in an archive: the name it is to be known by and what it is.
type Reference struct {
	Name   string // as Kubernetes asks for it: with registry and tag
	Stored string // as the archive spells it
	Digest string
}

// References reads which images an OCI archive holds.
func References(archive string) ([]Reference, error) {
	file, err := os.Open(archive)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	for entries := tar.NewReader(file); ; {
		header, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("%s: no index.json: not an OCI archive", archive)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", archive, err)
		}
		if header.Name != "index.json" && header.Name != "./index.json" {
			continue
		}
		var content index
		if err := json.NewDecoder(entries).Decode(&content); err != nil {
			return nil, fmt.Errorf("%s: index.json: %w", archive, err)
		}
		return references(archive, content)
	}
}

func references(archive string, content index) ([]Reference, error) {
	var found []Reference
	for _, m := range content.Manifests {
		stored := m.Annotations[nameAnnotation]
		if stored == "" {
			return nil, fmt.Errorf("%s: the image has no annotation %s in index.json", archive, nameAnnotation)
		}
		name, err := reference.ParseDockerRef(stored)
		if err != nil {
			return nil, fmt.Errorf("%s: %q: %w", archive, stored, err)
		}
		found = append(found, Reference{Name: name.String(), Stored: stored, Digest: m.Digest})
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%s: holds no image", archive)
	}
	return found, nil
}

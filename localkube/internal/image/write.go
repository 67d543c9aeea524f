// Package image writes OCI image archives and loads them into containerd.
package image

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
	"runtime"
	"strings"
)

const (
	mediaManifest = "application/vnd.oci.image.manifest.v1+json"
	mediaConfig   = "application/vnd.oci.image.config.v1+json"
	mediaLayer    = "application/vnd.oci.image.layer.v1.tar"
	// nameAnnotation is where containerd looks for the name of an image in an archive, refAnnotation
	// where others do.
	nameAnnotation = "io.containerd.image.name"
	refAnnotation  = "org.opencontainers.image.ref.name"
)

// Spec describes an image of one layer.
type Spec struct {
	Name       string // full reference, with registry and tag
	Entrypoint []string
	User       string
	Files      []File
}

// File is a file of the host and its absolute path in the image.
type File struct{ Source, Path string }

type descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      string            `json:"digest"`
	Size        int64             `json:"size"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

type manifest struct {
	SchemaVersion int          `json:"schemaVersion"`
	MediaType     string       `json:"mediaType"`
	Config        descriptor   `json:"config"`
	Layers        []descriptor `json:"layers"`
}

type index struct {
	SchemaVersion int          `json:"schemaVersion"`
	Manifests     []descriptor `json:"manifests"`
}

type imageConfig struct {
	Architecture string `json:"architecture"`
	OS           string `json:"os"`
	Config       struct {
		Entrypoint []string `json:"Entrypoint,omitempty"`
		User       string   `json:"User,omitempty"`
		Env        []string `json:"Env"`
	} `json:"config"`
	RootFS struct {
		Type    string   `json:"type"`
		DiffIDs []string `json:"diff_ids"`
	} `json:"rootfs"`
}

// Write writes the image as an OCI layout in a tar. Equal input gives an equal archive: nothing in it
// depends on the time or on the owner of the files.
func Write(out io.Writer, spec Spec) error {
	layer, err := layerTar(spec.Files)
	if err != nil {
		return err
	}
	layerDesc := describe(mediaLayer, layer)

	config := imageConfig{Architecture: runtime.GOARCH, OS: "linux"}
	config.Config.Entrypoint = spec.Entrypoint
	config.Config.User = spec.User
	config.Config.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
	config.RootFS.Type = "layers"
	config.RootFS.DiffIDs = []string{layerDesc.Digest}
	configJSON, err := json.Marshal(config)
	if err != nil {
		return err
	}
	configDesc := describe(mediaConfig, configJSON)

	manifestJSON, err := json.Marshal(manifest{SchemaVersion: 2, MediaType: mediaManifest,
		Config: configDesc, Layers: []descriptor{layerDesc}})
	if err != nil {
		return err
	}
	manifestDesc := describe(mediaManifest, manifestJSON)
	manifestDesc.Annotations = map[string]string{nameAnnotation: spec.Name, refAnnotation: spec.Name}
	indexJSON, err := json.Marshal(index{SchemaVersion: 2, Manifests: []descriptor{manifestDesc}})
	if err != nil {
		return err
	}

	// The index comes first, so that a reader who only wants the name need not read on.
	archive := tar.NewWriter(out)
	for _, entry := range []struct {
		name string
		data []byte
	}{
		{"oci-layout", []byte(`{"imageLayoutVersion":"1.0.0"}`)},
		{"index.json", indexJSON},
		{blobPath(manifestDesc), manifestJSON},
		{blobPath(configDesc), configJSON},
		{blobPath(layerDesc), layer},
	} {
		if err := addFile(archive, entry.name, 0o644, entry.data); err != nil {
			return err
		}
	}
	return archive.Close()
}

func layerTar(files []File) ([]byte, error) {
	var buffer bytes.Buffer
	layer := tar.NewWriter(&buffer)
	made := map[string]bool{}
	for _, file := range files {
		if !path.IsAbs(file.Path) {
			return nil, fmt.Errorf("%s: the path in an image must be absolute", file.Path)
		}
		if err := addParents(layer, file.Path, made); err != nil {
			return nil, err
		}
		data, err := os.ReadFile(file.Source)
		if err != nil {
			return nil, err
		}
		info, err := os.Stat(file.Source)
		if err != nil {
			return nil, err
		}
		if err := addFile(layer, strings.TrimPrefix(file.Path, "/"), info.Mode().Perm(), data); err != nil {
			return nil, err
		}
	}
	return buffer.Bytes(), layer.Close()
}

func addParents(archive *tar.Writer, file string, made map[string]bool) error {
	dir := path.Dir(file)
	if dir == "/" || made[dir] {
		return nil
	}
	if err := addParents(archive, dir, made); err != nil {
		return err
	}
	made[dir] = true
	return archive.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: strings.TrimPrefix(dir, "/") + "/", Mode: 0o755})
}

func addFile(archive *tar.Writer, name string, mode os.FileMode, data []byte) error {
	header := &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: int64(mode), Size: int64(len(data))}
	if err := archive.WriteHeader(header); err != nil {
		return err
	}
	_, err := archive.Write(data)
	return err
}

func describe(mediaType string, data []byte) descriptor {
	sum := sha256.Sum256(data)
	return descriptor{MediaType: mediaType, Digest: "sha256:" + hex.EncodeToString(sum[:]), Size: int64(len(data))}
}

func blobPath(d descriptor) string { return "blobs/" + strings.Replace(d.Digest, ":", "/", 1) }

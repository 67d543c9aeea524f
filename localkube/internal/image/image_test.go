package image

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// written is the archive of a spec with one file.
func written(t *testing.T, name string) []byte {
	t.Helper()
	source := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(source, []byte("content"), 0o755); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err := Write(&out, Spec{
		Name: name, Entrypoint: []string{"/opt/bin/program"}, User: "1:1",
		Files: []File{{Source: source, Path: "/opt/bin/program"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func entries(t *testing.T, archive []byte) map[string][]byte {
	t.Helper()
	found := map[string][]byte{}
	for reader := tar.NewReader(bytes.NewReader(archive)); ; {
		header, err := reader.Next()
		if err == io.EOF {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(reader)
		if err != nil {
			t.Fatal(err)
		}
		found[header.Name] = data
	}
}

func TestEachBlobIsWhatItsDigestSays(t *testing.T) {
	found := entries(t, written(t, "docker.io/localkube/x:1"))
	var content index
	if err := json.Unmarshal(found["index.json"], &content); err != nil {
		t.Fatal(err)
	}
	var m manifest
	if err := json.Unmarshal(found[blobPath(content.Manifests[0])], &m); err != nil {
		t.Fatal(err)
	}
	var config imageConfig
	if err := json.Unmarshal(found[blobPath(m.Config)], &config); err != nil {
		t.Fatal(err)
	}
	for _, d := range []descriptor{content.Manifests[0], m.Config, m.Layers[0]} {
		blob, ok := found[blobPath(d)]
		if !ok {
			t.Fatalf("no blob %s", d.Digest)
		}
		if got := describe(d.MediaType, blob); got.Digest != d.Digest || got.Size != d.Size {
			t.Errorf("blob is %s of %d bytes, its descriptor says %s of %d", got.Digest, got.Size, d.Digest, d.Size)
		}
	}
	if got := config.RootFS.DiffIDs[0]; got != m.Layers[0].Digest {
		t.Errorf("diff id is %s, layer is %s", got, m.Layers[0].Digest)
	}
	layer := entries(t, found[blobPath(m.Layers[0])])
	for name, want := range map[string]string{"opt/": "", "opt/bin/": "", "opt/bin/program": "content"} {
		if got, ok := layer[name]; !ok || string(got) != want {
			t.Errorf("layer has %q for %s (%t), want %q", got, name, ok, want)
		}
	}
}

func TestEqualInputGivesEqualArchives(t *testing.T) {
	if !bytes.Equal(written(t, "docker.io/localkube/x:1"), written(t, "docker.io/localkube/x:1")) {
		t.Error("two archives of the same content differ")
	}
}

func TestReferencesOfAWrittenArchive(t *testing.T) {
	path := filepath.Join(t.TempDir(), "image.tar")
	if err := os.WriteFile(path, written(t, "localkube/x:1"), 0o644); err != nil {
		t.Fatal(err)
	}
	found, err := References(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 1 || found[0].Name != "docker.io/localkube/x:1" || found[0].Stored != "localkube/x:1" || !strings.HasPrefix(found[0].Digest, "sha256:") {
		t.Errorf("found %+v", found)
	}
}

func TestReferencesRefusesWhatHasNoName(t *testing.T) {
	for _, test := range []struct {
		name    string
		content index
		want    string
	}{
		{"no image", index{}, "holds no image"},
		{"no name", index{Manifests: []descriptor{{Digest: "sha256:1"}}}, nameAnnotation},
		{"bad name", index{Manifests: []descriptor{{Annotations: map[string]string{nameAnnotation: "docker.io/UPPER:1"}}}}, "docker.io/UPPER:1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := references("a.tar", test.content)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want one with %q", err, test.want)
			}
		})
	}
}

func TestReferencesRefusesAnotherTar(t *testing.T) {
	path := filepath.Join(t.TempDir(), "other.tar")
	var out bytes.Buffer
	writer := tar.NewWriter(&out)
	if err := addFile(writer, "readme", 0o644, []byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := References(path); err == nil || !strings.Contains(err.Error(), "not an OCI archive") {
		t.Errorf("error is %v", err)
	}
}

func TestParseList(t *testing.T) {
	got := parseList(`REF                     TYPE                                       DIGEST        SIZE     PLATFORMS   LABELS
docker.io/localkube/x:1 application/vnd.oci.image.manifest.v1+json sha256:abc    50.1 MiB linux/amd64 io.cri-containerd.image=managed
sha256:def              application/vnd.oci.image.manifest.v1+json sha256:abc    50.1 MiB linux/amd64 io.cri-containerd.image=managed
`)
	if len(got) != 2 || got["docker.io/localkube/x:1"] != "sha256:abc" {
		t.Errorf("parsed %v", got)
	}
}

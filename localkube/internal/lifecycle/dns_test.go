package lifecycle

import (
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

func TestDNSManifest(t *testing.T) {
	manifest, err := renderDNS("sha256:abc")
	if err != nil {
		t.Fatal(err)
	}
	documents := strings.Split(string(manifest), "\n---\n")
	if len(documents) != 6 {
		t.Errorf("%d documents", len(documents))
	}
	for _, document := range documents {
		var content map[string]any
		if err := yaml.UnmarshalStrict([]byte(document), &content); err != nil {
			t.Errorf("%v in:\n%s", err, document)
		}
	}
	if !strings.Contains(string(manifest), "localkube/image: \"sha256:abc\"") {
		t.Error("a new image would not make a new pod")
	}
}

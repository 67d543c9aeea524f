package node

import (
	"os"
	"path/filepath"

	"localkube/internal/image"
)

// Images of the programs that are built along with this one. Pods of tests can use ProbeImage.
const (
	PauseImage = "docker.io/localkube/pause:1" // holds the namespaces of each pod
	DNSImage   = "docker.io/localkube/coredns:1"
	ProbeImage = "docker.io/localkube/probe:1"
)

// builtin are the programs by the names of their binaries and archives.
var builtin = map[string]image.Spec{
	"pause":   {Name: PauseImage, Entrypoint: []string{"/pause"}, User: "65535:65535"},
	"coredns": {Name: DNSImage, Entrypoint: []string{"/coredns"}},
	"probe":   {Name: ProbeImage, Entrypoint: []string{"/probe"}},
}

// Pack turns the programs in dir into image archives next to them.
func Pack(dir string) error {
	for program, spec := range builtin {
		spec.Files = []image.File{{Source: filepath.Join(dir, program), Path: "/" + program}}
		if err := pack(filepath.Join(dir, program+".tar"), spec); err != nil {
			return err
		}
	}
	return nil
}

func pack(path string, spec image.Spec) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := image.Write(file, spec); err != nil {
		return err
	}
	return file.Close()
}

// BuiltinArchives returns the archives that Pack left beside this program.
func BuiltinArchives() ([]string, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	var archives []string
	for name := range builtin {
		archives = append(archives, filepath.Join(filepath.Dir(program), name+".tar"))
	}
	return archives, nil
}

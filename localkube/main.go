// Localkube is Kubernetes in one program: the verbs that bring clusters up and down, and the
// components that run in them.
package main

import (
	"os"

	"localkube/internal/cli"
	"localkube/internal/component"
	"localkube/internal/upstream"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] != component.Kubectl && upstream.Is(os.Args[1]) {
		os.Exit(upstream.Run(os.Args[1], os.Args[2:]))
	}
	os.Exit(cli.Run(os.Args[1:], kubectl))
}

func kubectl(args []string) int { return upstream.Run(component.Kubectl, args) }

package cli

import (
	"fmt"
	"os"
	"strings"
)

// kubectl runs kubectl against the local cluster and no other: a KUBECONFIG in the environment, which
// may name anything, does not count here.
func kubectl(args []string, run func([]string) int) int {
	if !hasFlag(args, "--kubeconfig") {
		c, err := existing(os.Getenv("LOCALKUBE_NAME"))
		if err == nil {
			err = os.Setenv("KUBECONFIG", c.Kubeconfig())
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "localkube: kubectl:", err)
			return 1
		}
	}
	return run(args)
}

// hasFlag looks for a flag of kubectl itself: what comes after "--" is a command in a container.
func hasFlag(args []string, flag string) bool {
	for _, arg := range args {
		switch {
		case arg == "--":
			return false
		case arg == flag, strings.HasPrefix(arg, flag+"="):
			return true
		}
	}
	return false
}

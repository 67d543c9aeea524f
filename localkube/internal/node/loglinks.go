package node

import (
	"os"
	"path/filepath"

	"localkube/internal/cluster"
)

// logLinks is where the kubelet puts links to the logs of containers; it does not let us choose.
const logLinks = "/var/log/containers"

// removeLogLinks removes the links to our pods' logs.
func removeLogLinks(c *cluster.Cluster) error {
	links, err := filepath.Glob(filepath.Join(logLinks, "*.log"))
	if err != nil {
		return err
	}
	for _, link := range links {
		target, err := os.Readlink(link)
		if err == nil && below(target, paths(c).PodLogs) {
			if err := os.Remove(link); err != nil {
				return err
			}
		}
	}
	return removeEmpty(logLinks)
}

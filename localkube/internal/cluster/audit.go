package cluster

import (
	_ "embed"
	"os"
	"path/filepath"
)

// auditPolicy has what programs on the cluster ask for, and not what the cluster's own parts do.
//
//go:embed audit-policy.yaml
var auditPolicy []byte

func (c *Cluster) auditPolicyFile() string { return filepath.Join(c.Conf(), "audit-policy.yaml") }

func (c *Cluster) writeAuditPolicy() error {
	return os.WriteFile(c.auditPolicyFile(), auditPolicy, 0o644)
}

package cluster

import (
	"path/filepath"
	"strconv"
	"time"

	"localkube/internal/component"
	"localkube/internal/supervisor"
)

// ControlPlane returns the components that every cluster has.
func (c *Cluster) ControlPlane() []supervisor.Component {
	return []supervisor.Component{c.etcd(), c.apiServer(), c.controllerManager()}
}

func (c *Cluster) etcdSocket() string { return filepath.Join(c.Run(), "etcd.sock") }

func (c *Cluster) pkiFile(name string) string { return filepath.Join(c.PKI(), name) }

func (c *Cluster) etcd() supervisor.Component {
	return supervisor.Component{
		Name: component.Etcd,
		Args: []string{
			component.Etcd,
			"--data-dir=" + filepath.Join(c.Dir(), "etcd"),
			"--client-socket=" + c.etcdSocket(),
			"--peer-socket=" + filepath.Join(c.Run(), "etcd-peer.sock"),
		},
		Ready: &supervisor.Probe{Socket: c.etcdSocket()},
		Grace: 5 * time.Second,
	}
}

func (c *Cluster) apiServer() supervisor.Component {
	args := []string{
		component.APIServer,
		"--bind-address=" + c.Host,
		"--advertise-address=" + c.Host,
		"--secure-port=" + strconv.Itoa(c.Port),
		"--etcd-servers=unix://" + c.etcdSocket(),
		"--client-ca-file=" + c.pkiFile("ca.crt"),
		"--tls-cert-file=" + c.pkiFile("apiserver.crt"),
		"--tls-private-key-file=" + c.pkiFile("apiserver.key"),
		"--kubelet-certificate-authority=" + c.pkiFile("ca.crt"),
		"--kubelet-client-certificate=" + c.pkiFile("apiserver-kubelet-client.crt"),
		"--kubelet-client-key=" + c.pkiFile("apiserver-kubelet-client.key"),
		"--kubelet-preferred-address-types=InternalIP",
		"--service-account-issuer=https://kubernetes.default.svc." + DNSDomain,
		"--service-account-key-file=" + c.pkiFile("sa.pub"),
		"--service-account-signing-key-file=" + c.pkiFile("sa.key"),
		"--service-cluster-ip-range=" + ServiceCIDR,
		"--authorization-mode=Node,RBAC",
		// The second is OpenShift's default: whoever blocks an owner's deletion has to have the right to.
		"--enable-admission-plugins=NodeRestriction,OwnerReferencesPermissionEnforcement",
		"--allow-privileged=true",
		"--requestheader-client-ca-file=" + c.pkiFile("front-proxy-ca.crt"),
		"--requestheader-allowed-names=front-proxy-client",
		"--requestheader-username-headers=X-Remote-User",
		"--requestheader-group-headers=X-Remote-Group",
		"--requestheader-extra-headers-prefix=X-Remote-Extra-",
		"--proxy-client-cert-file=" + c.pkiFile("front-proxy-client.crt"),
		"--proxy-client-key-file=" + c.pkiFile("front-proxy-client.key"),
		"--profiling=false",
	}
	if c.Full() || c.Audit {
		args = append(args,
			"--audit-policy-file="+c.auditPolicyFile(),
			"--audit-log-path="+filepath.Join(c.Logs(), "audit.log"),
			"--audit-log-maxsize="+strconv.Itoa(c.auditLogMiB()),
			"--audit-log-maxbackup=1")
	}
	if !c.Full() {
		// A loopback address is no endpoint, and there are no pods to reach it from.
		args = append(args, "--endpoint-reconciler-type=none")
	}
	return supervisor.Component{
		Name:  component.APIServer,
		Args:  args,
		After: []string{component.Etcd},
		Ready: &supervisor.Probe{URL: c.Server + "/readyz", CAFile: c.pkiFile("ca.crt")},
		// Open watches would hold it for a minute.
		Grace: 3 * time.Second,
	}
}

// auditLogMiB is the size at which the log is rotated. Whoever asks for it on a control plane reads it
// as one file.
func (c *Cluster) auditLogMiB() int {
	if c.Full() {
		return 100
	}
	return 4096
}

func (c *Cluster) controllerManager() supervisor.Component {
	kubeconfig := c.pkiFile("controller-manager.kubeconfig")
	args := []string{
		component.ControllerManager,
		"--kubeconfig=" + kubeconfig,
		"--secure-port=0",
		"--leader-elect=false",
		"--profiling=false",
		"--service-account-private-key-file=" + c.pkiFile("sa.key"),
		"--root-ca-file=" + c.pkiFile("ca.crt"),
		"--cluster-signing-cert-file=" + c.pkiFile("ca.crt"),
		"--cluster-signing-key-file=" + c.pkiFile("ca.key"),
		"--use-service-account-credentials",
		// The default of 20 requests a second is also the number of pods it makes a second.
		"--kube-api-qps=500",
		"--kube-api-burst=1000",
		"--flex-volume-plugin-dir=" + filepath.Join(c.Dir(), "volume-plugins"),
	}
	if c.Full() {
		args = append(args,
			"--allocate-node-cidrs",
			"--cluster-cidr="+PodCIDR,
			"--node-cidr-mask-size=24",
			"--service-cluster-ip-range="+ServiceCIDR)
	}
	if c.Controllers != "" {
		args = append(args, "--controllers="+c.Controllers)
	}
	return supervisor.Component{
		Name:  component.ControllerManager,
		Args:  args,
		After: []string{component.APIServer},
		Grace: 2 * time.Second,
	}
}

// Package component names the components of Kubernetes that are linked into this program. A name is
// also the verb that runs the component. Apart from package upstream, which runs them, so that what
// only names them does not depend on all of Kubernetes.
package component

const (
	Etcd              = "etcd"
	APIServer         = "kube-apiserver"
	ControllerManager = "kube-controller-manager"
	Scheduler         = "kube-scheduler"
	Kubelet           = "kubelet"
	Proxy             = "kube-proxy"
	Kubectl           = "kubectl"
)

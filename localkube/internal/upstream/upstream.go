// Package upstream runs the Kubernetes components that are linked into this program.
//
// Each component is the upstream command with upstream flags: the first argument of the process
// selects it, the way a multi-call binary does.
package upstream

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"
	_ "k8s.io/client-go/plugin/pkg/client/auth"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	kubectl "k8s.io/kubectl/pkg/cmd"
	kubectlutil "k8s.io/kubectl/pkg/cmd/util"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"

	"localkube/internal/component"
)

var commands = map[string]func() *cobra.Command{
	component.APIServer:         apiserver.NewAPIServerCommand,
	component.ControllerManager: controllermanager.NewControllerManagerCommand,
	component.Scheduler:         func() *cobra.Command { return scheduler.NewSchedulerCommand() },
	component.Kubelet:           func() *cobra.Command { return kubelet.NewKubeletCommand(context.Background()) },
	component.Proxy:             proxy.NewProxyCommand,
}

// Is tells whether name is the verb of a component.
func Is(name string) bool {
	_, ok := commands[name]
	return ok || name == component.Etcd || name == component.Kubectl
}

// Run runs the component until it ends and returns the exit status of the process.
func Run(name string, args []string) int {
	// The upstream commands read their flags, and the name they print, from os.Args.
	os.Args = append([]string{name}, args...)
	switch name {
	case component.Etcd:
		if err := runEtcd(args); err != nil {
			fmt.Fprintln(os.Stderr, "etcd:", err)
			return 1
		}
		return 0
	case component.Kubectl:
		if err := cli.RunNoErrOutput(kubectl.NewDefaultKubectlCommand()); err != nil {
			kubectlutil.CheckErr(err) // prints the error the way kubectl does and exits
		}
		return 0
	}
	return cli.Run(commands[name]())
}

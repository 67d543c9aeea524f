// Package cli is the command line: it parses verbs and prints results.
package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"localkube/internal/cluster"
	"localkube/internal/component"
)

const usage = `localkube: Kubernetes on this machine, from one program

  localkube up [-o json]                              start the cluster, or repair it
  localkube up --control-plane [--name N] [-o json]   start etcd, kube-apiserver and
                                                      kube-controller-manager alone, on a free port;
                                                      --audit logs the requests of service accounts,
                                                      --controllers LIST runs these alone
  localkube down [--name N] [--purge]                 stop; --purge also deletes the cluster's state
                                                      (a control plane's state always goes)
  localkube load ARCHIVE...                           load images from OCI archives
  localkube images                                    list the loaded images
  localkube status [-o json]                          what runs
  localkube kubeconfig [--name N]                     print the path of the admin kubeconfig
  localkube kubectl ...                               kubectl, on the cluster (or LOCALKUBE_NAME's)
  localkube prove [--control-plane]                   show that all of this works, from nothing to
                                                      nothing (the cluster must be down)
  localkube logs COMPONENT [--name N] [-f]            print the log of a component
`

// usageError is a mistake of the caller: it is answered with the usage.
type usageError string

func (e usageError) Error() string { return string(e) }

var verbs = map[string]func(context.Context, []string) error{
	"up":         up,
	"down":       down,
	"status":     status,
	"kubeconfig": kubeconfig,
	"logs":       logs,
	"load":       load,
	"images":     images,
	"prove":      proveAll,
	"supervise":  supervise,
	"pack":       pack,
}

// Run runs the verb in args and returns the exit status. runKubectl is kubectl itself.
func Run(args []string, runKubectl func(args []string) int) int {
	if len(args) == 0 || args[0] == "help" || args[0] == "--help" || args[0] == "-h" {
		fmt.Print(usage)
		return 0
	}
	if args[0] == component.Kubectl {
		// Apart from the others: kubectl leaves it to signals to end it.
		return kubectl(args[1:], runKubectl)
	}
	verb, ok := verbs[args[0]]
	if !ok {
		fmt.Fprintf(os.Stderr, "localkube: there is no verb %q\n\n%s", args[0], usage)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	err := verb(ctx, args[1:])
	var misuse usageError
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.As(err, &misuse):
		fmt.Fprintf(os.Stderr, "localkube: %v\n\n%s", err, usage)
		return 2
	}
	fmt.Fprintf(os.Stderr, "localkube: %s: %v\n", args[0], err)
	return 1
}

// options are the flags that verbs share.
type options struct {
	*flag.FlagSet
	name   string
	output string
}

func newOptions(verb string) *options {
	o := &options{FlagSet: flag.NewFlagSet(verb, flag.ContinueOnError)}
	o.Usage = func() { fmt.Fprint(os.Stderr, usage) }
	return o
}

func (o *options) withName() *options {
	o.StringVar(&o.name, "name", "", "name of the cluster")
	return o
}

func (o *options) withOutput() *options {
	o.StringVar(&o.output, "o", "", "output format: json")
	return o
}

// parse accepts flags before and after up to most arguments, and returns these.
func (o *options) parse(args []string, most int) ([]string, error) {
	var rest []string
	for {
		if err := o.Parse(args); err != nil {
			return nil, err
		}
		if o.NArg() == 0 {
			break
		}
		rest = append(rest, o.Arg(0))
		args = o.Args()[1:]
	}
	if len(rest) > most {
		return nil, usageError(fmt.Sprintf("%s: unexpected %q", o.Name(), rest[most]))
	}
	if o.output != "" && o.output != "json" {
		return nil, usageError(fmt.Sprintf("%s: unknown output format %q", o.Name(), o.output))
	}
	return rest, nil
}

// existing opens the named cluster, which must have been made; no name means the full one.
func existing(name string) (*cluster.Cluster, error) {
	if name == "" {
		name = cluster.FullName
	}
	c, err := cluster.Open(name)
	if err != nil {
		return nil, err
	}
	if !c.Exists() {
		return nil, fmt.Errorf("there is no cluster %q here", name)
	}
	return c, nil
}

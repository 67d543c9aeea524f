package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"localkube/internal/cluster"
	"localkube/internal/lifecycle"
	"localkube/internal/progress"
)

// defaultControlPlane is the name of a control plane that was given none.
const defaultControlPlane = "control-plane"

func up(ctx context.Context, args []string) error {
	o := newOptions("up").withName().withOutput()
	controlPlane := o.Bool("control-plane", false, "no node: etcd, kube-apiserver and kube-controller-manager alone")
	audit := o.Bool("audit", false, "a control plane that logs the requests of service accounts (logs audit)")
	controllers := o.String("controllers", "", "the controllers of a control plane, as kube-controller-manager's flag has them")
	if _, err := o.parse(args, 0); err != nil {
		return err
	}
	if !*controlPlane && (*audit || *controllers != "") {
		return usageError("up: --audit and --controllers are for control planes: add --control-plane")
	}
	name, err := upName(o.name, *controlPlane)
	if err != nil {
		return err
	}
	c, err := cluster.Open(name)
	if err != nil {
		return err
	}
	if !c.Exists() {
		c.Audit, c.Controllers = *audit, *controllers
	}
	log := progress.New()
	if *controlPlane {
		err = lifecycle.UpControlPlane(ctx, c, log)
	} else {
		err = lifecycle.Up(ctx, c, log)
	}
	if err != nil {
		return err
	}
	log.Say("%s is up", c.Name)
	if o.output == "json" {
		return printJSON(map[string]any{"name": c.Name, "server": c.Server, "kubeconfig": c.Kubeconfig()})
	}
	fmt.Printf("localkube: %s is up in %.1fs: KUBECONFIG=%s\n", c.Name, log.Elapsed().Seconds(), c.Kubeconfig())
	return nil
}

func upName(name string, controlPlane bool) (string, error) {
	switch {
	case !controlPlane && name == "":
		return cluster.FullName, nil
	case !controlPlane:
		return "", usageError("up: only control planes have names: add --control-plane")
	case name == "":
		return defaultControlPlane, nil
	case name == cluster.FullName:
		return "", usageError(fmt.Sprintf("up: %q is the name of the full cluster", name))
	}
	return name, nil
}

func printJSON(value any) error {
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

// Package prove shows that the embedded Kubernetes does what its users rely on: it runs the program
// itself, from nothing to nothing, and says for each promise whether it holds.
package prove

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"localkube/internal/cluster"
	"localkube/internal/node"
)

// prover runs checks and counts them.
type prover struct {
	program string
	passed  int
	failed  []string
}

// Run runs all checks, or those of control planes alone, on state of its own. For the others the full
// cluster must be down.
func Run(ctx context.Context, controlPlaneOnly bool) error {
	if !controlPlaneOnly && node.Present() {
		return errors.New("the cluster is up: the proof needs the node for itself, take it down first")
	}
	state, err := os.MkdirTemp("", "localkube-prove-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(state)
	if err := os.Setenv("LOCALKUBE_STATE", state); err != nil {
		return err
	}
	program, err := os.Executable()
	if err != nil {
		return err
	}
	started := time.Now()
	p := &prover{program: program}
	p.controlPlanes(ctx)
	if !controlPlaneOnly {
		// Whatever happens, nothing stays.
		defer p.localkube(context.WithoutCancel(ctx), "down", "--purge")
		if err := p.fullCluster(ctx, state); err != nil {
			return err
		}
	}
	fmt.Printf("%d ok, %d failed, %.0fs\n", p.passed, len(p.failed), time.Since(started).Seconds())
	if len(p.failed) > 0 {
		return fmt.Errorf("failed: %s", strings.Join(p.failed, "; "))
	}
	return nil
}

func (p *prover) fullCluster(ctx context.Context, state string) error {
	before, err := snapshot(state)
	if err != nil {
		return err
	}
	if !p.check(ctx, "up starts the cluster from nothing", time.Minute, func(ctx context.Context) error {
		return p.localkube(ctx, "up")
	}) {
		return errors.New("without a cluster there is nothing to prove")
	}
	c, err := cluster.Open(cluster.FullName)
	if err != nil {
		return err
	}
	p.workload(ctx)
	p.repair(ctx, c)
	p.end(ctx, c, before, state)
	return nil
}

// check asks until the answer is nil or time is up: most promises are about what becomes true soon.
func (p *prover) check(ctx context.Context, name string, patience time.Duration, ask func(context.Context) error) bool {
	started := time.Now()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var err error
	for {
		if err = ask(ctx); err == nil {
			p.passed++
			fmt.Printf("ok    %s (%.1fs)\n", name, time.Since(started).Seconds())
			return true
		}
		select {
		case <-ctx.Done():
			p.failed = append(p.failed, name)
			fmt.Printf("FAIL  %s: %v\n", name, err)
			return false
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// localkube runs a verb of this program.
func (p *prover) localkube(ctx context.Context, args ...string) error {
	_, err := p.output(ctx, nil, args...)
	return err
}

// output runs a verb and returns what it printed.
func (p *prover) output(ctx context.Context, input []byte, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, p.program, args...)
	var stderr bytes.Buffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(input), &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("localkube %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return string(out), nil
}

// kubectl runs kubectl in the namespace of the proof.
func (p *prover) kubectl(ctx context.Context, args ...string) (string, error) {
	return p.output(ctx, nil, append([]string{"kubectl", "--namespace", "prove"}, args...)...)
}

// expect wants the output of kubectl to contain a text.
func (p *prover) expect(ctx context.Context, text string, args ...string) error {
	out, err := p.kubectl(ctx, args...)
	if err == nil && !strings.Contains(out, text) {
		err = fmt.Errorf("%q is not in %q", text, out)
	}
	return err
}

// refused wants kubectl to fail with a text.
func (p *prover) refused(ctx context.Context, text string, args ...string) error {
	out, err := p.kubectl(ctx, args...)
	if err == nil {
		return fmt.Errorf("not refused: %s", out)
	}
	if !strings.Contains(err.Error(), text) {
		return fmt.Errorf("refused for another reason: %w", err)
	}
	return nil
}

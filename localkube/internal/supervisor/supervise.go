package supervisor

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"
)

const (
	firstBackOff = 200 * time.Millisecond
	maxBackOff   = 10 * time.Second
	// settled is how long a component must run for its next end to count as the first again.
	settled = 30 * time.Second
	// maxLog is the size at which a log is put aside when its component starts.
	maxLog = 32 << 20
)

// Run supervises the plan in the run directory until ctx ends, then ends the components, the last
// started first.
func Run(ctx context.Context, run string) error {
	lock, err := acquire(run)
	if err != nil {
		return err
	}
	defer lock.Close()
	plan, err := ReadPlan(run)
	if err != nil {
		return err
	}
	generation, err := plan.Generation()
	if err != nil {
		return err
	}
	board := newBoard(run, generation, plan.Components)

	keepers := make([]*keeper, len(plan.Components))
	for i, component := range plan.Components {
		stop, cancel := context.WithCancel(context.Background())
		keepers[i] = &keeper{Component: component, logs: plan.Logs, board: board, stop: cancel, ended: make(chan struct{})}
		go keepers[i].keep(stop)
	}
	<-ctx.Done()
	log.Print("told to end")
	var all sync.WaitGroup
	for _, k := range keepers {
		all.Go(func() {
			// What others need ends after them.
			for _, other := range keepers {
				if other.needs(k.Name) {
					<-other.ended
				}
			}
			k.stop()
			<-k.ended
		})
	}
	all.Wait()
	log.Print("all components ended")
	return nil
}

// keeper keeps one component running.
type keeper struct {
	Component
	logs  string
	board *board
	stop  context.CancelFunc
	ended chan struct{}
}

func (k *keeper) needs(name string) bool {
	for _, other := range k.After {
		if other == name {
			return true
		}
	}
	return false
}

func (k *keeper) set(change func(*ComponentState)) {
	if err := k.board.set(k.Name, change); err != nil {
		log.Printf("%s: %v", k.Name, err)
	}
}

func (k *keeper) keep(ctx context.Context) {
	defer close(k.ended)
	// The kernel ends the child when the thread that started it ends (Pdeathsig), so the thread
	// must be this goroutine's own.
	runtime.LockOSThread()
	backOff := firstBackOff
	for {
		k.set(func(s *ComponentState) { s.Phase, s.PID = Waiting, 0 })
		if !k.await(ctx) {
			break
		}
		started := time.Now()
		err := k.once(ctx)
		if ctx.Err() != nil {
			break
		}
		if time.Since(started) > settled {
			backOff = firstBackOff
		}
		log.Printf("%s ended (%v), starting again in %s", k.Name, err, backOff)
		k.set(func(s *ComponentState) {
			s.Phase, s.PID, s.LastExit = BackOff, 0, fmt.Sprint(err)
			s.Restarts++
		})
		select {
		case <-ctx.Done():
		case <-time.After(backOff):
		}
		backOff = min(2*backOff, maxBackOff)
	}
	k.set(func(s *ComponentState) { s.Phase, s.PID = Stopped, 0 })
}

// await waits for the components that must be ready first; false means that ctx ended.
func (k *keeper) await(ctx context.Context) bool {
	for {
		ready, changed := k.board.ready(k.After)
		if ready {
			return ctx.Err() == nil
		}
		select {
		case <-ctx.Done():
			return false
		case <-changed:
		}
	}
}

// once runs the component until it ends.
func (k *keeper) once(ctx context.Context) error {
	output, err := openLog(filepath.Join(k.logs, k.Name+".log"))
	if err != nil {
		return err
	}
	defer output.Close()
	cmd := k.command(output)
	started := time.Now()
	if err := cmd.Start(); err != nil {
		return err
	}
	log.Printf("%s started, pid %d", k.Name, cmd.Process.Pid)
	k.set(func(s *ComponentState) { s.Phase, s.PID, s.Started = Starting, cmd.Process.Pid, started })

	over, cancel := context.WithCancel(context.Background())
	defer cancel()
	go k.watchReady(over)
	go k.endWhenTold(ctx, over, cmd.Process)
	return cmd.Wait()
}

func (k *keeper) command(output *os.File) *exec.Cmd {
	cmd := &exec.Cmd{
		Path:   k.Program,
		Args:   append([]string{k.Program}, k.Args...),
		Env:    append(os.Environ(), k.Env...),
		Dir:    "/",
		Stdout: output,
		Stderr: output,
		// A supervisor that is killed takes its components along: the next one starts from
		// a known state instead of meeting processes it cannot wait for.
		SysProcAttr: &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL},
	}
	if k.Program == "" {
		// This very program, even when its file was replaced or removed since.
		cmd.Path, cmd.Args[0] = "/proc/self/exe", "localkube"
	}
	return cmd
}

func (k *keeper) watchReady(over context.Context) {
	for k.Ready != nil && k.Ready.Check(over) != nil {
		select {
		case <-over.Done():
			return
		case <-time.After(100 * time.Millisecond):
		}
	}
	k.set(func(s *ComponentState) {
		if over.Err() == nil && s.Phase == Starting {
			s.Phase = Ready
		}
	})
}

func (k *keeper) endWhenTold(ctx, over context.Context, process *os.Process) {
	select {
	case <-over.Done():
		return
	case <-ctx.Done():
	}
	if err := process.Signal(syscall.SIGTERM); err != nil {
		return
	}
	select {
	case <-over.Done():
	case <-time.After(k.Grace):
		log.Printf("%s did not end in %s: killing it", k.Name, k.Grace)
		_ = process.Kill() // only fails when the process has ended
	}
}

// openLog opens a log for appending; a big one is put aside first.
func openLog(path string) (*os.File, error) {
	if info, err := os.Stat(path); err == nil && info.Size() > maxLog {
		if err := os.Rename(path, path+".1"); err != nil {
			return nil, err
		}
	}
	return os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
}

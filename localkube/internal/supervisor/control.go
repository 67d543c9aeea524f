package supervisor

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// Start runs "<this program> supervise name" in a session of its own, so that it outlives the caller,
// and returns when it has taken over.
func Start(name, run, logs string) error {
	output, err := openLog(filepath.Join(logs, "supervisor.log"))
	if err != nil {
		return err
	}
	defer output.Close()
	// What the supervisor before wrote must not pass for the word of this one.
	if err := os.Remove(statePath(run)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	cmd := &exec.Cmd{
		Path:        "/proc/self/exe",
		Args:        []string{"localkube", "supervise", name},
		Dir:         "/",
		Stdout:      output,
		Stderr:      output,
		SysProcAttr: &syscall.SysProcAttr{Setsid: true},
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	deadline := time.After(10 * time.Second)
	for {
		if pid, err := PID(run); err != nil || pid == cmd.Process.Pid {
			return err
		}
		select {
		case err := <-exited:
			return fmt.Errorf("the supervisor ended at once (%v): see %s", err, output.Name())
		case <-deadline:
			return fmt.Errorf("the supervisor does not come up: see %s", output.Name())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// Stop ends the supervisor and with it the components, and returns when they are gone.
func Stop(run string, patience time.Duration) error {
	signal := syscall.SIGTERM
	var deadline time.Time
	for {
		pid, err := PID(run)
		if err != nil || pid == 0 {
			return err
		}
		if time.Now().After(deadline) {
			if err := syscall.Kill(pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
				return err
			}
			// When asking does not help: the components die with it.
			signal = syscall.SIGKILL
			deadline = time.Now().Add(patience)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

package supervisor

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// supervised runs a supervisor of shell scripts until the test ends.
type supervised struct {
	run, logs string
	stop      context.CancelFunc
	ended     chan error
}

func script(name, text string, after ...string) Component {
	return Component{Name: name, Program: "/bin/sh", Args: []string{"-c", text}, After: after, Grace: 5 * time.Second}
}

func supervise(t *testing.T, components ...Component) *supervised {
	t.Helper()
	s := &supervised{run: t.TempDir(), logs: t.TempDir(), ended: make(chan error, 1)}
	if err := WritePlan(s.run, &Plan{Logs: s.logs, Components: components}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.stop = cancel
	go func() { s.ended <- Run(ctx, s.run) }()
	t.Cleanup(func() { s.end(t) })
	return s
}

// end tells the supervisor to end, and waits until it has.
func (s *supervised) end(t *testing.T) {
	t.Helper()
	s.stop()
	select {
	case err := <-s.ended:
		if err != nil {
			t.Error(err)
		}
		s.ended <- nil
	case <-time.After(20 * time.Second):
		t.Fatal("the supervisor does not end")
	}
}

// await waits for a component to be as wanted.
func (s *supervised) await(t *testing.T, name string, wanted func(ComponentState) bool) ComponentState {
	t.Helper()
	var last ComponentState
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		state, err := ReadState(s.run)
		if err != nil {
			t.Fatal(err)
		}
		for _, last = range state.Components {
			if last.Name == name && wanted(last) {
				return last
			}
		}
	}
	t.Fatalf("%s never was as wanted: %+v", name, last)
	return last
}

func isReady(s ComponentState) bool { return s.Phase == Ready }

func TestAKilledComponentIsStartedAgain(t *testing.T) {
	s := supervise(t, script("sleeper", "exec sleep 1000"))
	first := s.await(t, "sleeper", isReady)
	if err := syscall.Kill(first.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	second := s.await(t, "sleeper", func(c ComponentState) bool { return isReady(c) && c.PID != first.PID })
	if second.Restarts != 1 || second.LastExit != "signal: killed" {
		t.Errorf("state is %+v", second)
	}
}

func TestAComponentStartsAfterThoseItNeedsAreReady(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	needed := script("needed", "exec sleep 1000")
	needed.Ready = &Probe{Socket: socket}
	s := supervise(t, needed, script("needy", "exec sleep 1000", "needed"))
	s.await(t, "needed", func(c ComponentState) bool { return c.Phase == Starting })
	s.await(t, "needy", func(c ComponentState) bool { return c.Phase == Waiting })
	listenUnix(t, socket)
	s.await(t, "needy", isReady)
}

func listenUnix(t *testing.T, path string) {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrUnix{Name: path}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 8); err != nil {
		t.Fatal(err)
	}
}

func TestWhatOthersNeedEndsLast(t *testing.T) {
	order := filepath.Join(t.TempDir(), "order")
	text := func(name string) string {
		return "trap 'sleep 0.1; echo " + name + " >>" + order + "; exit' TERM; echo armed; while :; do sleep 0.02; done"
	}
	s := supervise(t, script("store", text("store")), script("server", text("server"), "store"), script("client", text("client"), "server"))
	for _, name := range []string{"store", "server", "client"} {
		s.awaitLog(t, name, "armed\n")
	}
	s.end(t)
	data, err := os.ReadFile(order)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Fields(string(data)); strings.Join(got, " ") != "client server store" {
		t.Errorf("ended in the order %v", got)
	}
}

func TestAComponentThatWillNotEndIsKilled(t *testing.T) {
	stubborn := script("stubborn", "trap '' TERM; echo armed; while :; do sleep 0.05; done")
	stubborn.Grace = 300 * time.Millisecond
	s := supervise(t, stubborn)
	pid := s.await(t, "stubborn", isReady).PID
	s.awaitLog(t, "stubborn", "armed\n")
	s.end(t)
	if err := syscall.Kill(pid, 0); err != syscall.ESRCH {
		t.Errorf("it is still there: %v", err)
	}
}

func TestTheOutputGoesToTheLog(t *testing.T) {
	s := supervise(t, script("speaker", "echo out; echo err >&2; exec sleep 1000"))
	s.await(t, "speaker", isReady)
	s.awaitLog(t, "speaker", "out\nerr\n")
}

func (s *supervised) awaitLog(t *testing.T, name, want string) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		data, err := os.ReadFile(filepath.Join(s.logs, name+".log"))
		if err == nil && string(data) == want {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the log is %q, %v", data, err)
		}
	}
}

func TestGenerationsDiffer(t *testing.T) {
	plan := func(config string) *Plan {
		return &Plan{Components: []Component{{Name: "x", Config: config}}}
	}
	generations := map[string]bool{}
	for _, config := range []string{"a", "b", "a"} {
		generation, err := plan(config).Generation()
		if err != nil {
			t.Fatal(err)
		}
		generations[generation] = true
	}
	if len(generations) != 2 {
		t.Errorf("%d generations", len(generations))
	}
}

func TestNobodySupervisesAnEmptyDirectory(t *testing.T) {
	if pid, err := PID(t.TempDir()); pid != 0 || err != nil {
		t.Errorf("PID is %d, %v", pid, err)
	}
}

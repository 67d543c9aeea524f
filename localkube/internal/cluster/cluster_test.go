package cluster

import (
	"slices"
	"strings"
	"testing"
)

func TestChoosePortTakesTheFirstThatNobodyHas(t *testing.T) {
	taken := map[int]bool{firstPort: true}
	usable := func(port int) bool { return port != firstPort+1 }
	port, err := choosePort(taken, usable)
	if err != nil || port != firstPort+2 {
		t.Errorf("chose %d, %v", port, err)
	}
}

func TestChoosePortSaysWhenNoneIsFree(t *testing.T) {
	if port, err := choosePort(nil, func(int) bool { return false }); err == nil {
		t.Errorf("chose %d", port)
	}
}

func TestNames(t *testing.T) {
	t.Setenv("LOCALKUBE_STATE", t.TempDir())
	for name, valid := range map[string]bool{
		"a": true, "tests-17": true, FullName: true,
		"": false, "run": false, "..": false, "a/b": false, "A": false, "-a": false, "a-": false,
		strings.Repeat("a", 41): false,
	} {
		if _, err := Open(name); (err == nil) != valid {
			t.Errorf("Open(%q) says %v", name, err)
		}
	}
}

func TestAClusterIsFoundAsItWasPrepared(t *testing.T) {
	t.Setenv("LOCALKUBE_STATE", t.TempDir())
	first, second := prepared(t, "first"), prepared(t, "second")
	if first.Port == second.Port {
		t.Errorf("both have port %d", first.Port)
	}
	again, err := Open("first")
	if err != nil {
		t.Fatal(err)
	}
	if *again != *first {
		t.Errorf("opened %+v, prepared %+v", again, first)
	}
	all, err := All()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 2 || *all[0] != *first || *all[1] != *second {
		t.Errorf("all are %v", all)
	}
}

func prepared(t *testing.T, name string) *Cluster {
	t.Helper()
	c, err := Open(name)
	if err != nil {
		t.Fatal(err)
	}
	if c.Exists() {
		t.Fatalf("%s exists before it was made", name)
	}
	if err := c.Prepare(); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestPrepareRefusesAPathThatFitsNoSocket(t *testing.T) {
	t.Setenv("LOCALKUBE_STATE", "/tmp/"+strings.Repeat("long/", 25))
	c, err := Open("x")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Prepare(); err == nil || !strings.Contains(err.Error(), "too long") {
		t.Errorf("error is %v", err)
	}
}

func TestOnlyTheFullClusterServesItsNode(t *testing.T) {
	t.Setenv("LOCALKUBE_STATE", "/state")
	for _, test := range []struct {
		cluster Cluster
		want    string
	}{
		{Cluster{Name: FullName, Host: NodeIP, Port: 6443}, "--bind-address=" + NodeIP},
		{Cluster{Name: "x", Host: "127.0.0.1", Port: 21000}, "--endpoint-reconciler-type=none"},
	} {
		if args := test.cluster.apiServer().Args; !slices.Contains(args, test.want) {
			t.Errorf("%s: no %s in %v", test.cluster.Name, test.want, args)
		}
	}
}

func TestAControlPlaneLogsRequestsWhereItWasMadeTo(t *testing.T) {
	t.Setenv("LOCALKUBE_STATE", "/state")
	isLog := func(arg string) bool { return strings.HasPrefix(arg, "--audit-log-path=") }
	for _, audit := range []bool{true, false} {
		c := Cluster{Name: "x", Host: "127.0.0.1", Port: 21000, Audit: audit}
		if args := c.apiServer().Args; slices.ContainsFunc(args, isLog) != audit {
			t.Errorf("with audit %t: %v", audit, args)
		}
	}
}

func TestAControlPlaneHasTheControllersItWasMadeWith(t *testing.T) {
	t.Setenv("LOCALKUBE_STATE", "/state")
	c := Cluster{Name: "x", Host: "127.0.0.1", Port: 21000, Controllers: "*,-ttl-controller"}
	if args := c.controllerManager().Args; !slices.Contains(args, "--controllers=*,-ttl-controller") {
		t.Errorf("arguments are %v", args)
	}
}

func TestForgetIsForTheHolderOfTheLock(t *testing.T) {
	t.Setenv("LOCALKUBE_STATE", t.TempDir()+"/state")
	c, err := Open("x")
	if err != nil {
		t.Fatal(err)
	}
	held, err := c.Lock()
	if err != nil {
		t.Fatal(err)
	}
	waiting := make(chan error)
	go func() {
		// Waits for the lock that is being removed, and must end up with the new one.
		next, err := c.Lock()
		if err == nil && !isAt(next, c.lockPath()) {
			t.Error("the lock is on a removed file")
		}
		waiting <- err
	}()
	if err := c.Forget(); err != nil {
		t.Fatal(err)
	}
	held.Close()
	if err := <-waiting; err != nil {
		t.Error(err)
	}
}

package cli

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"localkube/internal/cluster"
)

func TestFlagsMayFollowArguments(t *testing.T) {
	for _, args := range [][]string{{"-f", "--name", "x", "etcd"}, {"etcd", "--name=x", "-f"}, {"--name", "x", "etcd", "-f"}} {
		o := newOptions("logs").withName()
		follow := o.Bool("f", false, "")
		rest, err := o.parse(args, 1)
		if err != nil || !slices.Equal(rest, []string{"etcd"}) || o.name != "x" || !*follow {
			t.Errorf("%v: rest %v, name %q, follow %t, error %v", args, rest, o.name, *follow, err)
		}
	}
}

func TestMisuseIsTold(t *testing.T) {
	for _, args := range [][]string{{"extra"}, {"-o", "yaml"}} {
		var misuse usageError
		if _, err := newOptions("status").withOutput().parse(args, 0); !errors.As(err, &misuse) {
			t.Errorf("%v: error is %v", args, err)
		}
	}
}

func TestUpName(t *testing.T) {
	for _, test := range []struct {
		name         string
		controlPlane bool
		want         string
	}{
		{"", false, cluster.FullName},
		{"x", false, ""},
		{"", true, defaultControlPlane},
		{"x", true, "x"},
		{cluster.FullName, true, ""},
	} {
		got, err := upName(test.name, test.controlPlane)
		if got != test.want || (err == nil) != (test.want != "") {
			t.Errorf("upName(%q, %t) = %q, %v", test.name, test.controlPlane, got, err)
		}
	}
}

func TestHasFlagLooksNoFurtherThanDashes(t *testing.T) {
	for _, test := range []struct {
		args []string
		want bool
	}{
		{[]string{"get", "pods", "--kubeconfig", "x"}, true},
		{[]string{"--kubeconfig=x", "get", "pods"}, true},
		{[]string{"exec", "pod", "--", "program", "--kubeconfig", "x"}, false},
		{[]string{"get", "pods"}, false},
	} {
		if got := hasFlag(test.args, "--kubeconfig"); got != test.want {
			t.Errorf("hasFlag(%v) = %t", test.args, got)
		}
	}
}

func TestRotatedLogsAreInTheOrderOfTheirTimes(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{
		"audit.log", "audit-2026-02-01T10-00-00.000.log", "audit-2026-01-31T23-59-59.999.log", "audit-webhook.log",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	found, err := rotated(folder, "audit")
	want := []string{
		filepath.Join(folder, "audit-2026-01-31T23-59-59.999.log"),
		filepath.Join(folder, "audit-2026-02-01T10-00-00.000.log"),
	}
	if err != nil || !slices.Equal(found, want) {
		t.Errorf("found %v, error %v", found, err)
	}
}

package upstream

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"syscall"
	"time"

	"go.etcd.io/etcd/server/v3/embed"

	"localkube/internal/component"
)

// runEtcd runs a one-member etcd until it is told to end. It serves on unix sockets only: their
// directory keeps others out, so that neither ports nor TLS are spent on a store with one client.
func runEtcd(args []string) error {
	flags := flag.NewFlagSet(component.Etcd, flag.ContinueOnError)
	dataDir := flags.String("data-dir", "", "data directory")
	client := flags.String("client-socket", "", "socket to serve clients on")
	peer := flags.String("peer-socket", "", "socket to serve peers on (there are none)")
	if err := flags.Parse(args); err != nil {
		return err
	}
	for _, socket := range []string{*client, *peer} {
		// A killed etcd leaves its sockets, and binding to an existing path fails.
		if err := os.Remove(socket); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}

	cfg := embed.NewConfig()
	cfg.Name = "localkube"
	cfg.Dir = *dataDir
	cfg.LogLevel = "warn"
	// The cluster is a throw-away: only a crash of the machine could lose what was not synced.
	cfg.UnsafeNoFsync = true
	cfg.ListenClientUrls = []url.URL{{Scheme: "unix", Path: *client}}
	cfg.ListenPeerUrls = []url.URL{{Scheme: "unix", Path: *peer}}
	// The advertised addresses must have a host, and nobody asks for them.
	cfg.AdvertiseClientUrls = []url.URL{{Scheme: "http", Host: "localhost:2379"}}
	cfg.AdvertisePeerUrls = []url.URL{{Scheme: "http", Host: "localhost:2380"}}
	cfg.InitialCluster = cfg.InitialClusterFromName(cfg.Name)
	cfg.QuotaBackendBytes = 2 << 30
	// NewConfig leaves this 0, which logs every request as slow.
	cfg.WarningUnaryRequestDuration = 300 * time.Millisecond
	cfg.AutoCompactionMode, cfg.AutoCompactionRetention = embed.CompactorModePeriodic, "5m"

	server, err := embed.StartEtcd(cfg)
	if err != nil {
		return err
	}
	defer server.Close()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	select {
	case <-server.Server.ReadyNotify():
		fmt.Fprintln(os.Stderr, "ready on", *client)
	case <-time.After(time.Minute):
		return fmt.Errorf("not ready after a minute")
	case <-ctx.Done():
		return nil
	}
	select {
	case err := <-server.Err():
		return err
	case <-ctx.Done():
		return nil
	}
}

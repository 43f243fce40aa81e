package cluster_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/lingerws/linger/cluster"
)

// patience bounds the wait for what happens soon.
const patience = 30 * time.Second

// natsServer starts a NATS server for a test.
func natsServer(t *testing.T, port int, dir string) *server.Server {
	t.Helper()
	return startServer(t, &server.Options{Port: port, JetStream: dir != "", StoreDir: dir})
}

// startServer starts a NATS server for a test, on a loopback address and without a log.
func startServer(t *testing.T, opts *server.Options) *server.Server {
	t.Helper()
	opts.Host, opts.NoSigs, opts.NoLog = "127.0.0.1", true, true
	s, err := server.NewServer(opts)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(patience) {
		t.Fatal("the NATS server does not start")
	}
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	return s
}

// join joins a cluster until the end of the test.
func join(t *testing.T, opts cluster.Options) *cluster.Node {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.NewTextHandler(testWriter{t}, nil))
	}
	n, err := cluster.Join(ctx, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { leave(t, n) })
	return n
}

func leave(t *testing.T, n *cluster.Node) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
	defer cancel()
	if err := n.Close(ctx); err != nil {
		t.Errorf("the node does not leave: %v", err)
	}
}

// testWriter writes the log of a node to that of its test.
type testWriter struct{ t *testing.T }

func (w testWriter) Write(b []byte) (int, error) {
	if w.t.Context().Err() == nil {
		w.t.Log(strings.TrimSpace(string(b)))
	}
	return len(b), nil
}

// freeAddress returns an address of this machine whose port is free.
func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return address
}

// until waits until done returns true.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it did not happen that %s", what)
		}
	}
}

// untilNodes waits until a node sees the nodes that are given.
func untilNodes(t *testing.T, n *cluster.Node, names ...string) {
	t.Helper()
	until(t, fmt.Sprintf("node %s sees %q", n.Node(), names), func() bool { return slices.Equal(n.Nodes(), names) })
}

package cluster

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// embedded is the NATS server in the process. It accepts the servers of other nodes. Routing begins when it listens for clients too, so it
// does that, on a loopback address; clients need a password that only the process knows.
type embedded struct {
	*server.Server
	password string
}

// embeddedUser is the user of the clients of the process.
const embeddedUser = "node"

// serverStart bounds the start of the embedded server.
const serverStart = 30 * time.Second

func startEmbedded(ctx context.Context, opts Options, logger *slog.Logger) (*embedded, error) {
	e := &embedded{password: rand.Text()}
	settings, err := e.settings(opts)
	if err != nil {
		return nil, err
	}
	s, err := server.NewServer(settings)
	if err != nil {
		return nil, fmt.Errorf("cluster: the embedded NATS server does not start: %w", err)
	}
	log := newServerLog(logger)
	s.SetLoggerV2(log, false, false, false)
	e.Server = s
	started := make(chan bool, 1)
	go func() {
		s.Start()
		started <- s.ReadyForConnections(serverStart)
	}()
	select {
	case ready := <-started:
		if ready {
			return e, nil
		}
		err = log.lastError()
	case <-ctx.Done():
		err = ctx.Err()
	case <-log.fatal:
		err = log.lastError()
	}
	e.end()
	return nil, fmt.Errorf("cluster: the embedded NATS server does not start: %w", err)
}

// settings are the options of the server.
func (e *embedded) settings(opts Options) (*server.Options, error) {
	host, port, err := splitAddress(opts.Listen)
	if err != nil {
		return nil, err
	}
	s := &server.Options{
		ServerName: opts.Node, Host: "127.0.0.1", Port: server.RANDOM_PORT, Username: embeddedUser, Password: e.password, NoSigs: true, NoLog: true,
		MaxPayload: 1 << 20, PingInterval: pingInterval, MaxPingsOut: maxPings,
		Cluster: server.ClusterOpts{
			Name: opts.Name, Host: host, Port: port, Advertise: opts.Advertise, NoAdvertise: false,
			PingInterval: pingInterval, MaxPingsOut: maxPings, ConnectRetries: 1 << 20, PoolSize: 3,
		},
	}
	if opts.Secret != "" {
		s.Cluster.Username, s.Cluster.Password = "linger", opts.Secret
	}
	for _, address := range opts.Join {
		s.Routes = append(s.Routes, routeURL(address, opts.Secret))
	}
	if opts.CertFile != "" {
		if s.Cluster.TLSConfig, err = opts.tlsConfig(); err != nil {
			return nil, err
		}
		s.Cluster.TLSTimeout = 5
	}
	if opts.Dir == "" {
		return s, nil
	}
	s.JetStream, s.StoreDir = true, opts.Dir
	if opts.Size == 1 {
		// A server without routes has the only copy, so each change is on the disk before it is acknowledged.
		s.SyncAlways = true
		return s, nil
	}
	// The server needs a route to form a cluster for its storage, also if it is the first one. It detects that this one leads to itself.
	self := net.JoinHostPort(loopbackIfAny(host), strconv.Itoa(port))
	s.Routes = append(s.Routes, routeURL(self, opts.Secret))
	return s, nil
}

// splitAddress returns the host and the port of an address. An empty host means all addresses of the machine.
func splitAddress(address string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(address)
	if err == nil {
		port, err = net.LookupPort("tcp", text)
	}
	if err != nil {
		return "", 0, fmt.Errorf("%w: the address %q: %w", ErrOptions, address, err)
	}
	if host == "" {
		host = "0.0.0.0"
	}
	return host, port, nil
}

// loopbackIfAny returns the loopback address for a host that stands for all addresses.
func loopbackIfAny(host string) string {
	switch host {
	case "0.0.0.0":
		return "127.0.0.1"
	case "::":
		return "::1"
	}
	return host
}

func routeURL(address, secret string) *url.URL {
	host, port, _ := net.SplitHostPort(address)
	if host == "" {
		host = "127.0.0.1"
	}
	u := &url.URL{Scheme: "nats-route", Host: net.JoinHostPort(host, port)}
	if secret != "" {
		u.User = url.UserPassword("linger", secret)
	}
	return u
}

// waitForRoute blocks until the server is connected to another one, but not longer than most.
func (e *embedded) waitForRoute(ctx context.Context, most time.Duration) {
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	end := time.After(most)
	for e.NumRoutes() == 0 {
		select {
		case <-ticker.C:
		case <-end:
			return
		case <-ctx.Done():
			return
		}
	}
}

// end ends the server, and returns when it has ended.
func (e *embedded) end() {
	e.Shutdown()
	e.WaitForShutdown()
}

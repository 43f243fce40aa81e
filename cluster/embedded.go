package cluster

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/lingerws/linger/internal/filelock"
)

// embedded is the NATS server in the process. It accepts the servers of other nodes. Routing begins when it listens for clients too, so it
// does that, on a loopback address; clients need a password that no other process has.
//
// A process that replaces another one cannot have its address and its folder yet. So it begins with a server on any port, without storage, that
// joins the others; takeOver adds one with the address and the folder.
type embedded struct {
	opts     Options
	logger   *slog.Logger
	password string

	mu     sync.Mutex
	server *server.Server // of the connections of the process
	second *server.Server // started by takeOver; nil without
	lock   *os.File       // of the folder; nil without
	ended  bool
}

// embeddedUser is the user of the clients of the process.
const embeddedUser = "node"

// syncInterval is the time after which what a server has stored is on its disk. A change is acknowledged before, when a majority of the servers has
// given it to the operating system, so only the loss of power of a majority within this time loses it.
const syncInterval = time.Second

// serverStart bounds the start of an embedded server, and lockTime the wait for another process to leave its folder.
const (
	serverStart = 30 * time.Second
	lockTime    = 5 * time.Second
)

func startEmbedded(ctx context.Context, opts Options, logger *slog.Logger) (*embedded, error) {
	e := &embedded{opts: opts, logger: logger, password: rand.Text()}
	settings, err := e.settings(opts.Replace)
	if err == nil && !opts.Replace {
		err = e.lockFolder(ctx, lockTime)
	}
	if err == nil {
		e.server, err = e.start(ctx, settings)
	}
	if err != nil {
		e.end()
		return nil, err
	}
	return e, nil
}

// lockFolder makes this process the only one that uses the folder. It waits for another one, but not longer than most.
func (e *embedded) lockFolder(ctx context.Context, most time.Duration) error {
	if e.opts.Dir == "" {
		return nil
	}
	if err := os.MkdirAll(e.opts.Dir, 0o700); err != nil {
		return fmt.Errorf("%w: Dir: %w", ErrOptions, err)
	}
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	for {
		lock, err := filelock.Lock(filepath.Join(e.opts.Dir, "lock"))
		if err == nil {
			e.mu.Lock()
			defer e.mu.Unlock()
			e.lock = lock
			return nil
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("%w: Dir %s is used by another process: %w", ErrOptions, e.opts.Dir, err)
		}
	}
}

// start starts a server.
func (e *embedded) start(ctx context.Context, settings *server.Options) (*server.Server, error) {
	s, err := server.NewServer(settings)
	if err != nil {
		return nil, fmt.Errorf("cluster: the embedded NATS server does not start: %w", err)
	}
	log := newServerLog(e.logger)
	s.SetLoggerV2(log, false, false, false)
	started := make(chan bool, 1)
	go func() {
		s.Start()
		started <- s.ReadyForConnections(serverStart)
	}()
	select {
	case ready := <-started:
		if ready {
			return s, nil
		}
		err = log.lastError()
	case <-ctx.Done():
		err = ctx.Err()
	case <-log.fatal:
		err = log.lastError()
	}
	s.Shutdown()
	s.WaitForShutdown()
	return nil, fmt.Errorf("cluster: the embedded NATS server does not start: %w", err)
}

// settings are the options of a server. One that is beside that of another process has neither its address, nor its folder, nor its name.
func (e *embedded) settings(beside bool) (*server.Options, error) {
	opts := &e.opts
	host, port, err := splitAddress(opts.Listen)
	if err != nil {
		return nil, err
	}
	s := &server.Options{
		ServerName: opts.Node, Host: "127.0.0.1", Port: server.RANDOM_PORT, Username: embeddedUser, Password: e.password, NoSigs: true, NoLog: true,
		MaxPayload: 1 << 20, PingInterval: pingInterval, MaxPingsOut: maxPings,
		Cluster: server.ClusterOpts{
			Name: opts.Name, Host: host, Port: port, Advertise: opts.Advertise,
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
	self := routeURL(net.JoinHostPort(loopbackIfAny(host), strconv.Itoa(port)), opts.Secret)
	switch {
	case beside:
		s.ServerName += "-" + strings.ToLower(rand.Text()[:8])
		s.Cluster.Port, s.Cluster.Advertise, s.Cluster.NoAdvertise = server.RANDOM_PORT, "", true
		s.Routes = append(s.Routes, self)
	case opts.Dir != "":
		s.JetStream, s.StoreDir, s.SyncInterval = true, opts.Dir, syncInterval
		if len(s.Routes) == 0 {
			// The server needs a route to form a cluster for its storage, also if it is the first one. It detects that this one leads to itself. With
			// others there is none, because the server expects as many servers as it has routes.
			s.Routes = append(s.Routes, self)
		}
	}
	if opts.Size == 1 {
		// The only copy is on the disk before a change is acknowledged. A server that others can join would wait for a majority of two.
		s.SyncAlways, s.Routes, s.Cluster = true, nil, server.ClusterOpts{}
	}
	return s, nil
}

// takeOver starts the server with the address and the folder of the process that this one has replaced, as soon as it has ended.
func (e *embedded) takeOver(ctx context.Context) error {
	settings, err := e.settings(false)
	for err == nil {
		if err = e.lockFolder(ctx, 24*time.Hour); err != nil {
			break
		}
		var s *server.Server
		if s, err = e.start(ctx, settings); err == nil {
			return e.use(s)
		}
		e.logger.Warn("the embedded NATS server cannot take over the address and the folder yet", "error", err)
		e.unlock()
		select {
		case <-time.After(time.Second):
			err = nil
		case <-ctx.Done():
		}
	}
	return err
}

// use adds the second server. A single node moves its connections to it, because the servers have no route between them.
func (e *embedded) use(s *server.Server) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ended {
		s.Shutdown()
		return ErrClosed
	}
	e.second = s
	if e.opts.Size == 1 {
		e.server, e.second = s, e.server
		e.second.Shutdown()
	}
	return nil
}

// InProcessConn connects a client of the process.
func (e *embedded) InProcessConn() (net.Conn, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.server.InProcessConn()
}

// unlock lets other processes use the folder.
func (e *embedded) unlock() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.lock != nil {
		_ = e.lock.Close()
		e.lock = nil
	}
}

// end ends the servers, and returns when they have ended.
func (e *embedded) end() {
	e.mu.Lock()
	e.ended = true
	servers := []*server.Server{e.server, e.second}
	e.mu.Unlock()
	for _, s := range servers {
		if s != nil {
			s.Shutdown()
			s.WaitForShutdown()
		}
	}
	e.unlock()
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
	for e.server.NumRoutes() == 0 {
		select {
		case <-ticker.C:
		case <-end:
			return
		case <-ctx.Done():
			return
		}
	}
}

package reconnect

import (
	"context"
	"io"
	"log"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/websocket"
)

// site is a number of servers with a load balancer before them, and their clients.
type site struct {
	servers []*server
	ready   atomic.Pointer[[]*server] // what the load balancer has found at its last check
	began   time.Time

	mu     sync.Mutex
	opened []time.Duration // when connections were opened, after began
	failed int             // attempts to connect that failed
}

type server struct {
	*linger.Server
	dial func() (net.Conn, error)
}

// checkInterval is the time between two checks of the load balancer.
const checkInterval = time.Second

// newSite starts servers, until the test ends.
func newSite(t *testing.T, network string, servers int) *site {
	t.Helper()
	s := &site{}
	for range servers {
		s.servers = append(s.servers, newServer(t, network, linger.Options{}))
	}
	return s
}

// startBalancer starts the load balancer.
func (s *site) startBalancer(t *testing.T) {
	t.Helper()
	s.check()
	ctx := t.Context()
	go func() {
		for {
			select {
			case <-time.After(checkInterval):
				s.check()
			case <-ctx.Done():
				return
			}
		}
	}()
}

func newServer(t *testing.T, network string, opts linger.Options) *server {
	t.Helper()
	opts.Options, opts.Logger = quiet, slog.New(slog.DiscardHandler)
	s := &server{Server: linger.NewServer(linger.HandlerFuncs{}, opts)}
	web := &http.Server{Handler: s.Server, ErrorLog: log.New(io.Discard, "", 0)}
	t.Cleanup(func() { _ = web.Close() })
	if network == "memory" {
		l := memconn.Listen()
		s.dial = func() (net.Conn, error) { return l.Dial() }
		go func() { _ = web.Serve(l) }()
		return s
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.dial = func() (net.Conn, error) { return net.Dial("tcp", l.Addr().String()) }
	go func() { _ = websocket.Serve(web, l) }()
	return s
}

// quiet are options of connections that are idle for long.
var quiet = websocket.Options{KeepAlive: -1}

// check lets the load balancer find out which servers are ready.
func (s *site) check() {
	var ready []*server
	for _, one := range s.servers {
		if one.Ready() {
			ready = append(ready, one)
		}
	}
	s.ready.Store(&ready)
}

// connect opens a connection to a random server that the load balancer takes for ready.
func (s *site) connect(ctx context.Context) (*websocket.Conn, error) {
	ready := *s.ready.Load()
	if len(ready) == 0 {
		return nil, io.ErrUnexpectedEOF // the load balancer has no server
	}
	to := ready[rand.N(len(ready))]
	return websocket.Dial(ctx, "ws://site/", &websocket.DialOptions{
		Options: quiet,
		Connect: func(context.Context, *url.URL) (net.Conn, error) { return to.dial() },
	})
}

// openAll opens the first connections, all to one server, and starts the load balancer.
func (s *site) openAll(t *testing.T, clients int, behave behaviour) {
	t.Helper()
	others := s.servers[1:]
	s.servers = s.servers[:1]
	s.check()
	var opening sync.WaitGroup
	for range clients {
		conn, err := s.connect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		opening.Go(func() { go s.stay(t.Context(), conn, behave) })
	}
	opening.Wait()
	s.servers = append(s.servers, others...)
	s.startBalancer(t)
	s.mu.Lock()
	s.began = time.Now()
	s.mu.Unlock()
}

// stay keeps a client connected, from its first connection on.
func (s *site) stay(ctx context.Context, conn *websocket.Conn, behave behaviour) {
	for attempt := 0; ; attempt++ {
		if conn != nil {
			_, _, _ = conn.Read(ctx) // returns at the end
			conn.CloseNow()
			attempt = 0
		}
		select {
		case <-time.After(behave(attempt)):
		case <-ctx.Done():
			return
		}
		var err error
		conn, err = s.connect(ctx)
		if ctx.Err() != nil {
			return
		}
		s.mu.Lock()
		if err == nil {
			s.opened = append(s.opened, time.Since(s.began))
		} else {
			s.failed++
		}
		s.mu.Unlock()
	}
}

// behaviour returns how long a client waits before an attempt to connect; the attempts since its last connection are counted from 0.
type behaviour func(attempt int) time.Duration

// advised waits as docs/draining.md advises: a random time up to 5 s, and up to twice as long after each failure, at most a minute.
func advised(attempt int) time.Duration {
	return rand.N(min(time.Minute, 5*time.Second<<min(attempt, 10)))
}

// hasty connects again at once, and then every second.
func hasty(attempt int) time.Duration {
	if attempt == 0 {
		return 0
	}
	return time.Second
}

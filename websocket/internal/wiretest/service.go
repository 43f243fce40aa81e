package wiretest

import (
	"flag"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// Service is a WebSocket server on a real socket. C is the type of its connections.
type Service[C any] struct {
	HTTPServer
	Conns chan C     // accepted connections
	Errs  chan error // errors of accept
}

// Serve starts a service whose http.Server has timeouts. It calls accept for each request, and start for each connection. On
// plain TCP it accepts connections from the listener that listen returns.
func Serve[C any](t testing.TB, secure bool, timeout time.Duration, listen func(*http.Server, net.Listener) net.Listener,
	accept func(http.ResponseWriter, *http.Request) (C, error), start func(C),
) *Service[C] {
	t.Helper()
	s := &Service[C]{Conns: make(chan C, 100), Errs: make(chan error, 100)}
	s.Secure = secure
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := accept(w, r)
		if err != nil {
			s.Errs <- err
			return
		}
		s.Conns <- c
		start(c)
	}))
	server.Config.ReadTimeout = timeout
	server.Config.WriteTimeout = timeout
	server.Config.IdleTimeout = timeout
	if secure {
		server.TLS = ServerConfig(t)
		server.StartTLS()
	} else {
		server.Listener = listen(server.Config, server.Listener)
		server.Start()
	}
	t.Cleanup(server.Close)
	s.Addr = server.Listener.Addr().String()
	return s
}

// Accepted returns the next connection that the service has accepted.
func (s *Service[C]) Accepted(t testing.TB) C {
	t.Helper()
	select {
	case c := <-s.Conns:
		return c
	case err := <-s.Errs:
		t.Fatalf("the request must be accepted; got %v", err)
	case <-time.After(time.Minute):
		t.Fatal("the request must be accepted; it was not")
	}
	var none C
	return none
}

// parallelTests is the number of tests that run at the same time if they call Parallel. Most of them wait for timeouts, so it is more than
// the number of processors.
const parallelTests = "8"

// RunPasses runs all tests of a package once for each pass, which it calls before. Tests that are only listed or fuzzed run once,
// without a pass. It returns the exit status. The default of -parallel is parallelTests.
func RunPasses(m *testing.M, passes ...func()) (status int) {
	_ = flag.Set("test.parallel", parallelTests) // fails only for a flag that is not defined or a value that is not a number
	flag.Parse()
	if flagIsSet("test.list") || flagIsSet("test.fuzz") {
		return m.Run()
	}
	for _, pass := range passes {
		pass()
		status = max(status, m.Run())
	}
	return status
}

func flagIsSet(name string) bool { return flag.Lookup(name).Value.String() != "" }

// StartLoops starts the event loops, on systems that have them, so that tests which count goroutines and descriptors do not
// count those of the loops. use makes a connection on a transport and aborts it. It returns a channel that is closed when the
// transport is.
func StartLoops(use func(near net.Conn) (closed <-chan struct{})) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	peer, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	near, err := l.Accept()
	if err != nil {
		log.Fatal(err)
	}
	<-use(near)
	_, _ = peer.Close(), l.Close()
}

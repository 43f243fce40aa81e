package websocket_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
	"github.com/lingerws/linger/websocket/driver"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

const (
	header1     = "PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n"
	header2     = "\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x01\xc6\x33\x64\x02\xdc\x04\x01\xbb"
	headerLocal = "\r\n\r\n\x00\r\nQUIT\n\x20\x00\x00\x00"
	plain       = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
)

// proxied is a server whose clients are proxies.
type proxied struct {
	net.Listener
	refused chan error
}

// serveProxied starts a server that responds with the addresses of a request, and sends them as the first message of a
// WebSocket.
func serveProxied(t *testing.T, network string, from websocket.ProxyProtocol, secure *tls.Config) proxied {
	t.Helper()
	return serveProxiedBy(t, network, from, secure, respondAddresses)
}

func serveProxiedBy(t *testing.T, network string, from websocket.ProxyProtocol, secure *tls.Config, h http.HandlerFunc) proxied {
	t.Helper()
	address := "127.0.0.1:0"
	if network == "unix" {
		address = filepath.Join(t.TempDir(), "socket")
	}
	listener, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	refused := make(chan error, 10)
	from.Refused = func(_ net.Addr, problem error) { refused <- problem }
	server := websocket.NewHTTPServer(h)
	wrapped := from.Listener(listener)
	if secure != nil {
		wrapped = tls.NewListener(wrapped, secure)
	}
	go func() { _ = websocket.Serve(server, wrapped) }()
	t.Cleanup(func() { _ = server.Close() })
	return proxied{listener, refused}
}

func respondAddresses(w http.ResponseWriter, r *http.Request) {
	local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	addresses := fmt.Sprintf("%s to %s:%s", r.RemoteAddr, local.Network(), local)
	if r.Header.Get("Upgrade") == "" || r.URL.Path == "/refused" {
		_, _ = io.WriteString(w, addresses)
		return
	}
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	_ = conn.Write(context.Background(), websocket.Text, []byte(addresses))
	_, _, _ = conn.Read(context.Background()) // until the client closes
}

// send connects and sends parts, with a pause after each.
func (p proxied) send(t *testing.T, parts ...string) net.Conn {
	t.Helper()
	conn, err := net.Dial(p.Addr().Network(), p.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	for i, part := range parts {
		if i > 0 {
			time.Sleep(20 * time.Millisecond) // so that they arrive in different segments; the result is the same if they do not
		}
		if _, err := io.WriteString(conn, part); err != nil {
			t.Fatal(err)
		}
	}
	_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
	return conn
}

// wantPage expects a response with text.
func wantPage(t *testing.T, conn net.Conn, want string) {
	t.Helper()
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("the response has the addresses %s; got %v", want, err)
	}
	defer func() { _ = response.Body.Close() }()
	if text, err := io.ReadAll(response.Body); err != nil || !strings.HasPrefix(string(text), want) {
		t.Errorf("the response has the addresses %s; got %s, %v", want, text, err)
	}
}

// wantSocket expects a WebSocket whose first message is text, and closes it.
func wantSocket(t *testing.T, conn net.Conn, want string) {
	t.Helper()
	c := &wiretest.Client{Conn: conn, R: bufio.NewReader(conn)}
	c.ReadAnswer(t)
	c.WantFrame(t, fmt.Sprintf("text %q", want))
	c.Send(t, wiretest.CloseFrame(1000, ""))
	c.WantFrame(t, "close 1000")
}

var onLoopback = websocket.ProxyProtocol{From: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}

// The header may arrive with the request, before it, and in pieces.
func TestProxyProtocol(t *testing.T) {
	const addresses = "192.0.2.1:56324 to tcp:198.51.100.2:443"
	upgrade, refused := wiretest.Request+"\r\n", strings.Replace(wiretest.Request, "GET / ", "GET /refused ", 1)+"\r\n"
	server := serveProxied(t, "tcp", onLoopback, nil)
	for _, header := range []string{header1, header2} {
		wantPage(t, server.send(t, header+plain), addresses)
		wantPage(t, server.send(t, header, plain), addresses)
		wantPage(t, server.send(t, header[:9], header[9:20], header[20:]+plain[:9], plain[9:]), addresses)
		wantSocket(t, server.send(t, header+upgrade), addresses)
		wantSocket(t, server.send(t, header, upgrade), addresses)
		wantSocket(t, server.send(t, header[:9], header[9:]+upgrade), addresses)
		wantPage(t, server.send(t, header+refused), addresses)
	}
}

func TestProxyProtocolWithoutAddresses(t *testing.T) {
	server := serveProxied(t, "tcp", onLoopback, nil)
	for _, header := range []string{headerLocal, "PROXY UNKNOWN\r\n"} {
		conn := server.send(t, header+plain)
		wantPage(t, conn, conn.LocalAddr().String()+" to tcp:"+server.Addr().String())
		conn = server.send(t, header+wiretest.Request+"\r\n")
		wantSocket(t, conn, conn.LocalAddr().String()+" to tcp:"+server.Addr().String())
	}
}

func TestProxyProtocolTLS(t *testing.T) {
	server := serveProxied(t, "tcp", onLoopback, wiretest.ServerConfig(t))
	for _, header := range []string{header1, header2} {
		secure := tls.Client(server.send(t, header), wiretest.ClientConfig())
		if _, err := io.WriteString(secure, wiretest.Request+"\r\n"); err != nil {
			t.Fatal(err)
		}
		wantSocket(t, secure, "192.0.2.1:56324 to tcp:198.51.100.2:443")
	}
}

// A client with an address is not on the Unix socket, where its forwarding fields would be trusted.
func TestProxyProtocolUnixSocket(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Unix sockets of Windows have other addresses")
	}
	server := serveProxied(t, "unix", websocket.ProxyProtocol{UnixSocket: true}, nil)
	wantPage(t, server.send(t, header1+plain), "192.0.2.1:56324 to tcp:198.51.100.2:443")
	wantSocket(t, server.send(t, header1+wiretest.Request+"\r\n"), "192.0.2.1:56324 to tcp:198.51.100.2:443")
	wantPage(t, server.send(t, headerLocal+plain), "@ to unix:"+server.Addr().String())
	without := serveProxied(t, "unix", onLoopback, nil)
	wantPage(t, without.send(t, plain), "@ to unix:"+without.Addr().String())
}

func TestProxyProtocolOthers(t *testing.T) {
	server := serveProxied(t, "tcp", websocket.ProxyProtocol{From: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}}, nil)
	conn := server.send(t, plain)
	wantPage(t, conn, conn.LocalAddr().String())
	if response, err := http.ReadResponse(bufio.NewReader(server.send(t, header1+plain)), nil); err != nil || response.StatusCode != http.StatusBadRequest {
		t.Errorf("a header from another address is an invalid request; got %v, %v", response, err)
	}
}

func TestProxyProtocolRefuses(t *testing.T) {
	t.Parallel()
	impatient := onLoopback
	impatient.Timeout = 100 * time.Millisecond
	early, late := serveProxied(t, "tcp", onLoopback, nil), serveProxied(t, "tcp", impatient, nil)
	for _, c := range []struct {
		parts []string
		want  string
	}{
		{[]string{plain}, "does not begin with a header"},
		{[]string{"PROXY TCP4 nonsense\r\n" + plain}, "nonsense"},
		{[]string{header1[:10]}, "has not arrived in time"},
		{[]string{header2[:14]}, "has not arrived in time"},
		{nil, "has not arrived in time"},
		{[]string{header2[:13] + "\x11\xff\xff" + strings.Repeat("x", 5000)}, "the limit is 4096"},
		{[]string{header1[:10], "\r\n"}, "has"},
	} {
		server := early
		if strings.Contains(c.want, "in time") {
			server = late
		}
		conn := server.send(t, c.parts...)
		if got, _ := io.ReadAll(conn); len(got) > 0 { // it may be reset
			t.Errorf("after %q the connection is closed without a response; got %q", c.parts, got)
		}
		select {
		case problem := <-server.refused:
			if !strings.Contains(problem.Error(), c.want) {
				t.Errorf("%q is reported as %q; got %v", c.parts, c.want, problem)
			}
		case <-time.After(time.Minute):
			t.Errorf("%q is reported; it was not", c.parts)
		}
	}
}

// What a health check does is not reported.
func TestProxyProtocolUnusedConnection(t *testing.T) {
	server := serveProxied(t, "tcp", onLoopback, nil)
	_ = server.send(t).Close()
	_, _ = io.ReadAll(server.send(t, "GET / HTTP/1.1\r\n\r\n"))
	if problem := <-server.refused; !strings.Contains(problem.Error(), "does not begin") {
		t.Errorf("only the second connection is reported; got %v", problem)
	}
}

// WebSockets after a header have no goroutines of their own, in whatever way the header has arrived.
func TestProxyProtocolCost(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("there are no event loops")
	}
	group := new(driver.LoopGroup)
	t.Cleanup(group.Stop)
	server := serveProxiedBy(t, "tcp", onLoopback, nil, func(w http.ResponseWriter, r *http.Request) {
		if d, _, err := driver.Accept(w, r, &driver.AcceptOptions{Options: driver.Options{LoopGroup: group}}); err == nil {
			d.Start(ignore{})
		}
	})
	before := runtime.NumGoroutine()
	const connections = 40
	for i := range connections {
		parts := []string{header2, wiretest.Request + "\r\n"}
		if i%2 == 0 {
			parts = []string{header2 + wiretest.Request + "\r\n"}
		}
		c := server.send(t, parts...)
		(&wiretest.Client{Conn: c, R: bufio.NewReader(c)}).ReadAnswer(t)
	}
	for range 6000 {
		if runtime.NumGoroutine() < before+connections/4 {
			return
		}
		time.Sleep(10 * time.Millisecond) // the goroutines of net/http end
	}
	t.Errorf("%d connections have %d goroutines", connections, runtime.NumGoroutine()-before)
}

// ignore is a handler that does nothing.
type ignore struct{}

func (ignore) Events(*driver.Driver, []protocol.Event) (work bool) { return false }
func (ignore) Work(*driver.Driver)                                 {}
func (ignore) Drained(*driver.Driver)                              {}
func (ignore) Closed(*driver.Driver, driver.Outcome)               {}

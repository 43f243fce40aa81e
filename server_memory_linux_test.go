//go:build !race

package linger_test

import (
	"io"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"testing"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
)

// idleBudget is the most memory, in bytes, that an idle connection of an event loop may use: its transport, driver, socket, id and
// request, and its places in the tables of connections and of descriptors.
const idleBudget = 480

// bareSocket is the descriptor of a client, of which nothing else is in memory.
type bareSocket int

func (s bareSocket) Write(b []byte) (int, error) { return syscall.Write(int(s), b) }

func (s bareSocket) Read(b []byte) (int, error) {
	n, err := syscall.Read(int(s), b)
	if n == 0 && err == nil {
		err = io.EOF
	}
	return max(n, 0), err
}

// openBare opens a connection to a port of this machine.
func openBare(t *testing.T, port int) bareSocket {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err == nil {
		err = syscall.Connect(fd, &syscall.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}})
	}
	if err != nil {
		t.Fatal(err)
	}
	return bareSocket(fd)
}

func TestServerMemoryIdle(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := linger.NewServer(linger.HandlerFuncs{OnMessage: echo}, linger.Options{Logger: slog.New(slog.DiscardHandler)})
	web := &http.Server{Handler: s}
	go func() { _ = websocket.Serve(web, listener) }() // returns when the server is closed
	defer func() { _ = web.Close() }()
	const warm, conns = 100, 2000
	peers := make([]bareSocket, 0, warm+conns)
	defer func() {
		for _, peer := range peers {
			_ = syscall.Close(int(peer))
		}
	}()
	port := listener.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // of a listener on TCP
	message, due := frame(protocol.Text, []byte("hello")), make([]byte, 7)
	open := func(n int) {
		for range n {
			peer := openBare(t, port)
			peers = append(peers, peer)
			upgradeRaw(t, peer)
			exchange(t, peer, message, due)
		}
	}
	open(warm)
	before := heap()
	open(conns)
	used := (heap() - before) / conns
	t.Logf("an idle connection uses %d bytes", used)
	if used > idleBudget {
		t.Errorf("an idle connection may use %d bytes; it uses %d", idleBudget, used)
	}
	if s.Count() != len(peers) {
		t.Errorf("all %d connections are open; the server has %d", len(peers), s.Count())
	}
}

package linger_test

import (
	"context"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/lingerws/linger"
)

// newLink returns both ends of a link.
func newLink(t testing.TB) (ours, theirs *net.UnixConn) {
	t.Helper()
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	ends := [2]*net.UnixConn{}
	for i, fd := range pair {
		file := os.NewFile(uintptr(fd), "link")
		conn, err := net.FileConn(file)
		_ = file.Close()
		if err != nil {
			t.Fatal(err)
		}
		ends[i], _ = conn.(*net.UnixConn)
		t.Cleanup(func() { _ = conn.Close() })
	}
	return ends[0], ends[1]
}

// opened is connect, and waits until the server knows that the connection is open, which the client knows a little earlier. The
// application must send messages back.
func (s *service) opened(lines ...string) *client {
	s.t.Helper()
	c := s.connect(lines...)
	c.text("hello")
	c.want("text hello")
	return c
}

// handingOver is a hand-over between two servers.
type handingOver struct {
	t      *testing.T
	ended  chan struct{} // closed when Handover has returned
	report linger.HandoverReport
	err    error
	bye    chan error // of ReceiveOptions.Ended
}

// startHandover begins a hand-over, and returns when the new server serves.
func startHandover(t *testing.T, from, to *service, give linger.HandoverOptions, take linger.ReceiveOptions) *handingOver {
	t.Helper()
	ours, theirs := newLink(t)
	h := &handingOver{t: t, ended: make(chan struct{}), bye: make(chan error, 1)}
	go func() {
		defer close(h.ended)
		h.report, h.err = from.Handover(context.Background(), ours, give)
	}()
	take.Ended = func(err error) { h.bye <- err }
	if err := to.Receive(t.Context(), theirs, take); err != nil {
		<-h.ended
		t.Fatalf("the new server takes over; Receive returned %v, and Handover %v", err, h.err)
	}
	return h
}

// end waits for the end of the hand-over.
func (h *handingOver) end() linger.HandoverReport {
	h.t.Helper()
	<-h.ended
	if h.err != nil || !h.report.Committed {
		h.t.Fatalf("the hand-over is complete; got %+v with error %v", h.report, h.err)
	}
	if err := <-h.bye; err != nil {
		h.t.Errorf("the old process says good-bye; got %v", err)
	}
	return h.report
}

// handOver hands all connections over.
func handOver(t *testing.T, from, to *service) linger.HandoverReport {
	t.Helper()
	return startHandover(t, from, to, linger.HandoverOptions{}, linger.ReceiveOptions{}).end()
}

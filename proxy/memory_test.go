package proxy_test

import (
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/lingerws/linger/internal/proxyends"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/proxy"
)

const (
	huge       = 64 << 20
	hugePairs  = 50
	perPair    = 256 << 10 // the memory in bytes that a pair may use, whatever it forwards
	stallAfter = 300 * time.Millisecond
)

// flood starts to send a message of 64 MiB, and continues until no more is accepted for
// stallAfter. It returns the number of payload bytes that were sent.
func flood(conn *net.TCPConn) (taken int) {
	_ = conn.SetWriteBuffer(32 << 10)
	h := protocol.Header{Fin: true, Opcode: protocol.Binary, Length: huge, Masked: true}
	_, _ = conn.Write(h.Append(nil))
	return pour(conn, 0, stallAfter)
}

// pour continues to send the message of flood, of which taken bytes were sent, until no more is accepted for the given time.
func pour(conn *net.TCPConn, taken int, stall time.Duration) int {
	piece := make([]byte, 32<<10)
	for taken < huge {
		_ = conn.SetWriteDeadline(time.Now().Add(stall))
		n, err := conn.Write(piece[:min(len(piece), huge-taken)])
		if taken += n; err != nil {
			break
		}
	}
	return taken
}

// TestHandlerMemory sends huge messages to backends that do not read, which is when the
// proxy buffers most, and then reads some of them.
func TestHandlerMemory(t *testing.T) {
	backend, err := proxyends.NewBackend()
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Close()
	opts := proxy.Options{To: []string{"ws://" + backend.Addr()}}
	opts.MaxMessage, opts.WriteTimeout, opts.KeepAlive = 1<<30, -1, -1
	_, url := front(t, opts)
	var pairs []*proxyends.Pair
	for range hugePairs {
		p, err := backend.Open(url[len("ws://"):], timeout)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		_ = p.Backend.Conn.SetReadBuffer(32 << 10)
		pairs = append(pairs, p)
	}
	before := measure()
	taken := make([]int, len(pairs))
	var all sync.WaitGroup
	for i, p := range pairs {
		all.Go(func() { taken[i] = flood(p.Client.Conn) })
	}
	all.Wait()
	each := (measure().heap - before.heap) / hugePairs
	t.Logf("%d pairs with a message of %d MiB in progress use %d KiB each", hugePairs, huge>>20, each>>10)
	if each > perPair {
		t.Errorf("a pair uses %d KiB, expected at most %d", each>>10, perPair>>10)
	}
	for i, n := range taken {
		if n >= huge*3/4 { // kernels buffer far less, unless the machine is very busy
			t.Errorf("%d MiB of message %d were sent although the backend does not read", n>>20, i)
		}
	}
	wantOtherPairsUnaffected(t, backend, url)
	for i, p := range pairs[:3] {
		all.Go(func() {
			if taken[i] = pour(p.Client.Conn, taken[i], timeout); taken[i] != huge {
				t.Errorf("with a backend that reads %d of %d bytes were sent", taken[i], huge)
			}
		})
		if err := readWhole(p.Backend.Conn); err != nil {
			t.Errorf("reading the message: %v", err)
		}
		all.Wait()
	}
}

// wantOtherPairsUnaffected checks that another pair is not affected by the stalled ones.
func wantOtherPairsUnaffected(t *testing.T, backend *proxyends.Backend, url string) {
	t.Helper()
	p, err := backend.Open(url[len("ws://"):], timeout)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	_ = p.Client.Do("text hello")
	if got := p.Backend.See(); got != "hello" {
		t.Errorf("the backend of another pair sees %q, expected hello", got)
	}
}

// readWhole reads frames until the message is complete, and checks its length.
func readWhole(conn *net.TCPConn) error {
	_ = conn.SetReadDeadline(time.Now().Add(6 * timeout))
	var head []byte
	for total := int64(0); ; {
		h, size, _ := protocol.ParseHeader(head)
		if size == 0 {
			var b [1]byte
			if _, err := io.ReadFull(conn, b[:]); err != nil {
				return err
			}
			head = append(head, b[0])
			continue
		}
		n, err := io.CopyN(io.Discard, conn, h.Length)
		if total += n; err != nil {
			return err
		}
		if head = nil; h.Fin {
			if total != huge {
				return fmt.Errorf("the message has %d bytes", total)
			}
			return nil
		}
	}
}

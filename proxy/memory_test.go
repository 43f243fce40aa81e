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
	perPair    = 256 << 10 // bytes of memory that a proxied connection may take, whatever passes
	stallAfter = 300 * time.Millisecond
)

// flood sends a message of 64 MiB until it is whole, or nobody takes more of it for a
// while. It returns how much has been taken.
func flood(conn *net.TCPConn) (taken int) {
	_ = conn.SetWriteBuffer(32 << 10)
	h := protocol.Header{Fin: true, Opcode: protocol.Binary, Length: huge, Masked: true}
	_, _ = conn.Write(h.Append(nil))
	return pour(conn, 0)
}

// pour goes on with it.
func pour(conn *net.TCPConn, taken int) int {
	piece := make([]byte, 32<<10)
	for taken < huge {
		_ = conn.SetWriteDeadline(time.Now().Add(stallAfter))
		n, err := conn.Write(piece[:min(len(piece), huge-taken)])
		if taken += n; err != nil {
			break
		}
	}
	return taken
}

// TestMemoryIsBoundedWhateverTheMessages sends huge messages to backends that do not
// read, which is when most is held, and then reads some of them.
func TestMemoryIsBoundedWhateverTheMessages(t *testing.T) {
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
		p, err := backend.Open(url[len("ws://"):], patience)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		_ = p.Backend.Conn.SetReadBuffer(32 << 10)
		pairs = append(pairs, p)
	}
	before := holdings()
	taken := make([]int, len(pairs))
	var all sync.WaitGroup
	for i, p := range pairs {
		all.Go(func() { taken[i] = flood(p.Client.Conn) })
	}
	all.Wait()
	each := (holdings().heap - before.heap) / hugePairs
	t.Logf("%d connections with a message of %d MiB under way hold %d KiB each", hugePairs, huge>>20, each>>10)
	if each > perPair {
		t.Errorf("a connection takes %d KiB at most; it took %d", perPair>>10, each>>10)
	}
	for i, n := range taken {
		if n >= huge*3/4 { // what the kernels take is far less on a machine that is not busy
			t.Errorf("a side that does not read slows the other; %d MiB of message %d were taken", n>>20, i)
		}
	}
	wantOthersToPass(t, backend, url)
	for i, p := range pairs[:3] {
		all.Go(func() {
			if taken[i] = pour(p.Client.Conn, taken[i]); taken[i] != huge {
				t.Errorf("who is read goes on; of %d bytes %d were taken", huge, taken[i])
			}
		})
		if err := readWhole(p.Backend.Conn); err != nil {
			t.Errorf("the message arrives whole when it is read; got %v", err)
		}
		all.Wait()
	}
}

// wantOthersToPass shows that the slow are slow for themselves only.
func wantOthersToPass(t *testing.T, backend *proxyends.Backend, url string) {
	t.Helper()
	p, err := backend.Open(url[len("ws://"):], patience)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	_ = p.Client.Do("text hello")
	if got := p.Backend.See(); got != "hello" {
		t.Errorf("the messages of others pass; got %q", got)
	}
}

// readWhole reads frames until the message is over.
func readWhole(conn *net.TCPConn) error {
	_ = conn.SetReadDeadline(time.Now().Add(6 * patience))
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
				return fmt.Errorf("it has %d bytes", total)
			}
			return nil
		}
	}
}

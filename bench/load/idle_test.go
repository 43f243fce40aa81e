//go:build linux

package load

import (
	"errors"
	"net"
	"net/http/httptest"
	"net/netip"
	"os"
	"runtime/debug"
	"testing"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/websocket"
)

func TestRunIdle(t *testing.T) {
	to := rawServer(t, func(nc net.Conn) {
		touched(t, 1<<20)
		for message := make([]byte, 70); ; {
			if _, err := nc.Read(message); err != nil {
				return
			}
			_, _ = nc.Write(fromServer(text, payload(64)))
		}
	})
	w := short(Work{Kind: Idle, Conns: 50})
	debug.FreeOSMemory()
	if s := run(t, to, w); s.Bytes/s.Units < 1<<18 {
		t.Errorf("each of %d connections uses 1 MiB, but Run measured %d bytes in all", s.Units, s.Bytes)
	}
}

func TestIdleSilentServer(t *testing.T) {
	l, err := newLoop()
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	l.timeout = 20 * time.Millisecond
	silent := rawServer(t, func(nc net.Conn) { _, _ = nc.Read(make([]byte, 70)); <-t.Context().Done() })
	if _, err := l.idle(silent, os.Getpid(), short(Work{Kind: Idle, Conns: 1})); !errors.Is(err, errSilent) {
		t.Errorf("idle against a server that does not echo returns %v, expected %v", err, errSilent)
	}
}

func TestRunIdleDeflate(t *testing.T) {
	w := short(Work{Kind: Idle, Conns: 3, Deflate: true})
	w.Size = 32 << 10
	web := httptest.NewServer(linger.NewServer(echoes(), linger.Options{
		Options: websocket.Options{Compression: new(websocket.CompressionOptions)},
	}))
	defer web.Close()
	run(t, netip.MustParseAddrPort(web.Listener.Addr().String()), w)

	if _, err := Run(lingerServer(t, echoes()), os.Getpid(), w); !mentions(err, "negotiated: false") {
		t.Errorf("Run against a server that does not compress returns %v, expected an error", err)
	}
}

func TestConnReceiveCompressed(t *testing.T) {
	plain, answer := new(conn), fromServer(compressed, payload(200))
	if err := plain.receiveCompressed(fromServer(text, payload(200))); !mentions(err, "81") {
		t.Errorf("receiveCompressed of a frame that is not compressed returns %v, expected an error", err)
	}
	c := new(conn)
	for i, b := range answer {
		if c.checked != 0 {
			t.Fatalf("the answer counts as complete after %d bytes of %d", i, len(answer))
		}
		if err := c.receiveCompressed([]byte{b}); err != nil {
			t.Fatal(err)
		}
	}
	if c.checked != 1 {
		t.Error("the whole answer was received, but does not count as complete")
	}
	if err := c.receiveCompressed(nil); !errors.Is(err, errEnd) {
		t.Errorf("receiveCompressed at the end of the stream returns %v, expected %v", err, errEnd)
	}
}

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

func TestIdleWeighsConnections(t *testing.T) {
	to := strange(t, func(nc net.Conn) {
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
		t.Errorf("each of %d connections touches 1 MiB, and they weigh %d bytes", s.Units, s.Bytes)
	}
}

func TestIdleConnectionsMustAnswerOnce(t *testing.T) {
	l, err := newLoop()
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	l.bound = 20 * time.Millisecond
	mute := strange(t, func(nc net.Conn) { _, _ = nc.Read(make([]byte, 70)); <-t.Context().Done() })
	if _, err := l.idle(mute, os.Getpid(), short(Work{Kind: Idle, Conns: 1})); !errors.Is(err, errSilent) {
		t.Errorf("a server that does not echo must be told of, got: %v", err)
	}
}

func TestIdleConnectionsThatCompress(t *testing.T) {
	w := short(Work{Kind: Idle, Conns: 3, Deflate: true})
	w.Size = 32 << 10
	web := httptest.NewServer(linger.NewServer(echoes(), linger.Options{
		Options: websocket.Options{Compression: new(websocket.CompressionOptions)},
	}))
	defer web.Close()
	run(t, netip.MustParseAddrPort(web.Listener.Addr().String()), w)

	if _, err := Run(ours(t, echoes()), os.Getpid(), w); !mentions(err, "agreed: false") {
		t.Errorf("a server that does not compress must be told of, got: %v", err)
	}
}

func TestAnswersMustBeCompressed(t *testing.T) {
	plain, answer := new(conn), fromServer(compressed, payload(200))
	if err := plain.takeCompressed(fromServer(text, payload(200))); !mentions(err, "81") {
		t.Errorf("an answer that is not compressed must be found, got: %v", err)
	}
	c := new(conn)
	for i, b := range answer {
		if c.checked != 0 {
			t.Fatalf("%d bytes of %d are taken for all", i, len(answer))
		}
		if err := c.takeCompressed([]byte{b}); err != nil {
			t.Fatal(err)
		}
	}
	if c.checked != 1 {
		t.Error("the whole answer has come")
	}
	if err := c.takeCompressed(nil); !errors.Is(err, errEnd) {
		t.Errorf("the end must be told of, got: %v", err)
	}
}

//go:build linux

package load

import (
	"errors"
	"io"
	"net"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger"
)

// short returns w with durations short enough for a test.
func short(w Work) Work {
	w.Warm, w.Window, w.Size = 10*time.Millisecond, 50*time.Millisecond, 64
	return w
}

// lingerServer starts a linger server with the handler h.
func lingerServer(t *testing.T, h linger.Handler) netip.AddrPort {
	t.Helper()
	web := httptest.NewServer(linger.NewServer(h, linger.Options{}))
	t.Cleanup(web.Close)
	return netip.MustParseAddrPort(web.Listener.Addr().String())
}

func echoes() linger.Handler {
	return linger.HandlerFuncs{OnMessage: func(m *linger.Message) { _ = m.Socket.Send(m.Payload) }}
}

// rawServer starts a server that answers the handshake of each connection and
// then calls then with it.
func rawServer(t *testing.T, then func(net.Conn)) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = nc.Close() }()
				if _, err := io.ReadFull(nc, make([]byte, len(request))); err == nil {
					_, _ = io.WriteString(nc, switching+"Switching Protocols\r\nSec-WebSocket-Accept: "+accepted+"\r\n\r\n")
					then(nc)
				}
			}()
		}
	}()
	return netip.MustParseAddrPort(l.Addr().String())
}

func run(t *testing.T, to netip.AddrPort, w Work) Sample {
	t.Helper()
	s, err := Run(to, os.Getpid(), w)
	if err != nil {
		t.Fatalf("%s: %v", w.Kind, err)
	}
	if s.Units == 0 || s.Wall <= 0 {
		t.Fatalf("%s: the sample is empty: %+v", w.Kind, s)
	}
	return s
}

func TestRunSample(t *testing.T) {
	s := run(t, lingerServer(t, echoes()), short(Work{Kind: Echo, Conns: 4, InFlight: 1}))
	if s.Cost() <= 0 || s.Load <= 0 || s.P50 <= 0 || s.P99 < s.P50 {
		t.Errorf("the sample lacks a cost or a latency: %+v", s)
	}
}

func TestRunUnknownKind(t *testing.T) {
	if _, err := Run(netip.AddrPort{}, os.Getpid(), Work{Kind: "sleep"}); err == nil {
		t.Error("Run of an unknown kind of work returned no error")
	}
}

func TestMeasureSilentServer(t *testing.T) {
	l, err := newLoop()
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	l.timeout = 20 * time.Millisecond
	silent := rawServer(t, func(nc net.Conn) { _, _ = io.Copy(io.Discard, nc) })
	w := short(Work{Kind: Echo, Conns: 1})
	if _, err := l.measure(&echo{loop: l, work: w}, silent, os.Getpid(), w); !errors.Is(err, errSilent) {
		t.Errorf("measure against a silent server returns %v, expected %v", err, errSilent)
	}
}

func TestReadingOthers(t *testing.T) {
	before := reading{server: 1, own: 2, machine: 10}
	after := reading{server: 3, own: 6, machine: 20}
	if got := after.others(before); got != 4 {
		t.Errorf("others = %d, expected 4: 10 of the machine less 2 of the server and 4 of this process", got)
	}
	if got := before.others(before); got != 0 {
		t.Errorf("others of a machine without work = %v, expected 0", got)
	}
}

func mentions(err error, text string) bool { return err != nil && strings.Contains(err.Error(), text) }

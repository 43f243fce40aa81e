package websocket

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/protocol"
)

// RFC 6455, section 7.1.1: a client leaves it to the server to end TCP first.
func TestTheClientWaitsForTheServersEOF(t *testing.T) {
	for name, c := range map[string]struct {
		act  func(t *testing.T, d *Driver, f *far)
		want string
	}{
		"the client closes": {func(t *testing.T, d *Driver, f *far) {
			_ = d.Close(4001, "bye")
			f.wantFrame(t, `close 4001 "bye"`)
			f.send(t, f.closing(4001))
		}, `clean, received 4001, sent 4001 "bye", first local, close`},
		"the server closes": {func(t *testing.T, _ *Driver, f *far) {
			f.send(t, f.closing(4002))
			f.wantFrame(t, "close 4002")
		}, "clean, received 4002, sent 4002, first remote, close"},
		"the server violates the protocol": {func(t *testing.T, _ *Driver, f *far) {
			f.send(t, f.violating())
			f.wantFrame(t, `close 1002 "unknown opcode"`)
			f.send(t, append(f.frame(protocol.Text, []byte("dropped")), f.closing(1002)...)) // RFC 6455, section 7.1.7
		}, `not clean, received 1006, sent 1002 "unknown opcode", first local, violation frame.opcode`},
		"the server masks": {func(t *testing.T, _ *Driver, f *far) {
			f.send(t, textFrame("as a client"))
			f.wantFrame(t, `close 1002 "server frames must not be masked"`)
		}, `not clean, received 1006, sent 1002 "server frames must not be masked", first local, violation frame.masked`},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, secure bool) {
				t.Parallel()
				d, h, f := onWire(t, protocol.Client, secure, Options{KeepAlive: -1})
				c.act(t, d, f)
				h.want(t, c.want) // does not wait for the EOF
				f.wantOpen(t, "a client must not end TCP before the server")
				f.end()
				f.wantEOF(t)
				wantGone(t, d)
			})
		})
	}
}

func TestAStuckServerIsCutAtItsBound(t *testing.T) {
	fill := func(d *Driver) {
		for range 8 {
			_, _ = d.Send(protocol.Binary, make([]byte, 1<<20))
		}
	}
	for name, c := range map[string]struct {
		opts Options
		act  func(t *testing.T, d *Driver, f *far)
		want string
	}{
		"never answers our Close": {Options{CloseTimeout: stuckBound},
			func(_ *testing.T, d *Driver, _ *far) { _ = d.Close(1000, "") },
			"not clean, received 1006, sent 1000, first local, timeout"},
		"never reads": {Options{CloseTimeout: stuckBound},
			func(_ *testing.T, d *Driver, _ *far) { fill(d); _ = d.Close(1000, "") },
			"not clean, received 1006, sent 1000, first local, timeout"},
		"never reads, and has closed": {Options{CloseTimeout: stuckBound},
			func(t *testing.T, d *Driver, f *far) { fill(d); f.send(t, f.closing(1000)) },
			"not clean, received 1000, sent 1000, first remote, timeout"},
		"never reads, and violates": {Options{CloseTimeout: stuckBound},
			func(t *testing.T, d *Driver, f *far) { fill(d); f.send(t, f.violating()) },
			`not clean, received 1006, sent 1002 "unknown opcode", first local, violation frame.opcode`},
		"never ends TCP": {Options{LingerTimeout: stuckBound},
			func(t *testing.T, _ *Driver, f *far) { f.send(t, f.closing(1000)) },
			"clean, received 1000, sent 1000, first remote, close"},
		"never ends TCP after a violation": {Options{LingerTimeout: stuckBound},
			func(t *testing.T, _ *Driver, f *far) { f.send(t, f.violating()) },
			`not clean, received 1006, sent 1002 "unknown opcode", first local, violation frame.opcode`},
		"never ends its flood after a violation": {Options{MaxLinger: 1 << 20},
			func(t *testing.T, _ *Driver, f *far) {
				f.send(t, f.violating())
				for err := error(nil); err == nil; _, err = f.Write(make([]byte, 64<<10)) {
				}
			},
			`not clean, received 1006, sent 1002 "unknown opcode", first local, violation frame.opcode`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, secure bool) {
				t.Parallel()
				opts := c.opts
				opts.KeepAlive = -1
				d, h, f := onWire(t, protocol.Client, secure, opts)
				_ = f.tcp.SetReadBuffer(16 << 10) // or the kernel reads in its place
				start := time.Now()
				c.act(t, d, f)
				wantDone(t, d)
				h.want(t, c.want)
				if took := time.Since(start); c.opts.MaxLinger == 0 && took < stuckBound*8/10 || took > stuckBound+4*time.Second {
					t.Errorf("the server must be cut at its bound of %v; it took %v", stuckBound, took)
				}
			})
		})
	}
}

// Over TLS a client ends its direction with close_notify and then the TCP FIN, once
// the server has ended its own: RFC 8446, section 6.1.
func TestTheClientsCloseNotifyAndThenFIN(t *testing.T) {
	for name, end := range map[string]func(f *far) []byte{
		"after the closing handshake": func(f *far) []byte { return f.closing(1000) },
		"after a violation":           (*far).violating,
	} {
		t.Run(name, func(t *testing.T) {
			d, _, f := onWire(t, protocol.Client, true, Options{KeepAlive: -1})
			f.send(t, end(f))
			if got, err := f.readFrame(t); err != nil || got.op != protocol.CloseFrame {
				t.Fatalf("the server must read a Close; got %v, %v", got, err)
			}
			f.end()
			tap := &wiretap{Conn: f.tcp}
			if _, err := io.Copy(io.Discard, tap); err != nil {
				t.Fatalf("TCP must end with a FIN; got %v", err)
			}
			if len(tap.in) == 0 || tap.in[0] != alertRecord || tap.lastRecord() != alertRecord {
				t.Errorf("before the FIN there must be the alert close_notify and nothing else; got %x", tap.in)
			}
			wantGone(t, d)
		})
	}
}

// In both roles a peer that ends TCP without close_notify has cut the connection,
// unless the closing handshake was complete.
func TestAnEOFWithoutCloseNotify(t *testing.T) {
	for _, role := range []protocol.Role{protocol.Server, protocol.Client} {
		for name, c := range map[string]struct {
			send   func(f *far) []byte
			record []byte // of TLS, begun and not ended
			want   string
		}{
			"in the middle of nothing": {func(*far) []byte { return nil }, nil,
				"not clean, received 1006, sent 1006, first neither, eof"},
			"in the middle of a frame": {func(f *far) []byte { return f.frame(protocol.Text, []byte("cut"))[:3] }, nil,
				"not clean, received 1006, sent 1006, first neither, eof"},
			"in the middle of a record": {func(*far) []byte { return nil }, []byte{23, 3, 3, 0, 100, 1, 2, 3},
				"not clean, received 1006, sent 1006, first neither, eof"},
			"after both Close frames": {func(f *far) []byte { return f.closing(1000) }, nil,
				"clean, received 1000, sent 1000, first remote, close"},
			"in a record after both Close frames": {func(f *far) []byte { return f.closing(1000) }, []byte{23, 3, 3, 0, 100, 1, 2, 3},
				"clean, received 1000, sent 1000, first remote, close"},
		} {
			t.Run(role.String()+" "+name, func(t *testing.T) {
				d, h, f := onWire(t, role, true, Options{KeepAlive: -1})
				if b := c.send(f); len(b) > 0 {
					f.send(t, b)
				}
				if strings.Contains(name, "after both") {
					f.wantFrame(t, "close 1000")
				}
				_, _ = f.tcp.Write(c.record)
				_ = f.tcp.CloseWrite()
				h.want(t, c.want)
				wantGone(t, d)
			})
		}
	}
}

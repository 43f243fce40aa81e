package driver

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// The client waits for the server to end TCP first (RFC 6455, section 7.1.1).
func TestDriverClientWaitsForEOF(t *testing.T) {
	for name, c := range map[string]struct {
		act  func(t *testing.T, d *Driver, f *wiretest.Far)
		want string
	}{
		"the client closes": {func(t *testing.T, d *Driver, f *wiretest.Far) {
			_ = d.Close(4001, "bye")
			f.WantFrame(t, `close 4001 "bye"`)
			f.Send(t, f.Closing(4001))
		}, `clean, received 4001, sent 4001 "bye", first local, close`},
		"the server closes": {func(t *testing.T, _ *Driver, f *wiretest.Far) {
			f.Send(t, f.Closing(4002))
			f.WantFrame(t, "close 4002")
		}, "clean, received 4002, sent 4002, first remote, close"},
		"the server violates the protocol": {func(t *testing.T, _ *Driver, f *wiretest.Far) {
			f.Send(t, f.Violating())
			f.WantFrame(t, `close 1002 "unknown opcode"`)
			f.Send(t, append(f.Frame(protocol.Text, []byte("dropped")), f.Closing(1002)...)) // RFC 6455, section 7.1.7
		}, `not clean, received 1006, sent 1002 "unknown opcode", first local, violation frame.opcode`},
		"the server masks": {func(t *testing.T, _ *Driver, f *wiretest.Far) {
			f.Send(t, wiretest.TextFrame("as a client"))
			f.WantFrame(t, `close 1002 "server frames must not be masked"`)
		}, `not clean, received 1006, sent 1002 "server frames must not be masked", first local, violation frame.masked`},
	} {
		t.Run(name, func(t *testing.T) {
			wiretest.Each(t, func(t *testing.T, secure bool) {
				t.Parallel()
				d, h, f := onWire(t, protocol.Client, secure, Options{KeepAlive: -1})
				c.act(t, d, f)
				h.want(t, c.want) // does not wait for the EOF
				f.WantOpen(t, "a client must not end TCP before the server")
				f.End()
				f.WantEOF(t)
				wantDone(t, d)
			})
		})
	}
}

func TestDriverClientTimeouts(t *testing.T) {
	fill := func(d *Driver) {
		for range 8 {
			_, _ = d.Send(protocol.Binary, make([]byte, 1<<20))
		}
	}
	for name, c := range map[string]struct {
		opts Options
		act  func(t *testing.T, d *Driver, f *wiretest.Far)
		want string
	}{
		"never answers our Close": {Options{CloseTimeout: stuckBound},
			func(_ *testing.T, d *Driver, _ *wiretest.Far) { _ = d.Close(1000, "") },
			"not clean, received 1006, sent 1000, first local, timeout"},
		"never reads": {Options{CloseTimeout: stuckBound},
			func(_ *testing.T, d *Driver, _ *wiretest.Far) { fill(d); _ = d.Close(1000, "") },
			"not clean, received 1006, sent 1000, first local, timeout"},
		"never reads, and has closed": {Options{CloseTimeout: stuckBound},
			func(t *testing.T, d *Driver, f *wiretest.Far) { fill(d); f.Send(t, f.Closing(1000)) },
			"not clean, received 1000, sent 1000, first remote, timeout"},
		"never reads, and violates": {Options{CloseTimeout: stuckBound},
			func(t *testing.T, d *Driver, f *wiretest.Far) { fill(d); f.Send(t, f.Violating()) },
			`not clean, received 1006, sent 1002 "unknown opcode", first local, violation frame.opcode`},
		"never ends TCP": {Options{LingerTimeout: stuckBound},
			func(t *testing.T, _ *Driver, f *wiretest.Far) { f.Send(t, f.Closing(1000)) },
			"clean, received 1000, sent 1000, first remote, close"},
		"never ends TCP after a violation": {Options{LingerTimeout: stuckBound},
			func(t *testing.T, _ *Driver, f *wiretest.Far) { f.Send(t, f.Violating()) },
			`not clean, received 1006, sent 1002 "unknown opcode", first local, violation frame.opcode`},
		"never ends its flood after a violation": {Options{MaxLinger: 1 << 20},
			func(t *testing.T, _ *Driver, f *wiretest.Far) {
				f.Send(t, f.Violating())
				for err := error(nil); err == nil; _, err = f.Write(make([]byte, 64<<10)) {
				}
			},
			`not clean, received 1006, sent 1002 "unknown opcode", first local, violation frame.opcode`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wiretest.Each(t, func(t *testing.T, secure bool) {
				t.Parallel()
				opts := c.opts
				opts.KeepAlive = -1
				d, h, f := onWire(t, protocol.Client, secure, opts)
				_ = f.TCP.SetReadBuffer(16 << 10) // so that the kernel does not buffer much
				start := time.Now()
				c.act(t, d, f)
				wantDone(t, d)
				h.want(t, c.want)
				if took := time.Since(start); c.opts.MaxLinger == 0 && took < stuckBound*8/10 {
					t.Errorf("the connection must not be closed before its timeout of %v; it took %v", stuckBound, took)
				}
			})
		})
	}
}

// Over TLS a client ends its direction with close_notify and then the TCP FIN, after the
// server has ended its direction (RFC 8446, section 6.1).
func TestDriverClientCloseNotifyBeforeFIN(t *testing.T) {
	for name, end := range map[string]func(f *wiretest.Far) []byte{
		"after the closing handshake": func(f *wiretest.Far) []byte { return f.Closing(1000) },
		"after a violation":           (*wiretest.Far).Violating,
	} {
		t.Run(name, func(t *testing.T) {
			d, _, f := onWire(t, protocol.Client, true, Options{KeepAlive: -1})
			f.Send(t, end(f))
			if got, err := f.ReadFrame(t); err != nil || got.Op != protocol.CloseFrame {
				t.Fatalf("the server must read a Close; got %v, %v", got, err)
			}
			f.End()
			tap := &wiretest.Wiretap{Conn: f.TCP}
			if _, err := io.Copy(io.Discard, tap); err != nil {
				t.Fatalf("TCP must end with a FIN; got %v", err)
			}
			if len(tap.In) == 0 || tap.In[0] != wiretest.AlertRecord || tap.LastRecord() != wiretest.AlertRecord {
				t.Errorf("only the alert close_notify may precede the FIN; got %x", tap.In)
			}
			wantDone(t, d)
		})
	}
}

// For both roles the end is not clean if the peer ends TCP without close_notify, unless the
// closing handshake was complete.
func TestDriverClientEOFWithoutCloseNotify(t *testing.T) {
	for _, role := range []protocol.Role{protocol.Server, protocol.Client} {
		for name, c := range map[string]struct {
			send   func(f *wiretest.Far) []byte
			record []byte // the start of a TLS record
			want   string
		}{
			"between records": {func(*wiretest.Far) []byte { return nil }, nil,
				"not clean, received 1006, sent 1006, first neither, eof"},
			"in the middle of a frame": {func(f *wiretest.Far) []byte { return f.Frame(protocol.Text, []byte("cut"))[:3] }, nil,
				"not clean, received 1006, sent 1006, first neither, eof"},
			"in the middle of a record": {func(*wiretest.Far) []byte { return nil }, []byte{23, 3, 3, 0, 100, 1, 2, 3},
				"not clean, received 1006, sent 1006, first neither, eof"},
			"after both Close frames": {func(f *wiretest.Far) []byte { return f.Closing(1000) }, nil,
				"clean, received 1000, sent 1000, first remote, close"},
			"in a record after both Close frames": {func(f *wiretest.Far) []byte { return f.Closing(1000) }, []byte{23, 3, 3, 0, 100, 1, 2, 3},
				"clean, received 1000, sent 1000, first remote, close"},
		} {
			t.Run(role.String()+" "+name, func(t *testing.T) {
				d, h, f := onWire(t, role, true, Options{KeepAlive: -1})
				if b := c.send(f); len(b) > 0 {
					f.Send(t, b)
				}
				if strings.Contains(name, "after both") {
					f.WantFrame(t, "close 1000")
				}
				_, _ = f.TCP.Write(c.record)
				_ = f.TCP.CloseWrite()
				h.want(t, c.want)
				wantDone(t, d)
			})
		}
	}
}

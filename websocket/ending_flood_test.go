package websocket

import (
	"testing"

	"github.com/lingerws/linger/protocol"
)

// What the peer goes on writing when the end has begun never becomes a reset,
// which would destroy our Close on its way: RFC 6455, section 7.1.1.
func TestAFloodBehindTheEndIsNoReset(t *testing.T) {
	for name, c := range map[string]struct {
		begin func(t *testing.T, d *Driver, f *far)
		flood func(f *far) []byte // 16 KiB of it
		want  string
		then  func(f *far) []byte
		end   string
	}{
		"behind a violation": {
			func(t *testing.T, _ *Driver, f *far) { f.send(t, f.violating()) },
			func(*far) []byte { return make([]byte, 16<<10) },
			`close 1002 "unknown opcode"`,
			func(*far) []byte { return nil },
			`not clean, received 1006, sent 1002 "unknown opcode", first local, violation frame.opcode`,
		},
		"behind its Close": {
			func(t *testing.T, _ *Driver, f *far) { f.send(t, f.closing(4000)) },
			func(*far) []byte { return make([]byte, 16<<10) },
			"close 4000",
			func(*far) []byte { return nil },
			"clean, received 4000, sent 4000, first remote, close",
		},
		"in flight when we close": {
			func(_ *testing.T, d *Driver, _ *far) { _ = d.Close(4001, "") },
			func(f *far) []byte { return f.frame(protocol.Binary, make([]byte, 16<<10)) },
			"close 4001",
			func(f *far) []byte { return f.closing(4001) },
			"clean, received 4001, sent 4001, first local, close",
		},
		"in flight when we close, and then a violation": {
			func(_ *testing.T, d *Driver, _ *far) { _ = d.Close(4001, "") },
			func(f *far) []byte { return f.frame(protocol.Binary, make([]byte, 16<<10)) },
			"close 4001",
			(*far).violating,
			"not clean, received 1006, sent 4001, first local, violation frame.opcode",
		},
	} {
		t.Run(name, func(t *testing.T) {
			onEachWire(t, func(t *testing.T, role protocol.Role, secure bool) {
				t.Parallel()
				d, h, f := onWire(t, role, secure, Options{KeepAlive: -1})
				c.begin(t, d, f)
				flood := c.flood(f)
				for range 4 << 20 >> 14 {
					f.send(t, flood)
				}
				f.wantFrame(t, c.want)
				if then := c.then(f); then != nil {
					f.send(t, then)
				}
				h.want(t, c.end)
				f.end()
				f.wantEOF(t)
				wantGone(t, d)
			})
		})
	}
}

// In memory, where a reset destroys at once all that is unread.
var floodScripts = map[string]string{
	"behind a violation": `
	peer violation
		closed not clean, received 1006, sent 1002 "unknown opcode", first local, violation frame.opcode
		> close 1002 "unknown opcode"
		server: > FIN
	peer flood 4194304
	peer eof
		client: > FIN
		transport closed
`,
	"behind their Close": `
	peer close 4000
		closed clean, received 4000, sent 4000, first remote, close
		> close 4000
		server: > FIN
	peer flood 4194304
	peer eof
		client: > FIN
		transport closed
`,
	"behind both": `
	app close 1000
		> close 1000
	peer violation
		closed not clean, received 1006, sent 1000, first local, violation frame.opcode
		server: > FIN
	peer close 1000
	peer flood 4194304
	wait 4.999999999s
	wait 1ns
		client: > FIN
		transport closed
`,
}

func TestFloodsInMemory(t *testing.T) {
	for name, script := range floodScripts {
		t.Run(name, func(t *testing.T) { runScript(t, Options{}, script) })
	}
}

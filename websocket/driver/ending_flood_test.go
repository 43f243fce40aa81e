package driver

import (
	"testing"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// Data that the peer sends after the end never causes a reset, which would destroy our Close
// on its way (RFC 6455, section 7.1.1).
func TestDriverFloodAfterEndIsNotReset(t *testing.T) {
	for name, c := range map[string]struct {
		begin func(t *testing.T, d *Driver, f *wiretest.Far)
		flood func(f *wiretest.Far) []byte // 16 KiB of the flood
		want  string
		then  func(f *wiretest.Far) []byte
		end   string
	}{
		"after a violation": {
			func(t *testing.T, _ *Driver, f *wiretest.Far) { f.Send(t, f.Violating()) },
			func(*wiretest.Far) []byte { return make([]byte, 16<<10) },
			`close 1002 "unknown opcode"`,
			func(*wiretest.Far) []byte { return nil },
			`not clean, received 1006, sent 1002 "unknown opcode", first local, violation frame.opcode`,
		},
		"after the peer's Close": {
			func(t *testing.T, _ *Driver, f *wiretest.Far) { f.Send(t, f.Closing(4000)) },
			func(*wiretest.Far) []byte { return make([]byte, 16<<10) },
			"close 4000",
			func(*wiretest.Far) []byte { return nil },
			"clean, received 4000, sent 4000, first remote, close",
		},
		"in flight when we close": {
			func(_ *testing.T, d *Driver, _ *wiretest.Far) { _ = d.Close(4001, "") },
			func(f *wiretest.Far) []byte { return f.Frame(protocol.Binary, make([]byte, 16<<10)) },
			"close 4001",
			func(f *wiretest.Far) []byte { return f.Closing(4001) },
			"clean, received 4001, sent 4001, first local, close",
		},
		"in flight when we close, and then a violation": {
			func(_ *testing.T, d *Driver, _ *wiretest.Far) { _ = d.Close(4001, "") },
			func(f *wiretest.Far) []byte { return f.Frame(protocol.Binary, make([]byte, 16<<10)) },
			"close 4001",
			(*wiretest.Far).Violating,
			"not clean, received 1006, sent 4001, first local, violation frame.opcode",
		},
	} {
		t.Run(name, func(t *testing.T) {
			wiretest.OnEachWire(t, func(t *testing.T, role protocol.Role, secure bool) {
				t.Parallel()
				d, h, f := onWire(t, role, secure, Options{KeepAlive: -1})
				c.begin(t, d, f)
				flood := c.flood(f)
				for range 4 << 20 >> 14 {
					f.Send(t, flood)
				}
				f.WantFrame(t, c.want)
				if then := c.then(f); then != nil {
					f.Send(t, then)
				}
				h.want(t, c.end)
				f.End()
				f.WantEOF(t)
				wantDone(t, d)
			})
		})
	}
}

// floodScripts run in memory, where a reset destroys all unread data at once.
var floodScripts = map[string]string{
	"after a violation": `
	peer violation
		closed not clean, received 1006, sent 1002 "unknown opcode", first local, violation frame.opcode
		> close 1002 "unknown opcode"
		server: > FIN
	peer flood 4194304
	peer eof
		client: > FIN
		transport closed
`,
	"after the peer's Close": `
	peer close 4000
		closed clean, received 4000, sent 4000, first remote, close
		> close 4000
		server: > FIN
	peer flood 4194304
	peer eof
		client: > FIN
		transport closed
`,
	"after a Close and a violation": `
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

func TestDriverFloodAfterEndInMemory(t *testing.T) {
	for name, script := range floodScripts {
		t.Run(name, func(t *testing.T) { runScript(t, Options{}, script) })
	}
}

package driver

import (
	"testing"
	"time"
)

// boundScripts check each default timeout, to the nanosecond.
var boundScripts = map[string]string{
	"no answer to our Close": `
	app close 1000
		> close 1000
	wait 4.999999999s
	wait 1ns
		closed not clean, received 1006, sent 1000, first local, timeout
		> RST
		transport closed
`,
	"no EOF after the closing handshake": `
	peer close 1000
		closed clean, received 1000, sent 1000, first remote, close
		> close 1000
		server: > FIN
	wait 4.999999999s
	wait 1ns
		client: > FIN
		transport closed
`,
	"no EOF after a violation": `
	peer violation
		closed not clean, received 1006, sent 1002 "unknown opcode", first local, violation frame.opcode
		> close 1002 "unknown opcode"
		server: > FIN
	wait 4.999999999s
	wait 1ns
		client: > FIN
		transport closed
`,
	"a peer with a full queue": `
	# never reads
	app binary 100000
	app close 1000
	wait 4.999999999s
	wait 1ns
		closed not clean, received 1006, sent 1000, first local, timeout
		transport closed
`,
	"a slow reader is waited for as long as it reads": `
	app binary 100000
	app close 1000
	peer reads 20000
	wait 5s
	peer reads 5000
	wait 5s
	peer reads 5000
	wait 5s
	wait 4.999999999s
	wait 1ns
		closed not clean, received 1006, sent 1000, first local, timeout
		transport closed
`,
}

func TestDriverCloseTimeouts(t *testing.T) {
	for name, script := range boundScripts {
		t.Run(name, func(t *testing.T) { runScript(t, Options{}, script) })
	}
}

// Bounds of 1 s for the close, 2 s for half-open, 3 s and 1000 bytes for lingering.
var ownBoundScripts = map[string]string{
	"close": `
	app close 1000
		> close 1000
	wait 999ms
	wait 1ms
		closed not clean, received 1006, sent 1000, first local, timeout
		> RST
		transport closed
`,
	"half-open and linger": `
	peer close 1000
		peer-close 1000
	wait 1999ms
	wait 1ms
		closed clean, received 1000, sent 1000, first remote, close
		> close 1000
		server: > FIN
	wait 2999ms
	wait 1ms
		client: > FIN
		transport closed
`,
	"linger bytes": `
	peer violation
		closed not clean, received 1006, sent 1002 "unknown opcode", first local, violation frame.opcode
		> close 1002 "unknown opcode"
		server: > FIN
	# the six bytes of the frame that failed count too
	peer flood 994
	peer flood 1
		client: > FIN
		transport closed
`,
}

func TestDriverCloseTimeoutOptions(t *testing.T) {
	opts := Options{CloseTimeout: time.Second, HalfOpenTimeout: 2 * time.Second, LingerTimeout: 3 * time.Second,
		HalfOpen: true, MaxLinger: 1000}
	for name, script := range ownBoundScripts {
		t.Run(name, func(t *testing.T) { runScript(t, opts, script) })
	}
}

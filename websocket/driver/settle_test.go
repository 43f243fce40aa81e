package driver

import "testing"

// closingScripts are the rows of the closing table in the documentation of package protocol.
// FIN and RST are what the peer's TCP receives.
var closingScripts = map[string]string{
	"application closes, half open": `
	app close 4001 bye
		> close 4001 "bye"
	app text late
		error send.closing
	app close 1000
	peer text tail
		message text "tail"
	peer close 4001 bye
		closed clean, received 4001 "bye", sent 4001 "bye", first local, close
		server: > FIN
	peer eof
		client: > FIN
		transport closed
`,
	"both close at once": `
	app close 1000
		> close 1000
	peer close 3000
		closed clean, received 3000, sent 1000, first local, close
		server: > FIN
	peer eof
		client: > FIN
		transport closed
`,
	"their Close, normal mode": `
	peer close 4999 enough
		closed clean, received 4999 "enough", sent 4999 "enough", first remote, close
		> close 4999 "enough"
		server: > FIN
	app close 1000
	app text late
		error send.closing
	peer eof
		client: > FIN
		transport closed
`,
	"their empty Close": `
	peer close
		closed clean, received 1005, sent 1005, first remote, close
		> close
		server: > FIN
	peer eof
		client: > FIN
		transport closed
`,
	"violation, our half open": `
	peer violation
		closed not clean, received 1006, sent 1002 "unknown opcode", first local, violation frame.opcode
		> close 1002 "unknown opcode"
		server: > FIN
	peer text discarded
	peer close 1000
	app text late
		error send.closing
	peer eof
		client: > FIN
		transport closed
`,
	"violation, our half finished": `
	app close 1000
		> close 1000
	peer violation
		closed not clean, received 1006, sent 1000, first local, violation frame.opcode
		server: > FIN
	peer close 1000
	peer eof
		client: > FIN
		transport closed
`,
	"their EOF, our half open": `
	peer eof
		closed not clean, received 1006, sent 1006, first neither, eof
		> FIN
		transport closed
	app text late
		error send.closing
`,
	"their EOF inside a frame": `
	peer half-frame
	peer eof
		closed not clean, received 1006, sent 1006, first neither, eof
		> FIN
		transport closed
`,
	"their EOF, our half finished": `
	app close 1000
		> close 1000
	peer eof
		closed not clean, received 1006, sent 1000, first local, eof
		> FIN
		transport closed
`,
	"reset, our half open": `
	peer reset
		closed not clean, received 1006, sent 1006, first neither, transport
		transport closed
`,
	"reset, our half finished": `
	app close 1000
		> close 1000
	peer reset
		closed not clean, received 1006, sent 1000, first local, transport
		transport closed
`,
	"CloseNow, open": `
	app close-now
		closed not clean, received 1006, sent 1006, first neither, abort
		> RST
		transport closed
	app close-now
`,
	"CloseNow while lingering changes nothing": `
	peer close 1000
		closed clean, received 1000, sent 1000, first remote, close
		> close 1000
		server: > FIN
	app close-now
	peer eof
		client: > FIN
		transport closed
`,
	"an illegal close changes nothing": `
	app close 1005
		error close.code
	app text still open
		> text "still open"
`,
	"pings are answered until their Close": `
	app close 1000
		> close 1000
	peer ping hey
		> pong "hey"
	peer close 1000
		closed clean, received 1000, sent 1000, first local, close
		server: > FIN
	peer ping late
`,
}

func TestDriverClosingSequences(t *testing.T) {
	for name, script := range closingScripts {
		t.Run(name, func(t *testing.T) { runScript(t, Options{}, script) })
	}
}

// The same in half-open mode.
var halfOpenScripts = map[string]string{
	"the application finishes": `
	peer close 1000 done
		peer-close 1000 "done"
	app text answer
		> text "answer"
	peer text discarded
	app close 4000
		closed clean, received 1000 "done", sent 4000, first remote, close
		> close 4000
		server: > FIN
	peer eof
		client: > FIN
		transport closed
`,
	"the application never finishes": `
	peer close 3001 done
		peer-close 3001 "done"
	wait 29.999999999s
	wait 1ns
		closed clean, received 3001 "done", sent 3001 "done", first remote, close
		> close 3001 "done"
		server: > FIN
	wait 5s
		client: > FIN
		transport closed
`,
	"our half finished": `
	app close 1000
		> close 1000
	peer close 1000
		closed clean, received 1000, sent 1000, first local, close
		server: > FIN
`,
	"their EOF": `
	peer close 1000
		peer-close 1000
	peer eof
	app text reply
		> text "reply"
	app close 1001
		closed clean, received 1000, sent 1001, first remote, close
		> close 1001
		> FIN
		transport closed
`,
}

func TestDriverClosingSequencesHalfOpen(t *testing.T) {
	for name, script := range halfOpenScripts {
		t.Run(name, func(t *testing.T) { runScript(t, Options{HalfOpen: true}, script) })
	}
}

package examples_test

import (
	"testing"

	"github.com/lingerws/linger/internal/testclient"
	"github.com/lingerws/linger/protocol"
)

// peer is a client whose methods fail the test on errors.
type peer struct {
	t *testing.T
	c *testclient.Client
}

// connect opens a WebSocket at a path of the program.
func connect(t *testing.T, p *program, path string) peer {
	t.Helper()
	c, err := testclient.Dial(p.url + path)
	if err != nil {
		t.Fatalf("connecting to %s: %v", path, err)
	}
	t.Cleanup(c.Abort)
	return peer{t, c}
}

func (p peer) send(op protocol.Opcode, message string) {
	p.t.Helper()
	if err := p.c.Send(op, message); err != nil {
		p.t.Fatalf("Send returns %v", err)
	}
}

func (p peer) say(text string) {
	p.t.Helper()
	p.send(protocol.Text, text)
}

func (p peer) leave() {
	p.t.Helper()
	if err := p.c.Close(protocol.CloseNormal, ""); err != nil {
		p.t.Fatalf("Close returns %v", err)
	}
	p.wants("close 1000", "EOF")
}

// wants compares the next results of Receive.
func (p peer) wants(wanted ...string) {
	p.t.Helper()
	for _, want := range wanted {
		got, err := p.c.Receive()
		if err != nil || got != want {
			p.t.Fatalf("Receive returns %.100q of %d bytes and error %v, expected %.100q of %d bytes", got, len(got), err, want, len(want))
		}
	}
}

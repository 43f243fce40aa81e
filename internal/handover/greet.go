package handover

import (
	"context"
	"fmt"
	"net"
	"os"

	"github.com/lingerws/linger/internal/wire"
)

// Greeting is what the new process says first.
type Greeting struct {
	Version     string // of the binary, for messages
	OldestState int    // the oldest version of the state that it reads, OldestStateVersion by default
	NewestState int    // the newest version of the state that it reads, StateVersion by default
	pid         int
}

// Terms is the answer of the old process.
type Terms struct {
	Version string // of the old binary
	State   int    // the version of the state that it writes
	Check   bool   // nothing will be handed over: the old process wants to know whether it could be
}

func (g *Greeting) append(b []byte) []byte {
	b = wire.AppendUint(b, 1, uint64(g.OldestState)) //nolint:gosec // versions are positive
	b = wire.AppendUint(b, 2, uint64(g.NewestState)) //nolint:gosec // versions are positive
	b = wire.AppendString(b, 3, g.Version)
	return wire.AppendUint(b, 4, uint64(g.pid)) //nolint:gosec // PIDs are positive
}

func (g *Greeting) set(field int, r *wire.Reader) {
	switch field {
	case 1:
		g.OldestState = int(r.Uint() & (1<<31 - 1)) //nolint:gosec // masked
	case 2:
		g.NewestState = int(r.Uint() & (1<<31 - 1)) //nolint:gosec // masked
	case 3:
		g.Version = r.String()
	case 4:
		g.pid = int(r.Uint() & (1<<31 - 1)) //nolint:gosec // masked
	}
}

func (t *Terms) append(b []byte) []byte {
	b = wire.AppendUint(b, 1, uint64(t.State)) //nolint:gosec // versions are positive
	b = wire.AppendString(b, 2, t.Version)
	return wire.AppendBool(b, 3, t.Check)
}

func (t *Terms) set(field int, r *wire.Reader) {
	switch field {
	case 1:
		t.State = int(r.Uint() & (1<<31 - 1)) //nolint:gosec // masked
	case 2:
		t.Version = r.String()
	case 3:
		t.Check = r.Bool()
	}
}

// accept returns an error if the new process does not read what this binary writes.
func (g *Greeting) accept() error {
	if g.OldestState <= StateVersion && StateVersion <= g.NewestState {
		return nil
	}
	return &Error{Reason: ReasonVersion, Text: fmt.Sprintf("this process writes version %d of the state of connections; the new process (version %q) reads %d to %d: restart instead, or use a binary that reads it",
		StateVersion, g.Version, g.OldestState, g.NewestState)}
}

// Greet says hello in the new process, and returns the answer of the old one. A program calls it as soon as it has started, so
// that a version that does not fit is found before it loads what it needs; [Take] follows, with these Terms, or [Refuse].
// If the old process ends the link, which it does if it cannot accept the Greeting, the error is ReasonRefused.
func Greet(ctx context.Context, conn *net.UnixConn, g Greeting) (Terms, error) {
	l, err := newLink(conn)
	if err != nil {
		return Terms{}, err
	}
	stop := context.AfterFunc(ctx, l.end)
	defer stop()
	defer l.stopWriting()
	return greet(l, g)
}

func greet(l *link, g Greeting) (Terms, error) {
	if g.OldestState == 0 {
		g.OldestState = OldestStateVersion
	}
	if g.NewestState == 0 {
		g.NewestState = StateVersion
	}
	g.pid = os.Getpid()
	err := l.sendNow(&message{kind: kindHello, hello: g})
	var m *message
	if err == nil {
		m, err = l.receive()
	}
	switch {
	case err != nil:
		return Terms{}, &Error{Reason: ReasonRefused, Text: "the old process has ended the link before it has accepted the hello", Err: err}
	case m.kind == kindAbort:
		return Terms{}, &Error{Reason: ReasonRefused, Text: m.text}
	case m.kind != kindWelcome:
		return Terms{}, unexpected(m)
	}
	return m.terms, nil
}

// Refuse says in the new process that it cannot take over, with the reason for the user, and closes the link.
func Refuse(conn *net.UnixConn, reason error) error {
	l, err := newLink(conn)
	if err != nil {
		return err
	}
	defer l.end()
	return l.sendNow(&message{kind: kindAbort, text: reason.Error()})
}

func unexpected(m *message) error {
	return &Error{Reason: ReasonLink, Text: fmt.Sprintf("a message of kind %d has arrived, which is not possible in this phase", m.kind)}
}

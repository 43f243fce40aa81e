package interop_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

var gobwasPeer = peer{
	name: "gobwas",
	serve: func(t *testing.T, _ variant) (string, <-chan report) {
		return serveLibrary(t, func(w http.ResponseWriter, r *http.Request) (report, error) {
			nc, rw, _, err := ws.UpgradeHTTP(r, w)
			if err != nil {
				return report{}, err
			}
			return runGobwas(nc, rw.Reader, ws.StateServerSide), nil
		})
	},
	dial: func(t *testing.T, url string, _ variant) <-chan report {
		return dialLibrary(t, func() (report, error) {
			nc, early, _, err := ws.Dial(context.Background(), url)
			if err != nil {
				return report{}, err
			}
			if early != nil {
				return runGobwas(nc, early, ws.StateClientSide), nil
			}
			return runGobwas(nc, nc, ws.StateClientSide), nil
		})
	},
}

// gobwasConn is a transport and a role. The library reads and writes single frames.
type gobwasConn struct {
	net.Conn
	state ws.State
}

func runGobwas(nc net.Conn, from io.Reader, state ws.State) report {
	defer func() { _ = nc.Close() }() // the report comes from reading
	c := gobwasConn{nc, state}
	e := &echo{library: c}
	reader := wsutil.DefaultReader(from, state)
	reader.OnIntermediate = c.control
	for {
		m, err := c.read(reader)
		if err != nil {
			var closed wsutil.ClosedError
			if !errors.As(err, &closed) {
				return report{}
			}
			return report{Code: int(closed.Code), Reason: closed.Reason}
		}
		e.handle(m)
	}
}

// read reads a message like the helpers of the library, which however discard pongs.
func (c gobwasConn) read(from *wsutil.Reader) (message, error) {
	for {
		header, err := from.NextFrame()
		if err != nil {
			return message{}, err
		}
		if header.OpCode.IsData() {
			data, err := io.ReadAll(from)
			return message{header.OpCode == ws.OpBinary, data}, err
		}
		if err := c.control(header, from); err != nil {
			return message{}, err
		}
	}
}

func (c gobwasConn) control(header ws.Header, from io.Reader) error {
	if header.OpCode != ws.OpPong {
		return wsutil.ControlFrameHandler(c.Conn, c.state)(header, from)
	}
	payload, err := io.ReadAll(from)
	reportPong(c, string(payload))
	return err
}

func (c gobwasConn) write(m message) error {
	return wsutil.WriteMessage(c.Conn, c.state, ws.OpCode(m.opcode()), m.data)
}

func (c gobwasConn) writeFragments(m message) error {
	op := ws.OpCode(m.opcode())
	parts := fragment(m.data)
	for i, part := range parts {
		if err := c.writeFrame(ws.NewFrame(op, i == len(parts)-1, bytes.Clone(part))); err != nil {
			return err
		}
		op = ws.OpContinuation
	}
	return nil
}

func (c gobwasConn) writeFrame(f ws.Frame) error {
	if c.state.ClientSide() {
		f = ws.MaskFrameInPlace(f)
	}
	return ws.WriteFrame(c.Conn, f)
}

func (c gobwasConn) ping(payload string) error { return c.writeFrame(ws.NewPingFrame([]byte(payload))) }

// close sends a Close. The read loop reads the answer.
func (c gobwasConn) close(code int, reason string) error {
	if code == 0 {
		return c.writeFrame(ws.NewCloseFrame(nil))
	}
	return c.writeFrame(ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusCode(code), reason)))
}

func (c gobwasConn) transport() net.Conn { return c.Conn }

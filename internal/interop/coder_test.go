package interop_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"testing"

	coder "github.com/coder/websocket"
)

var coderPeer = peer{
	name: "coder",
	serve: func(t *testing.T, v variant) (string, <-chan report) {
		return serveLibrary(t, func(w http.ResponseWriter, r *http.Request) (report, error) {
			c, err := coder.Accept(w, r, &coder.AcceptOptions{CompressionMode: coderCompression(v)})
			return runCoder(c, transportOf(r), err)
		})
	},
	dial: func(t *testing.T, url string, v variant) <-chan report {
		return dialLibrary(t, func() (report, error) {
			var nc net.Conn
			transport := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
				var err error
				nc, err = new(net.Dialer).DialContext(ctx, network, addr)
				return nc, err
			}}
			c, _, err := coder.Dial(context.Background(), url, &coder.DialOptions{
				HTTPClient: &http.Client{Transport: transport}, CompressionMode: coderCompression(v),
			})
			return runCoder(c, nc, err)
		})
	},
}

func coderCompression(v variant) coder.CompressionMode {
	if v.compressed {
		return coder.CompressionContextTakeover
	}
	return coder.CompressionDisabled
}

// coderConn has the transport too, which the library does not give away.
type coderConn struct {
	*coder.Conn
	nc   net.Conn
	told *report // by its own Close
}

func runCoder(c *coder.Conn, nc net.Conn, err error) (report, error) {
	if err != nil {
		return report{}, err
	}
	defer func() { _ = c.CloseNow() }() // the report is the error of reading or of Close
	c.SetReadLimit(-1)
	l := coderConn{c, nc, new(report)}
	e := &echo{library: l}
	for {
		op, data, err := c.Read(context.Background())
		switch {
		case err == nil:
			e.answer(message{op == coder.MessageBinary, data})
		case *l.told != report{}:
			return *l.told, nil
		default:
			return coderReport(err), nil
		}
	}
}

func coderReport(err error) report {
	var closed coder.CloseError
	if !errors.As(err, &closed) {
		return report{}
	}
	return report{Code: int(closed.Code), Reason: closed.Reason}
}

func (c coderConn) write(m message) error {
	return c.Write(context.Background(), coder.MessageType(m.opcode()), m.data)
}

func (c coderConn) writeFragments(m message) error {
	w, err := c.Writer(context.Background(), coder.MessageType(m.opcode()))
	if err != nil {
		return err
	}
	for _, part := range fragment(m.data) {
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return w.Close()
}

// ping waits for the pong, so somebody else has to read meanwhile.
func (c coderConn) ping(string) error {
	go func() {
		if c.Ping(context.Background()) == nil {
			pong(c, pingPayload) // the library chooses the payload and compares it
		}
	}()
	return nil
}

// close waits for the answer and says whether it had the same code.
func (c coderConn) close(code int, reason string) error {
	if code == 0 {
		code = int(coder.StatusNoStatusRcvd) // an empty Close
	}
	err := c.Close(coder.StatusCode(code), reason)
	if err == nil {
		*c.told = report{Code: code}
	}
	return err
}

func (c coderConn) transport() net.Conn { return c.nc }

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

// coderConn is a connection with its transport, which the library does not return.
type coderConn struct {
	*coder.Conn
	nc     net.Conn
	closed *report // the result of Close
}

func runCoder(c *coder.Conn, nc net.Conn, err error) (report, error) {
	if err != nil {
		return report{}, err
	}
	defer func() { _ = c.CloseNow() }() // the report comes from Read or Close
	c.SetReadLimit(-1)
	l := coderConn{c, nc, new(report)}
	e := &echo{library: l}
	for {
		op, data, err := c.Read(context.Background())
		switch {
		case err == nil:
			e.handle(message{op == coder.MessageBinary, data})
		case *l.closed != report{}:
			return *l.closed, nil
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

// ping starts a goroutine, because Ping blocks until the pong is read.
func (c coderConn) ping(string) error {
	go func() {
		if c.Ping(context.Background()) == nil {
			reportPong(c, pingPayload) // the library chooses the payload and checks that of the pong
		}
	}()
	return nil
}

// close closes the connection. The library returns an error unless the answer has the same code.
func (c coderConn) close(code int, reason string) error {
	if code == 0 {
		code = int(coder.StatusNoStatusRcvd) // an empty Close
	}
	err := c.Close(coder.StatusCode(code), reason)
	if err == nil {
		*c.closed = report{Code: code}
	}
	return err
}

func (c coderConn) transport() net.Conn { return c.nc }

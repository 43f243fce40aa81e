package interop_test

import (
	"errors"
	"net"
	"net/http"
	"testing"
	"time"

	gorilla "github.com/gorilla/websocket"
)

var gorillaPeer = peer{
	name: "gorilla",
	serve: func(t *testing.T, v variant) (string, <-chan report) {
		upgrader := gorilla.Upgrader{EnableCompression: v.compressed}
		return serveLibrary(t, func(w http.ResponseWriter, r *http.Request) (report, error) {
			c, err := upgrader.Upgrade(w, r, nil)
			return runGorilla(c, err)
		})
	},
	dial: func(t *testing.T, url string, v variant) <-chan report {
		dialer := gorilla.Dialer{EnableCompression: v.compressed}
		return dialLibrary(t, func() (report, error) {
			c, _, err := dialer.Dial(url, nil)
			return runGorilla(c, err)
		})
	},
}

type gorillaConn struct{ *gorilla.Conn }

func runGorilla(c *gorilla.Conn, err error) (report, error) {
	if err != nil {
		return report{}, err
	}
	defer func() { _ = c.Close() }() // the report comes from reading
	e := &echo{library: gorillaConn{c}}
	c.SetPongHandler(func(payload string) error {
		reportPong(e, payload)
		return nil
	})
	for {
		op, data, err := c.ReadMessage()
		if err != nil {
			var closed *gorilla.CloseError
			if !errors.As(err, &closed) {
				return report{}, nil
			}
			return report{Code: closed.Code, Reason: closed.Text}, nil
		}
		e.handle(message{op == gorilla.BinaryMessage, data})
	}
}

func (c gorillaConn) write(m message) error { return c.WriteMessage(int(m.opcode()), m.data) }

// writeFragments uses the library's writer, which sends a frame for each full buffer.
func (c gorillaConn) writeFragments(m message) error {
	w, err := c.NextWriter(int(m.opcode()))
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

func (c gorillaConn) ping(payload string) error {
	return c.WriteControl(gorilla.PingMessage, []byte(payload), time.Time{})
}

// close sends a Close. The read loop reads the answer.
func (c gorillaConn) close(code int, reason string) error {
	if code == 0 {
		code = gorilla.CloseNoStatusReceived // an empty Close
	}
	return c.WriteControl(gorilla.CloseMessage, gorilla.FormatCloseMessage(code, reason), time.Time{})
}

func (c gorillaConn) transport() net.Conn { return c.NetConn() }

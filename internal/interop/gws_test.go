package interop_test

import (
	"bytes"
	"errors"
	"net"
	"net/http"
	"testing"

	"github.com/lxzan/gws"
)

var gwsPeer = peer{
	name: "gws",
	serve: func(t *testing.T, v variant) (string, <-chan report) {
		return serveLibrary(t, func(w http.ResponseWriter, r *http.Request) (report, error) {
			h := &gwsHandler{}
			c, err := gws.NewUpgrader(h, &gws.ServerOption{PermessageDeflate: gwsCompression(v)}).Upgrade(w, r)
			return h.run(c, err)
		})
	},
	dial: func(t *testing.T, url string, v variant) <-chan report {
		return dialLibrary(t, func() (report, error) {
			h := &gwsHandler{}
			c, _, err := gws.NewClient(h, &gws.ClientOption{Addr: url, PermessageDeflate: gwsCompression(v)})
			return h.run(c, err)
		})
	},
}

func gwsCompression(v variant) gws.PermessageDeflate {
	return gws.PermessageDeflate{Enabled: v.compressed, ServerContextTakeover: true, ClientContextTakeover: true}
}

// gwsHandler handles the events of a connection. The library's handler answers pings.
type gwsHandler struct {
	gws.BuiltinEventHandler
	echo
	end report
}

func (h *gwsHandler) run(c *gws.Conn, err error) (report, error) {
	if err != nil {
		return report{}, err
	}
	h.library = gwsConn{c}
	c.ReadLoop()
	return h.end, nil
}

func (h *gwsHandler) OnMessage(_ *gws.Conn, m *gws.Message) {
	defer func() { _ = m.Close() }() // returns a buffer, and never fails
	h.handle(message{m.Opcode == gws.OpcodeBinary, bytes.Clone(m.Bytes())})
}

func (h *gwsHandler) OnPong(_ *gws.Conn, payload []byte) { reportPong(h.library, string(payload)) }

func (h *gwsHandler) OnClose(_ *gws.Conn, err error) {
	var closed *gws.CloseError
	if errors.As(err, &closed) {
		h.end = report{Code: int(closed.Code), Reason: string(closed.Reason)}
	}
}

type gwsConn struct{ *gws.Conn }

func (c gwsConn) write(m message) error { return c.WriteMessage(gws.Opcode(m.opcode()), m.data) }

// writeFragments uses WriteFile, which sends frames of 128 KiB.
func (c gwsConn) writeFragments(m message) error {
	return c.WriteFile(gws.Opcode(m.opcode()), bytes.NewReader(m.data))
}

func (c gwsConn) ping(payload string) error { return c.WritePing([]byte(payload)) }

func (c gwsConn) close(code int, reason string) error {
	return c.WriteClose(uint16(code), []byte(reason))
}

func (c gwsConn) transport() net.Conn { return c.NetConn() }

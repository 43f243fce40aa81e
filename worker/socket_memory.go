package worker

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
)

// ConnectOffer implements [script.ObjectSocketCalls]. The script talks with the object over a connection in memory, whose other side is a
// connection of the server like those of clients, so that the object may hibernate.
func (h *hostAPI) ConnectOffer(number, from int) (socket int) {
	s := h.newOutgoing(func() {})
	s.object = h.sockets.addObject(h.gated(s, from), nil)
	if err := h.connectOffer(s, number); err != nil {
		s.object.end(protocol.Status{Code: protocol.CloseAbnormal}, false, notOpened+err.Error(), func() {})
	}
	return s.object.number
}

// connectOffer connects a transport to the WebSocket of an offer.
func (h *hostAPI) connectOffer(s *outgoingSocket, number int) error {
	target := h.app.objects.offers.take(number)
	if target == nil {
		return offerGone()
	}
	if err := h.reserveSocket(); err != nil {
		target.expire()
		return err
	}
	s.conn = h.app.connectInMemory(target)
	s.conn.Start(s)
	return nil
}

// gated returns the transport of a WebSocket object that belongs to the object with a number, 0 for none.
func (h *hostAPI) gated(t socketTransport, from int) socketTransport {
	if o := h.app.objects.find(from); o != nil {
		return gatedTransport{t, &o.gate}
	}
	return t
}

// connectInMemory connects the WebSocket of an offer, and returns the client's side.
func (a *App) connectInMemory(target offered) *driver.Driver {
	client, server := net.Pipe()
	waiting := &inMemory{target: target}
	request := memoryRequest.WithContext(context.WithValue(context.Background(), inMemoryKey{}, waiting))
	go func() {
		w := &memoryWriter{conn: server}
		a.server.ServeHTTP(w, request)
		if !w.hijacked {
			_ = server.Close()
		}
		if !waiting.connected { // the server has refused the request
			target.expire()
		}
	}()
	opts := a.config().client.DialOptions().Options
	opts.KeepAlive = -1 // the server sends Pings
	return driver.New(&memoryClient{Conn: client}, protocol.Client, nil, opts)
}

// inMemory is the WebSocket of an offer that waits for its connection in memory.
type inMemory struct {
	target    offered
	connected bool
}

// inMemoryKey is the key of the *inMemory in the context of its request.
type inMemoryKey struct{}

// acceptInMemory accepts a request of connectInMemory. It returns false for other requests.
func acceptInMemory(u *linger.Upgrade) bool {
	waiting, ok := u.Request.Context().Value(inMemoryKey{}).(*inMemory)
	if !ok {
		return false
	}
	socket, err := u.Accept(linger.AcceptOptions{HalfOpen: true})
	if err == nil { // otherwise the request was answered
		waiting.target.connect(socket)
		waiting.connected = true
	}
	return true
}

// memoryRequest is an opening handshake.
var memoryRequest = &http.Request{
	Method: http.MethodGet, URL: &url.URL{Path: "/"}, RequestURI: "/", Host: "object", Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	Header: http.Header{
		"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"AAAAAAAAAAAAAAAAAAAAAA=="},
	},
}

// memoryWriter lets the server take over the server's side of a connection in memory. Other answers are discarded.
type memoryWriter struct {
	conn     net.Conn
	header   http.Header
	hijacked bool
}

func (w *memoryWriter) Header() http.Header {
	if w.header == nil {
		w.header = http.Header{}
	}
	return w.header
}

func (w *memoryWriter) WriteHeader(int)             {}
func (w *memoryWriter) Write(p []byte) (int, error) { return len(p), nil }

// Hijack implements [http.Hijacker].
func (w *memoryWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.hijacked = true
	return w.conn, bufio.NewReadWriter(bufio.NewReader(w.conn), bufio.NewWriter(w.conn)), nil
}

// memoryClient is the client's side of a connection in memory. It skips the header of the server's 101.
type memoryClient struct {
	net.Conn
	head    []byte
	skipped bool
}

var endOfHead = []byte("\r\n\r\n")

// Read implements [io.Reader].
func (c *memoryClient) Read(p []byte) (int, error) {
	for !c.skipped {
		n, err := c.Conn.Read(p)
		if err != nil {
			return 0, err
		}
		if c.head = append(c.head, p[:n]...); len(c.head) > maxMemoryHead {
			return 0, errMemoryHead
		}
		if at := bytes.Index(c.head, endOfHead); at >= 0 {
			c.skipped = true
			rest := copy(p, c.head[at+len(endOfHead):])
			c.head = nil
			if rest > 0 {
				return rest, nil
			}
		}
	}
	return c.Conn.Read(p)
}

// maxMemoryHead bounds the header of the answer.
const maxMemoryHead = 16 << 10

var errMemoryHead = errors.New("the header of the answer is too long")

package worker

import (
	"context"
	"fmt"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/worker/internal/fetch"
)

// Connect implements [script.Requests].
func (h *hostAPI) Connect(url string, subprotocols []string, from int) int {
	opts := h.generation.client.DialOptions()
	opts.Subprotocols = subprotocols
	ctx, cancel := context.WithCancel(h.ctx)
	s := h.newOutgoing(cancel)
	s.object = h.sockets.addObject(h.gated(s, from), nil)
	h.pass(from, func(err error) {
		if err == nil {
			go s.dial(ctx, url, opts)
			return
		}
		cancel()
		s.object.end(protocol.Status{Code: protocol.CloseAbnormal}, false, notOpened+objectLost, func() {})
	})
	return s.object.number
}

// newOutgoing returns a transport whose connection is not open yet. cancel ends the opening handshake.
func (h *hostAPI) newOutgoing(cancel context.CancelFunc) *outgoingSocket {
	return &outgoingSocket{app: h.app, cancel: cancel, reserve: h.reserveSocket, release: h.releaseSocket}
}

// reserveSocket counts one more socket of the worker to another server. The error is a *[fetch.Error] if the limit is reached.
func (h *hostAPI) reserveSocket() error {
	limit := h.generation.opts.MaxSockets
	if h.worker.sockets.Add(1) > int64(limit) {
		h.releaseSocket()
		return &fetch.Error{Text: fmt.Sprintf("the worker has %d WebSockets open to other servers, and no more are allowed: close some first", limit)}
	}
	return nil
}

// releaseSocket undoes reserveSocket.
func (h *hostAPI) releaseSocket() { h.worker.sockets.Add(-1) }

// transport returns the transport of a WebSocket object. If the object has ended, it returns a transport without effect.
func (h *hostAPI) transport(socket int) socketTransport {
	if socket > 0 {
		return h.sockets.transport(socket)
	}
	if s := h.app.objects.hibernatables.find(socket); s != nil {
		return s
	}
	return noTransport{}
}

// SocketSend implements [script.Calls].
func (h *hostAPI) SocketSend(socket int, p linger.Payload) { h.transport(socket).send(p) }

// SocketClose implements [script.Calls]. The script has checked code and reason.
func (h *hostAPI) SocketClose(socket int, code protocol.CloseCode, reason string) {
	h.transport(socket).close(code, reason)
}

// SocketCloseEmpty implements [script.Calls].
func (h *hostAPI) SocketCloseEmpty(socket int) { h.transport(socket).closeEmpty() }

// SocketAnswerClose implements [script.Calls].
func (h *hostAPI) SocketAnswerClose(socket int) { h.transport(socket).answerClose() }

// SocketAbort implements [script.Calls].
func (h *hostAPI) SocketAbort(socket int) {
	t := h.transport(socket)
	if gated, ok := t.(gatedTransport); ok {
		t = gated.socketTransport
	}
	if s, ok := t.(*outgoingSocket); ok {
		s.abandon()
	}
}

// SocketBuffered implements [script.Calls].
func (h *hostAPI) SocketBuffered(socket int) int { return h.transport(socket).buffered() }

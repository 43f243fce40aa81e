package worker

import (
	"context"
	"fmt"
	"net/http"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/fetch"
)

// dial(url, protocols) begins to open a WebSocket for the script's constructor, and
// returns the number of its line, which is told what becomes of it.
func (in *instance) dial(args arguments) (engine.Value, error) {
	url := args.at(0).String()
	opts := in.app.client.DialOptions()
	for _, name := range args.at(1).List() {
		opts.Subprotocols = append(opts.Subprotocols, name.String())
	}
	ctx, cancel := context.WithCancel(in.outgoing.ctx)
	s := in.newSocket(cancel)
	s.line = in.join(s, nil)
	go s.dial(ctx, url, opts)
	return engine.Int(s.line.number), nil
}

// giveUp(line) fails a WebSocket that the script does not know to be open.
func (in *instance) giveUp(args arguments) (engine.Value, error) {
	return in.onLine(args, func(w wire) {
		if s, ok := w.(*outgoingSocket); ok {
			s.giveUp()
		}
	})
}

func (in *instance) newSocket(cancel context.CancelFunc) *outgoingSocket {
	return &outgoingSocket{app: in.app, cancel: cancel, over: in.unreserve}
}

// reserve adds one to the worker's sockets to other servers. The error is a *[fetch.Error] if the limit is reached.
func (in *instance) reserve() error {
	limit := in.app.opts.MaxSockets
	if in.worker.sockets.Add(1) > int64(limit) {
		in.unreserve()
		return &fetch.Error{Text: fmt.Sprintf("the worker has %d WebSockets open to other servers, and no more are allowed: close some first", limit)}
	}
	return nil
}

func (in *instance) unreserve() { in.worker.sockets.Add(-1) }

const notOpened = "the WebSocket was not opened: "

var errGivenUp = &fetch.Error{Text: "it was closed before it was open"}

// dial opens the connection and tells the line, beside the event loop.
func (s *outgoingSocket) dial(ctx context.Context, url string, opts *driver.DialOptions) {
	defer s.cancel()
	header, err := s.connect(ctx, url, opts)
	if err != nil {
		s.app.opts.Logger.Debug("WebSocket not opened", "error", fetch.WithoutURL(err))
		s.line.end(protocol.Status{Code: protocol.CloseAbnormal}, false, notOpened+fetch.ExplainDial(err), func() {})
		return
	}
	s.post(0, func(done func()) { s.line.open(fetch.Subprotocol(header), fetch.Extensions(header), done) })
	s.conn.Start(s)
}

// connect makes the opening handshake. With an error nothing is left of it, and the
// socket is counted out.
func (s *outgoingSocket) connect(ctx context.Context, url string, opts *driver.DialOptions) (http.Header, error) {
	if err := s.line.in.reserve(); err != nil {
		return nil, err
	}
	conn, header, err := driver.Dial(ctx, url, opts)
	if err == nil && !s.opened(conn) {
		err = errGivenUp
	}
	if ctx.Err() != nil && err != nil {
		err = errGivenUp
	}
	if err != nil {
		s.over()
	}
	return header, err
}

package worker

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
	"github.com/lingerws/linger/worker/internal/egress"
	"github.com/lingerws/linger/worker/internal/engine"
)

// dial(url, protocols) begins to open a WebSocket for the script's constructor, and
// returns the number of its line, which is told what becomes of it.
func (in *instance) dial(args arguments) (engine.Value, error) {
	url := args.at(0).String()
	opts := in.app.dialOptions()
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
	return &outgoingSocket{app: in.app, cancel: cancel, over: func() { in.worker.sockets.Add(-1) }}
}

// dialOptions are those of all WebSockets that the script opens. The connection runs in
// half-open mode: the script tells whether it wants to answer the peer's Close.
func (a *App) dialOptions() *websocket.DialOptions {
	opts := &websocket.DialOptions{
		Options:          a.opts.Server.Options,
		Proxy:            websocket.NoProxy,
		NetDial:          egress.Rules(a.opts.Egress).Dial,
		TLSConfig:        a.opts.TLSConfig,
		HandshakeTimeout: a.opts.FetchTimeout,
		Header:           http.Header{"User-Agent": {userAgent}},
	}
	opts.HalfOpen = true
	return opts
}

// reserve counts a socket in. The error tells that there are too many.
func (in *instance) reserve() error {
	limit := in.app.opts.MaxSockets
	if in.worker.sockets.Add(1) > int64(limit) {
		in.worker.sockets.Add(-1)
		return &tooManySocketsError{limit}
	}
	return nil
}

type tooManySocketsError struct{ limit int }

func (e *tooManySocketsError) Error() string {
	return fmt.Sprintf("the worker has %d WebSockets open to other servers, and no more are allowed: close some first", e.limit)
}

const notOpened = "the WebSocket was not opened: "

var errGivenUp = errors.New("it was closed before it was open")

// dial opens the connection and tells the line, beside the event loop.
func (s *outgoingSocket) dial(ctx context.Context, url string, opts *websocket.DialOptions) {
	defer s.cancel()
	header, err := s.connect(ctx, url, opts)
	if err != nil {
		s.app.opts.Logger.Debug("WebSocket not opened", "error", reasonOfDial(err))
		s.line.end(protocol.Status{Code: protocol.CloseAbnormal}, false, notOpened+explainDial(err), func() {})
		return
	}
	s.post(0, func(done func()) { s.line.open(subprotocolOf(header), extensionsOf(header), done) })
	s.conn.Start(s)
}

// connect makes the opening handshake. With an error nothing is left of it, and the
// socket is counted out.
func (s *outgoingSocket) connect(ctx context.Context, url string, opts *websocket.DialOptions) (http.Header, error) {
	if err := s.line.in.reserve(); err != nil {
		return nil, err
	}
	conn, header, err := websocket.DialDriver(ctx, url, opts)
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

func subprotocolOf(h http.Header) string { return h.Get("Sec-Websocket-Protocol") }

func extensionsOf(h http.Header) string {
	return strings.Join(h.Values("Sec-Websocket-Extensions"), ", ")
}

// reasonOfDial gives an error without the URL, which may have secrets in its query.
func reasonOfDial(err error) error {
	if failed, ok := errors.AsType[*websocket.DialError](err); ok {
		return failed.Err
	}
	return err
}

// explainDial says why a WebSocket was not opened.
func explainDial(err error) string {
	if failed, ok := errors.AsType[*websocket.DialError](err); ok && failed.Status != 0 && failed.Status != http.StatusSwitchingProtocols {
		return fmt.Sprintf("the server answered with the status %d instead of 101", failed.Status)
	}
	return explain(err)
}

package accept

import (
	"context"
	"errors"
	"net"
	"net/http"
	"runtime"
	"sync"
)

// promotion is an upgrade request that net/http is to serve while its handler already runs on another goroutine. net/http
// reads the request again, and calls a handler that only waits: its ResponseWriter is used by the one that runs.
type promotion struct {
	cancel   context.CancelFunc // of the context of the handler's request
	pausable *Pausable          // counts the request until it has begun; nil if the listener cannot be paused

	begun    chan struct{} // closed when response or err is set
	response http.ResponseWriter
	err      error // net/http has not served the request

	ended    chan struct{} // closed when the handler has ended; returned and panicked are set before
	returned bool
	panicked any
}

func newPromotion(cancel context.CancelFunc, pausable *Pausable) *promotion {
	return &promotion{cancel: cancel, pausable: pausable, begun: make(chan struct{}), ended: make(chan struct{})}
}

// serve is called by net/http in place of the handler. It ends as the handler does.
func (p *promotion) serve(response http.ResponseWriter, r *http.Request) {
	stop := context.AfterFunc(r.Context(), p.cancel) // the client has gone
	defer stop()
	p.response = response
	close(p.begun)
	p.pausable.add(-1)
	<-p.ended
	switch {
	case p.panicked != nil:
		panic(p.panicked) //nolint:forbidigo // net/http recovers and logs it, as it does with every handler
	case !p.returned:
		runtime.Goexit()
	}
}

// fail is called instead of serve when net/http does not serve the request.
func (p *promotion) fail(err error) {
	p.err = err
	p.cancel()
	close(p.begun)
	p.pausable.add(-1)
}

func (p *promotion) handlerEnded(returned bool, panicked any) {
	p.returned, p.panicked = returned, panicked
	close(p.ended)
}

// promoter has an http.Server serve promotions. It wraps four fields of the server: BaseContext passes the context on to the
// listener, ConnContext marks the connections of promotions, Handler finds a promotion by that mark, and ConnState reports
// connections that have ended without a request.
type promoter struct {
	server      *http.Server
	handler     http.Handler
	baseContext func(net.Listener) context.Context
	connState   func(net.Conn, http.ConnState)

	mu      sync.Mutex
	waiting map[net.Conn]*promotion // neither served nor failed
}

// promoters guards the fields of servers that are wrapped.
var promoters sync.Mutex

// promoterOf returns the promoter of a server, which it wraps unless that has been done. It returns nil if the server has to be
// left to net/http altogether: its ConnContext expects every connection, or it does not serve HTTP/1.
func promoterOf(server *http.Server) *promoter {
	promoters.Lock()
	defer promoters.Unlock()
	if p, ok := server.Handler.(*promoter); ok && p.server == server {
		return p
	}
	if server.ConnContext != nil || server.Protocols != nil && !server.Protocols.HTTP1() {
		return nil
	}
	p := &promoter{server: server, handler: server.Handler, baseContext: server.BaseContext, connState: server.ConnState,
		waiting: map[net.Conn]*promotion{}}
	if p.handler == nil {
		p.handler = http.DefaultServeMux
	}
	server.Handler, server.BaseContext, server.ConnContext, server.ConnState = p, p.sharedContext, p.markConn, p.trackConn
	return p
}

// sharedContext returns the context of all requests of a listener. net/http calls it before it accepts connections.
func (p *promoter) sharedContext(given net.Listener) context.Context {
	l, own := given.(*listener)
	if own {
		given = l.TCPListener
	}
	ctx := context.Background()
	if p.baseContext != nil {
		ctx = p.baseContext(given)
	}
	if own {
		l.context = context.WithValue(ctx, http.ServerContextKey, p.server)
	}
	return ctx
}

// connKey is the key under which the context of a promoted connection has its net.Conn.
type connKey struct{}

func (p *promoter) markConn(ctx context.Context, conn net.Conn) context.Context {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting[conn] != nil {
		return context.WithValue(ctx, connKey{}, conn)
	}
	return ctx
}

func (p *promoter) add(conn net.Conn, waiting *promotion) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting[conn] = waiting
}

// remove returns the promotion of a connection, which the caller serves or fails, or nil.
func (p *promoter) remove(conn net.Conn) *promotion {
	p.mu.Lock()
	defer p.mu.Unlock()
	waiting := p.waiting[conn]
	delete(p.waiting, conn)
	return waiting
}

// errNotServed is the error of a request whose connection ended before net/http had read it.
var errNotServed = errors.New("websocket: the connection ended before its request was served")

func (p *promoter) trackConn(conn net.Conn, state http.ConnState) {
	if state == http.StateClosed {
		if waiting := p.remove(conn); waiting != nil {
			waiting.fail(errNotServed)
		}
	}
	if p.connState != nil {
		p.connState(conn, state)
	}
}

// ServeHTTP serves the first request of a promoted connection, and passes all others to the server's own handler.
func (p *promoter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if conn, ok := r.Context().Value(connKey{}).(net.Conn); ok {
		if waiting := p.remove(conn); waiting != nil {
			waiting.serve(w, r)
			return
		}
	}
	p.handler.ServeHTTP(w, r)
}

package accept

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"github.com/lingerws/linger/internal/lazycontext"
	"github.com/lingerws/linger/websocket/internal/proxyheader"
)

// upgradeWriter is the ResponseWriter of an upgrade request that a listener has parsed. The request is still unread in the
// kernel. A handler that accepts the connection at once gets the descriptor, and net/http has no part in it. In all other
// cases the request is promoted: net/http reads it, and every method calls that of net/http's ResponseWriter.
type upgradeWriter struct {
	listener *listener
	request  *http.Request
	context  requestContext
	size     int                 // of the request, in bytes
	proxied  *proxyheader.Header // with which the connection began; nil if it has none
	header   http.Header         // of the response; nil until the handler asks for it

	mu        sync.Mutex
	fd        int        // -1 when the connection has been detached or promoted
	promotion *promotion // nil unless the request is promoted
}

// newUpgradeWriter returns the ResponseWriter of a request. Call serve next.
func (l *listener) newUpgradeWriter(fd, size int, r *http.Request, proxied *proxyheader.Header) *upgradeWriter {
	w := &upgradeWriter{listener: l, size: size, proxied: proxied, fd: fd}
	w.context.local = l.localAddr(fd, proxied)
	w.context.Set(l.context)
	w.request = r.WithContext(&w.context)
	return w
}

// requestContext is the context of a request. It ends when the handler has ended, or when the client has gone after a promotion.
type requestContext struct {
	lazycontext.Context
	local net.Addr
}

// Value implements [context.Context].
func (c *requestContext) Value(key any) any {
	if key == http.LocalAddrContextKey {
		return c.local
	}
	return c.Context.Value(key)
}

// detach implements [detacher].
func (w *upgradeWriter) detach(take func(fd int) bool) (detached bool, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.promotion != nil:
		return false, nil
	case w.fd < 0:
		return false, http.ErrHijacked
	case !take(w.fd):
		return false, nil
	}
	fd := w.fd
	w.fd = -1
	return true, discardRequest(fd, w.size)
}

// promote queues the connection for net/http, unless that has been done already. It returns [http.ErrHijacked] if the
// connection has been detached.
func (w *upgradeWriter) promote() (*promotion, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.promotion != nil:
		return w.promotion, nil
	case w.fd < 0:
		return nil, http.ErrHijacked
	}
	w.promotion = newPromotion(w.context.Cancel, w.listener.pausable)
	w.listener.enqueue(arrival{file: os.NewFile(uintptr(w.fd), "tcp"), header: w.proxied, promotion: w.promotion})
	w.fd = -1
	return w.promotion, nil
}

// response promotes the request and returns net/http's ResponseWriter. It blocks until net/http has read the request.
func (w *upgradeWriter) response() (http.ResponseWriter, error) {
	p, err := w.promote()
	if err != nil {
		return nil, err
	}
	<-p.begun
	return p.response, p.err
}

// responseWithHeader is response for methods that send the header or the trailers. Until then the fields are in a map that
// the handler may have kept since before the promotion.
func (w *upgradeWriter) responseWithHeader() (http.ResponseWriter, error) {
	response, err := w.response()
	if err == nil {
		header := response.Header()
		clear(header)
		maps.Copy(header, w.header)
	}
	return response, err
}

// Header may be called without promoting the request: middleware sets fields before it is known how the request is answered.
func (w *upgradeWriter) Header() http.Header {
	if w.header == nil {
		w.header = http.Header{}
	}
	return w.header
}

func (w *upgradeWriter) WriteHeader(status int) {
	if response, err := w.responseWithHeader(); err == nil {
		response.WriteHeader(status)
	}
}

func (w *upgradeWriter) Write(p []byte) (int, error) {
	response, err := w.responseWithHeader()
	if err != nil {
		return 0, err
	}
	return response.Write(p)
}

// WriteString implements [io.StringWriter].
func (w *upgradeWriter) WriteString(s string) (int, error) {
	response, err := w.responseWithHeader()
	if err != nil {
		return 0, err
	}
	return io.WriteString(response, s)
}

// ReadFrom implements [io.ReaderFrom], by which net/http sends files with sendfile.
func (w *upgradeWriter) ReadFrom(r io.Reader) (int64, error) {
	response, err := w.responseWithHeader()
	if err != nil {
		return 0, err
	}
	return io.Copy(response, r)
}

// Hijack implements [http.Hijacker].
func (w *upgradeWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	response, err := w.response()
	if err != nil {
		return nil, nil, err
	}
	return http.NewResponseController(response).Hijack()
}

// Flush implements [http.Flusher].
func (w *upgradeWriter) Flush() { _ = w.FlushError() }

// FlushError is called by [http.ResponseController.Flush].
func (w *upgradeWriter) FlushError() error {
	response, err := w.responseWithHeader()
	if err != nil {
		return err
	}
	return http.NewResponseController(response).Flush()
}

// SetReadDeadline is called by [http.ResponseController.SetReadDeadline].
func (w *upgradeWriter) SetReadDeadline(t time.Time) error {
	return w.control(func(c *http.ResponseController) error { return c.SetReadDeadline(t) })
}

// SetWriteDeadline is called by [http.ResponseController.SetWriteDeadline].
func (w *upgradeWriter) SetWriteDeadline(t time.Time) error {
	return w.control(func(c *http.ResponseController) error { return c.SetWriteDeadline(t) })
}

// EnableFullDuplex is called by [http.ResponseController.EnableFullDuplex].
func (w *upgradeWriter) EnableFullDuplex() error {
	return w.control((*http.ResponseController).EnableFullDuplex)
}

// control calls a method of the controller of net/http's ResponseWriter.
func (w *upgradeWriter) control(call func(*http.ResponseController) error) error {
	response, err := w.response()
	if err != nil {
		return err
	}
	return call(http.NewResponseController(response))
}

// promoteAfter is how long a handler may run before its request is promoted.
const promoteAfter = 5 * time.Millisecond

// serve calls the handler of the request.
func (w *upgradeWriter) serve() {
	growStack()
	late := time.AfterFunc(promoteAfter, func() { _, _ = w.promote() })
	returned := false
	defer func() { // also after runtime.Goexit
		late.Stop()
		w.handlerEnded(returned, recover())
	}()
	w.listener.promoter.handler.ServeHTTP(w, w.request)
	returned = true
}

// growStack grows the stack of a new goroutine at once to the size that a request needs. Otherwise it would grow step by
// step, and be copied each time.
//
//go:noinline
func growStack() {
	var room [12 << 10]byte
	runtime.KeepAlive(&room)
}

// handlerEnded lets net/http complete the response, unless the connection has been detached. A handler has
// returned, panicked with a value, or ended its goroutine with [runtime.Goexit].
func (w *upgradeWriter) handlerEnded(returned bool, panicked any) {
	defer w.context.Cancel()
	if panicked != nil && panicked != any(http.ErrAbortHandler) {
		panicked = &handlerPanic{panicked, debug.Stack()}
	}
	if _, err := w.responseWithHeader(); err == nil {
		w.promotion.handlerEnded(returned, panicked)
		return
	}
	if w.promotion == nil { // which is decided when the response has been tried
		w.listener.pausable.add(-1)
	}
	if p, ok := panicked.(*handlerPanic); ok { // no goroutine of net/http is left to log it
		w.listener.logf("http: panic serving %v: %v", w.request.RemoteAddr, p)
	}
}

// handlerPanic is what a handler has panicked with. net/http logs it from another goroutine, so it includes the stack.
type handlerPanic struct {
	value any
	stack []byte
}

func (p *handlerPanic) String() string { return fmt.Sprintf("%v\n%s", p.value, p.stack) }

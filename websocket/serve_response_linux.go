package websocket

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"os"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// upgradeWriter is the ResponseWriter of an upgrade request. Most give their transport
// away. One whose handler declines answers as net/http does, and ends the connection.
type upgradeWriter struct {
	server *http.Server
	cancel context.CancelFunc // of the request
	header http.Header

	mu       sync.Mutex  // guards what the look at the client needs
	fd       int         // -1: somebody else's
	patience *time.Timer // begins that look
	looking  *os.File

	conn   *net.TCPConn // for a response
	fields http.Header  // of the response, as they were at WriteHeader
	status int          // 0: none yet
	length int64        // of the body; -1 if it comes in chunks
	given  int64        // of the body, by the handler
	held   bytes.Buffer // of the body, while nothing has left
	out    *bufio.Writer
	body   io.Writer // nil while nothing has left
}

func newUpgradeWriter(fd int, server *http.Server, cancel context.CancelFunc) *upgradeWriter {
	w := &upgradeWriter{fd: fd, server: server, cancel: cancel, header: http.Header{}}
	w.patience = time.AfterFunc(lookAfter, w.look)
	return w
}

// take gives the descriptor away.
func (w *upgradeWriter) take() (fd int, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	fd, w.fd = w.fd, -1
	if fd < 0 {
		return -1, http.ErrHijacked
	}
	return fd, nil
}

// lookAway ends the look at the client. The descriptor has been taken by then, so no
// other look begins.
func (w *upgradeWriter) lookAway() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.patience.Stop()
	if w.looking != nil {
		_ = w.looking.Close()
	}
}

func (w *upgradeWriter) lend() (transport, error) {
	if w.conn != nil { // the handler has set a deadline
		conn, err := w.release()
		if err != nil {
			return nil, err
		}
		return newTransport(conn, false), nil
	}
	fd, err := w.take()
	w.lookAway()
	return &watched{fd: int32(fd)}, err //nolint:gosec // descriptors are small numbers
}

// errBegun says that a response has begun, so that it is too late for another use.
var errBegun = errors.New("websocket: the response has begun")

// Hijack gives the connection away as net/http does. What the client has sent behind its
// request is still there to be read.
func (w *upgradeWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if err := w.connect(); err != nil {
		return nil, nil, err
	}
	conn, err := w.release()
	if err != nil {
		return nil, nil, err
	}
	return conn, bufio.NewReadWriter(bufio.NewReader(conn), bufio.NewWriter(conn)), nil
}

// release gives conn away, without the deadlines that were meant for a response.
func (w *upgradeWriter) release() (*net.TCPConn, error) {
	if w.body != nil {
		return nil, errBegun
	}
	w.lookAway()
	conn := w.conn
	w.conn = nil
	return conn, conn.SetDeadline(time.Time{})
}

// connect makes a connection of package net of the descriptor. The server's time for a
// response holds until the handler sets another.
func (w *upgradeWriter) connect() error {
	if w.conn != nil {
		return nil
	}
	fd, err := w.take()
	if err != nil {
		return err
	}
	if w.conn, err = connOf(fd); err == nil && w.server.WriteTimeout > 0 {
		err = w.conn.SetWriteDeadline(time.Now().Add(w.server.WriteTimeout))
	}
	return err
}

// stay is connect for a handler that goes on meanwhile, so that its client is still
// looked at.
func (w *upgradeWriter) stay() error {
	w.second()
	return w.connect()
}

func (w *upgradeWriter) SetReadDeadline(t time.Time) error {
	if err := w.stay(); err != nil {
		return err
	}
	return w.conn.SetReadDeadline(t)
}

func (w *upgradeWriter) SetWriteDeadline(t time.Time) error {
	if err := w.stay(); err != nil {
		return err
	}
	return w.conn.SetWriteDeadline(t)
}

func (w *upgradeWriter) Header() http.Header { return w.header }

func (w *upgradeWriter) WriteHeader(status int) {
	if w.status != 0 || status < http.StatusOK {
		return // the 101 is Accept's, and other interim answers may be left out: RFC 9110, section 15.2
	}
	w.status, w.fields, w.length = status, w.header.Clone(), -1
	if declared, err := strconv.ParseInt(w.fields.Get("Content-Length"), 10, 64); err == nil && declared >= 0 {
		w.length = declared
	}
}

// holds is how much of a body waits for its end, so that its length can be said.
const holds = 2 << 10

func (w *upgradeWriter) Write(p []byte) (int, error) {
	if w.conn == nil && w.gone() {
		return 0, http.ErrHijacked
	}
	w.WriteHeader(http.StatusOK)
	if !hasBody(w.status) {
		return 0, http.ErrBodyNotAllowed
	}
	if w.given += int64(len(p)); w.length >= 0 && w.given > w.length {
		return 0, http.ErrContentLength
	}
	if w.body == nil && w.held.Len()+len(p) <= holds {
		return w.held.Write(p)
	}
	if err := w.beginEarly(p); err != nil {
		return 0, err
	}
	return w.body.Write(p)
}

// FlushError sends what there is of the response.
func (w *upgradeWriter) FlushError() error {
	w.WriteHeader(http.StatusOK)
	if err := w.beginEarly(nil); err != nil {
		return err
	}
	return w.out.Flush()
}

// Flush is FlushError, for handlers that ask for an [http.Flusher].
func (w *upgradeWriter) Flush() { _ = w.FlushError() }

// hasBody tells whether a response with this status may have one (RFC 9110, section 6.4.1).
func hasBody(status int) bool {
	return status != http.StatusNoContent && status != http.StatusNotModified
}

// beginEarly is begin before the length of the body is known.
func (w *upgradeWriter) beginEarly(next []byte) error {
	if err := w.stay(); err != nil {
		return err
	}
	return w.begin(-1, next)
}

// begin sends the head of the response, and what is held of its body; length is the
// body's if that is known, or -1, unless the handler has declared one, and next is what
// will follow.
func (w *upgradeWriter) begin(length int64, next []byte) error {
	if w.body != nil {
		return nil
	}
	if err := w.connect(); err != nil {
		return err
	}
	w.describe(next)
	w.frame(length)
	w.out = bufio.NewWriter(w.conn)
	_, _ = fmt.Fprintf(w.out, "HTTP/1.1 %03d %s\r\n", w.status, http.StatusText(w.status))
	_ = w.fields.Write(w.out)
	_, _ = w.out.WriteString("\r\n")
	w.body = w.out
	if w.length < 0 {
		w.body = httputil.NewChunkedWriter(w.out)
	}
	_, err := w.body.Write(w.held.Bytes())
	return err // also of what was written before it
}

// describe completes the fields of the response by those that net/http adds.
func (w *upgradeWriter) describe(next []byte) {
	f := w.fields
	if f.Get("Date") == "" {
		f.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	}
	if w.held.Len() > 0 {
		next = w.held.Bytes()
	}
	if f.Get("Content-Type") == "" && f.Get("Content-Encoding") == "" && len(next) > 0 {
		f.Set("Content-Type", http.DetectContentType(next))
	}
}

// frame says how long the response is (RFC 9112, section 6), and that it is the last.
func (w *upgradeWriter) frame(length int64) {
	f := w.fields
	f.Set("Connection", "close")
	f.Del("Content-Length")
	if !hasBody(w.status) {
		w.length = 0
		return
	}
	if w.length < 0 {
		w.length = length
	}
	f.Del("Transfer-Encoding")
	if w.length < 0 {
		f.Set("Transfer-Encoding", "chunked")
	} else {
		f.Set("Content-Length", strconv.FormatInt(w.length, 10))
	}
}

// end finishes the response, unless the connection has been given away. A handler that
// failed leaves it as far as it came: the client misses the rest, or the last chunk.
func (w *upgradeWriter) end(returned bool, failure any) {
	if failure != nil && failure != any(http.ErrAbortHandler) {
		w.complain("panic serving an upgrade request: %v\n%s", failure, debug.Stack())
	}
	if returned {
		w.finish()
	}
	if fd, err := w.take(); err == nil {
		_ = unix.Close(fd)
	}
	w.lookAway()
	if w.conn != nil {
		w.leave()
	}
}

// finish sends what is left of the response.
func (w *upgradeWriter) finish() {
	if w.conn == nil && w.gone() {
		return
	}
	w.WriteHeader(http.StatusOK)
	if err := w.begin(int64(w.held.Len()), nil); err != nil {
		return
	}
	if w.length < 0 {
		_, _ = w.out.WriteString("0\r\n\r\n") // RFC 9112, section 7.1
	}
	_ = w.out.Flush() // fails if the client has gone, or takes nothing for too long
}

// gone tells whether the descriptor is somebody else's: conn's, or that of whom the
// connection was given to.
func (w *upgradeWriter) gone() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.fd < 0
}

// leave ends the connection so that nothing unread destroys the response on its way (RFC
// 9112, section 9.6).
func (w *upgradeWriter) leave() {
	_ = w.conn.CloseWrite()
	_ = w.conn.SetReadDeadline(time.Now().Add(leaveTime))
	_, _ = io.CopyN(io.Discard, w.conn, leaveBytes)
	_ = w.conn.Close()
}

const (
	leaveTime  = 500 * time.Millisecond
	leaveBytes = 256 << 10
)

func (w *upgradeWriter) complain(format string, args ...any) {
	cmp.Or(w.server.ErrorLog, log.Default()).Printf(format, args...)
}

// lookAfter is how long a handler may take before somebody looks whether its client is
// still there.
const lookAfter = 5 * time.Millisecond

// look ends the request's context when the client has gone, as net/http does.
func (w *upgradeWriter) look() {
	file := w.second()
	if file == nil {
		return
	}
	raw, err := file.SyscallConn()
	if err != nil {
		return
	}
	gone := false
	err = raw.Read(func(fd uintptr) bool {
		n, _, err := unix.Recvfrom(int(fd), make([]byte, 1), unix.MSG_PEEK|unix.MSG_DONTWAIT)
		gone = n <= 0 && !errors.Is(err, unix.EAGAIN)
		return n > 0 || gone
	})
	if err == nil && gone {
		w.cancel()
	}
}

// second returns a second descriptor of the connection, which lookAway closes; nil if the
// first is somebody else's already.
func (w *upgradeWriter) second() *os.File {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.looking != nil || w.fd < 0 {
		return w.looking
	}
	fd, err := unix.FcntlInt(uintptr(w.fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	w.looking = os.NewFile(uintptr(fd), "tcp")
	return w.looking
}

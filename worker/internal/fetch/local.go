package fetch

import (
	"context"
	"io"
	"net/http"
	"strconv"
)

// SetHandler makes a handler of this process answer the request, and those that follow its redirects, instead of a server. The
// request may not ask for a WebSocket. Unless the script has asked for content codings, there are none: they would be undone again.
func (r *Request) SetHandler(handler http.Handler) {
	r.handler = handler
	if r.decode {
		r.header.Set("Accept-Encoding", "identity")
	}
}

// serveLocal returns the answer of a handler when its header is written. The handler runs on its own goroutine, and its
// writes wait until the body is read; they fail when the body is closed or ctx has ended.
func serveLocal(ctx context.Context, handler http.Handler, request *http.Request) (*http.Response, error) {
	body, writer := io.Pipe()
	w := &localWriter{header: http.Header{}, body: writer, began: make(chan *http.Response, 1), request: request}
	go func() {
		handler.ServeHTTP(w, request)
		w.WriteHeader(http.StatusOK)
		_ = writer.Close()
	}()
	stop := context.AfterFunc(ctx, func() { _ = body.CloseWithError(context.Cause(ctx)) })
	select {
	case response := <-w.began:
		response.Body = localBody{body, stop}
		return response, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// localBody is the body of a handler's answer.
type localBody struct {
	*io.PipeReader
	stop func() bool // ends the watch over the context
}

func (b localBody) Close() error {
	b.stop()
	return b.PipeReader.Close()
}

// localWriter is the [http.ResponseWriter] of a handler whose answer stays in this process.
type localWriter struct {
	header  http.Header
	body    *io.PipeWriter
	began   chan *http.Response // receives the response with its header; has room for it
	wrote   bool
	request *http.Request
}

func (w *localWriter) Header() http.Header { return w.header }

func (w *localWriter) WriteHeader(status int) {
	if w.wrote || status < http.StatusOK {
		return
	}
	w.wrote = true
	length, err := strconv.ParseInt(w.header.Get("Content-Length"), 10, 64)
	if err != nil {
		length = -1
	}
	w.began <- &http.Response{
		StatusCode: status, Status: strconv.Itoa(status) + " " + http.StatusText(status), Header: w.header.Clone(), ContentLength: length, Request: w.request,
	}
}

func (w *localWriter) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	if w.request.Method == http.MethodHead {
		return len(p), nil
	}
	return w.body.Write(p)
}

package worker

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/lingerws/linger/internal/httprule"
	"github.com/lingerws/linger/websocket"
	"github.com/lingerws/linger/worker/internal/engine"
)

// errCutOff tells of an answer that is not whole.
var errCutOff = errors.New("the connection was lost before the answer was whole")

// fetchSocket asks for a WebSocket. Any other answer than 101 is one like those to other
// fetches.
func (in *instance) fetchSocket(ctx context.Context, r *outgoingRequest) (*fetched, error) {
	if err := in.reserve(); err != nil {
		return nil, err
	}
	opts := in.app.dialOptions()
	opts.MaxRefusal = int(in.app.opts.MaxBody)
	r.offer(opts)
	s := in.newSocket(func() {})
	for {
		conn, header, err := websocket.DialDriver(ctx, r.shown(), opts)
		if err == nil {
			s.conn = conn
			return &fetched{status: http.StatusSwitchingProtocols, statusText: "Switching Protocols", header: header, url: r.shown(), redirected: r.hops > 0, socket: s}, nil
		}
		answer, again, err := r.refused(err, in.app.opts.MaxBody)
		if !again {
			s.over()
			return answer, err
		}
		opts.Header = r.header
	}
}

// offer takes what belongs to the handshake out of the header: the script may choose the
// subprotocols and the origin, the rest is the connection's own.
func (r *outgoingRequest) offer(opts *websocket.DialOptions) {
	opts.Origin = r.header.Get("Origin")
	for _, list := range r.header.Values("Sec-Websocket-Protocol") {
		for name := range strings.SplitSeq(list, ",") {
			opts.Subprotocols = append(opts.Subprotocols, strings.TrimSpace(name))
		}
	}
	r.header.Del("Origin")
	for name := range r.header {
		if strings.HasPrefix(name, "Sec-Websocket-") {
			r.header.Del(name)
		}
	}
	opts.Header = r.header
}

// refused turns a refusal into the answer that it is, or follows its redirect.
func (r *outgoingRequest) refused(err error, limit int64) (answer *fetched, again bool, _ error) {
	failed, ok := errors.AsType[*websocket.DialError](err)
	if !ok || failed.Phase != websocket.PhaseCheck || failed.Status == http.StatusSwitchingProtocols {
		return nil, false, err
	}
	plain := &http.Response{StatusCode: failed.Status, Header: failed.Header}
	again, err = r.redirected(plain)
	switch {
	case err != nil || again:
		return nil, again, err
	case failed.Cut && int64(len(failed.Body)) >= limit:
		return nil, false, &answerTooLargeError{limit}
	case failed.Cut:
		return nil, false, errCutOff
	}
	httprule.Remove(failed.Header, httprule.HopByHop)
	answer = &fetched{status: failed.Status, statusText: http.StatusText(failed.Status), header: failed.Header, body: failed.Body, url: r.shown(), redirected: r.hops > 0}
	return answer, false, answer.decode(r.decode, limit)
}

// upgraded hands the script a WebSocket as the answer to a fetch. What arrives on it
// waits until the script has accepted it.
func (in *instance) upgraded(number int, answer *fetched) error {
	s := answer.socket
	s.line = in.join(s, nil)
	err := in.dispatch("upgraded", engine.Int(number), answer.parts(), engine.Int(s.line.number),
		engine.String(subprotocolOf(answer.header)), engine.String(extensionsOf(answer.header)))
	s.conn.Start(s)
	return err
}

// drop lets go of an answer that nobody waits for any more.
func (f *fetched) drop() {
	if f != nil && f.socket != nil {
		f.socket.conn.CloseNow()
		f.socket.over()
	}
}

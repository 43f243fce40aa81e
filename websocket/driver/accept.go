package driver

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/lingerws/linger/internal/httprule"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/protocol/handshake"
	"github.com/lingerws/linger/websocket/internal/accept"
)

// AcceptOptions configure how a request is answered. The zero value admits pages of the same
// host, accepts no subprotocol, and selects the defaults of [Options].
type AcceptOptions struct {
	Options

	// Origins contains the origins of the web pages that may connect.
	Origins handshake.OriginPolicy

	// Subprotocols are those of the application, the preferred one first. None is selected if
	// the client has offered none of them.
	Subprotocols []string

	// Header is added to the 101 response, for instance cookies. Fields of the handshake are
	// left out.
	Header http.Header

	// HandshakeTimeout bounds the writing of the response; 0 means 10 s.
	HandshakeTimeout time.Duration
}

const defaultHandshakeTimeout = 10 * time.Second

// Accept answers a request with 101 and returns the connection, which [Driver.Start] starts, and the agreed
// subprotocol, which is empty if there is none. When it returns an error the request has been answered with an error status,
// or its transport has failed; a *[handshake.Refusal] contains what was wrong with the request. opts may be nil.
func Accept(w http.ResponseWriter, r *http.Request, opts *AcceptOptions) (d *Driver, subprotocol string, err error) {
	if opts == nil {
		opts = &AcceptOptions{}
	}
	h, refusal := CheckRequest(r, opts.Origins)
	if refusal != nil {
		Refuse(w, refusal)
		return nil, "", refusal
	}
	subprotocol, _ = h.SelectProtocol(opts.Subprotocols...) // empty if there is none in common
	d, err = h.Accept(w, subprotocol, opts)
	return d, subprotocol, err
}

// Handshake is a request that may become a WebSocket.
type Handshake struct {
	handshake.Offer
}

// CheckRequest checks the request of an opening handshake (RFC 6455, section 4.2.1) and applies
// the origin policy. It sends no response: see [Handshake.Accept] and [Refuse].
func CheckRequest(r *http.Request, origins handshake.OriginPolicy) (*Handshake, *handshake.Refusal) {
	request := handshake.Request{
		Method: r.Method, ProtoMajor: r.ProtoMajor, ProtoMinor: r.ProtoMinor,
		Target: r.RequestURI, Host: r.Host, ContentLength: r.ContentLength, Header: r.Header,
	}
	offer, refusal := handshake.CheckRequest(request)
	if refusal == nil {
		refusal = origins.Check(request)
	}
	if refusal != nil {
		return nil, refusal
	}
	return &Handshake{Offer: offer}, nil
}

// Refuse answers a request that cannot become a WebSocket.
func Refuse(w http.ResponseWriter, refusal *handshake.Refusal) {
	for _, f := range refusal.Fields {
		w.Header().Set(f.Name, f.Value)
	}
	http.Error(w, refusal.Text, refusal.Status)
}

// Accept responds with 101 and a subprotocol, or none if that is empty, and takes the transport
// from net/http. After an error that wraps [handshake.ErrNotOffered] no response has been sent;
// after any other error the response is 500, or the transport has failed. opts must not be nil;
// its Origins and Subprotocols are ignored.
func (h *Handshake) Accept(w http.ResponseWriter, subprotocol string, opts *AcceptOptions) (*Driver, error) {
	agreed, extensions := agree(h.Extensions, &opts.Options)
	fields, err := h.Response(handshake.Agreement{Protocol: subprotocol, Extensions: extensions})
	if err != nil {
		return nil, err
	}
	head := appendAnswer(make([]byte, 0, 256), fields, opts.Header)
	t, early, err := switchProtocols(w, head, opts)
	if err != nil {
		return nil, err
	}
	return newDriver(t, protocol.Server, early, opts.Options, agreed), nil
}

// switchProtocols answers with head. It returns the transport and what has been read of it after the request, which is the
// start of the WebSocket.
func switchProtocols(w http.ResponseWriter, head []byte, opts *AcceptOptions) (t transport, early []byte, err error) {
	if len(head) <= smallAnswer && !opts.blocking() {
		detached, err := accept.Detach(w, func(fd int) (ok bool) {
			t, ok = newDescriptorTransport(fd, &opts.Options)
			return ok
		})
		if err != nil {
			if detached {
				t.close()
			}
			return nil, nil, wrapAnswering(err)
		}
		if detached {
			return t, nil, wrapAnswering(answerNow(t, head))
		}
	}
	nc, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, "this server cannot switch protocols", http.StatusInternalServerError)
		return nil, nil, fmt.Errorf("taking over the transport: %w", explainHijack(w, err))
	}
	early = make([]byte, buffered.Reader.Buffered())
	if _, err = buffered.Read(early); err != nil && len(early) > 0 {
		_ = nc.Close()
		return nil, nil, fmt.Errorf("taking over the transport: %w", err)
	}
	t, err = answer(nc, head, opts)
	return t, early, wrapAnswering(err)
}

// explainHijack adds the type of the ResponseWriter without Hijack to an error. Usually that is one of middleware.
func explainHijack(w http.ResponseWriter, err error) error {
	if !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	for inner, ok := w.(interface{ Unwrap() http.ResponseWriter }); ok; inner, ok = w.(interface{ Unwrap() http.ResponseWriter }) {
		w = inner.Unwrap()
	}
	return fmt.Errorf("the http.ResponseWriter of type %T has neither Hijack nor Unwrap: "+
		"add Unwrap() http.ResponseWriter to the type in the middleware: %w", w, err)
}

func wrapAnswering(err error) error {
	if err != nil {
		return fmt.Errorf("answering the opening handshake: %w", err)
	}
	return nil
}

// answer writes the 101, and removes the deadlines of http.Server, which apply to requests.
func answer(nc net.Conn, text []byte, opts *AcceptOptions) (transport, error) {
	if len(text) <= smallAnswer {
		if t := newTransport(nc, &opts.Options); notifies(t) {
			return t, answerNow(t, text)
		}
	}
	deadline := time.Now().Add(orDefault(opts.HandshakeTimeout, defaultHandshakeTimeout))
	err := nc.SetDeadline(deadline)
	if err == nil {
		_, err = nc.Write(text)
	}
	if err = errors.Join(err, nc.SetDeadline(time.Time{})); err != nil {
		_ = nc.Close()
		return nil, err
	}
	return newTransport(nc, &opts.Options), nil
}

// smallAnswer is the size up to which a response fits into the smallest send buffer of a kernel, so that writing it does not
// block.
const smallAnswer = 2 << 10

// notifies reports whether t has a [notifyingTransport].
func notifies(t transport) bool {
	_, ok := t.(notifyingTransport)
	return ok
}

func answerNow(t transport, text []byte) error {
	w, _ := t.(nonBlockingWriter)
	n, err := w.tryWrite(text)
	if err == nil && n < len(text) {
		err = io.ErrShortWrite
	}
	if err != nil {
		t.close()
	}
	return err
}

// appendAnswer appends the 101 response (RFC 6455, section 4.2.2): the fields of the handshake,
// and then those of the application. Fields of the handshake in own are left out, and line
// breaks in values are replaced.
func appendAnswer(b []byte, fields []handshake.Field, own http.Header) []byte {
	b = append(b, "HTTP/1.1 101 Switching Protocols\r\n"...)
	for _, f := range fields {
		b = httprule.AppendField(b, f.Name, f.Value)
	}
	names := make([]string, 0, len(own))
	for name := range own {
		if !httprule.IsHandshakeField(name) && handshake.IsToken(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range own[name] { // Set-Cookie fields cannot be combined (RFC 6265, section 3)
			b = httprule.AppendField(b, name, value)
		}
	}
	return append(b, "\r\n"...)
}

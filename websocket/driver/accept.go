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

// AcceptOptions say how a request is answered. The zero value admits pages of
// the same host, agrees to no subprotocol, and has the default bounds.
type AcceptOptions struct {
	Options

	// Origins decides from which web pages browsers may connect.
	Origins handshake.OriginPolicy

	// Subprotocols are those the application speaks, the preferred first. None is
	// chosen if the client offered none of them.
	Subprotocols []string

	// Header is added to the 101 answer, cookies for instance. Fields of the
	// handshake itself are left out.
	Header http.Header

	// HandshakeTimeout bounds the writing of the answer; 0 means 10 s.
	HandshakeTimeout time.Duration
}

const defaultHandshakeTimeout = 10 * time.Second

// Accept answers a request with 101 and returns the connection, which [Driver.Start] starts, and the agreed
// subprotocol, which is empty if there is none. If it returns an error the request has been answered, or its transport is
// gone: a *[handshake.Refusal] says what was wrong with the request. opts may be nil.
func Accept(w http.ResponseWriter, r *http.Request, opts *AcceptOptions) (d *Driver, subprotocol string, err error) {
	if opts == nil {
		opts = &AcceptOptions{}
	}
	h, refusal := CheckRequest(r, opts.Origins)
	if refusal != nil {
		Refuse(w, refusal)
		return nil, "", refusal
	}
	subprotocol, _ = h.SelectProtocol(opts.Subprotocols...) // none in common: go on without
	d, err = h.Accept(w, subprotocol, opts)
	return d, subprotocol, err
}

// Handshake is a request that may become a WebSocket.
type Handshake struct {
	handshake.Offer
}

// CheckRequest reads the opening handshake (RFC 6455, section 4.2.1) and applies
// the origin policy. Nothing is answered yet: see [Handshake.Accept] and [Refuse].
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

// Accept answers with 101, agreeing to subprotocol (empty: none), and takes the
// transport over from net/http. An error that wraps [handshake.ErrNotOffered]
// leaves the request unanswered; for any other error it is answered with 500 or
// its transport is gone. opts must not be nil; its Origins and Subprotocols do
// not matter here.
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
	if len(head) <= smallAnswer && !opts.Blocking {
		detached, err := accept.Detach(w, func(fd int) (ok bool) {
			t, ok = newDescriptorTransport(fd, opts.loopGroup())
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

// explainHijack names the ResponseWriter that does not give the transport away, most often a middleware's.
func explainHijack(w http.ResponseWriter, err error) error {
	if !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	for inner, ok := w.(interface{ Unwrap() http.ResponseWriter }); ok; inner, ok = w.(interface{ Unwrap() http.ResponseWriter }) {
		w = inner.Unwrap()
	}
	return fmt.Errorf("the http.ResponseWriter of type %T has neither Hijack nor Unwrap: "+
		"have the middleware that made it give it Unwrap() http.ResponseWriter: %w", w, err)
}

func wrapAnswering(err error) error {
	if err != nil {
		return fmt.Errorf("answering the opening handshake: %w", err)
	}
	return nil
}

// answer writes the 101. The deadlines of http.Server end with it: they are meant
// for requests.
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

// smallAnswer fits into the least that a kernel keeps for a peer, so nobody waits for it.
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

// appendAnswer adds the 101 answer (RFC 6455, section 4.2.2) to b: the fields of
// the handshake, then the application's own. Of those, fields that would change
// what the handshake says are left out, and no value can break out of its line.
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
		for _, value := range own[name] { // Set-Cookie needs a line each: RFC 6265, section 3
			b = httprule.AppendField(b, name, value)
		}
	}
	return append(b, "\r\n"...)
}

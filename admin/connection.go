package admin

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
)

// socketOf returns the connection of a request.
func (h *Handler) socketOf(r *http.Request) (*linger.Socket, error) {
	socket := h.opts.Server.Socket(r.PathValue("id"))
	if socket == nil {
		return nil, gone
	}
	return socket, nil
}

var gone = &apiError{http.StatusGone, "connection_gone", "there is no connection with this id any more"}

// getConnection returns what is recorded about a connection.
func (h *Handler) getConnection(r *http.Request) (any, error) {
	socket, err := h.socketOf(r)
	if err != nil {
		return nil, err
	}
	stats, header := socket.Stats(), socket.Header()
	ip := ""
	if addr := socket.RemoteIP(); addr.IsValid() {
		ip = addr.String()
	}
	details := ConnectionDetails{
		ConnectedAt: stats.Opened, LastActiveAt: stats.LastActivity,
		Identity:     Identity{SourceIP: ip, UserAgent: header.Get("User-Agent")},
		Connection:   h.describe(socket, stats, time.Now()),
		Host:         socket.URL().Host,
		Origin:       header.Get("Origin"),
		ChannelNames: stats.Channels,
		Recent:       make([]RecentMessage, 0, len(stats.Recent)),
	}
	for _, m := range stats.Recent {
		details.Recent = append(details.Recent, RecentMessage{Time: m.Time, Sent: m.Sent, Kind: kindOf(m.Binary), Size: m.Size})
	}
	return details, nil
}

// describe returns a connection for a list.
func (h *Handler) describe(s *linger.Socket, stats linger.Stats, now time.Time) Connection {
	return Connection{
		ID: s.ID(), URL: target(s, h.opts.ShowQueries), Address: s.RemoteAddr(), State: stateOf(s), Protocol: s.Subprotocol(),
		Age: age(now, stats.Opened), Idle: age(now, stats.LastActivity), RoundTrip: stats.RoundTrip.Seconds(),
		Buffered: stats.Buffered, Queued: stats.Queued,
		Received: Traffic(stats.Received), Sent: Traffic(stats.Sent), Channels: len(stats.Channels),
	}
}

// target returns the path of a connection's URL, and the query if it is to be shown.
func target(s *linger.Socket, query bool) string {
	if query {
		return s.URL().RequestURI()
	}
	return s.Path()
}

func kindOf(binary bool) string {
	if binary {
		return "binary"
	}
	return "text"
}

// The states of connections. They are those of RFC 6455, and the half-open one.
const (
	stateOpen     = "open"
	stateHalfOpen = "halfOpen"
	stateClosing  = "closing"
	stateClosed   = "closed"
)

func stateOf(s *linger.Socket) string {
	state := s.State()
	switch {
	case state == protocol.StateClosed:
		return stateClosed
	case s.IsHalfOpen():
		return stateHalfOpen
	case state == protocol.StateClosing:
		return stateClosing
	}
	return stateOpen
}

// maxMessage bounds a message that is sent or published through the API, in bytes.
const maxMessage = 1 << 20

// payloadOf reads the body of a request as a message. Content-Type application/octet-stream means a binary message, all others mean
// a text.
func payloadOf(r *http.Request) (linger.Payload, error) {
	body, err := readBody(r, maxMessage)
	if err != nil {
		return linger.Payload{}, err
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind == "application/octet-stream" {
		return linger.Binary(body), nil
	}
	if !utf8.Valid(body) {
		return linger.Payload{}, badRequest("bad_text", "the body is not UTF-8: send it with Content-Type: application/octet-stream for a binary message")
	}
	return linger.Payload{Data: body}, nil
}

// done is the answer to a request that has succeeded and has no result, where API Gateway answers with 200.
type done struct{}

// sendTo sends the body of a request to a connection.
func (h *Handler) sendTo(r *http.Request) (any, error) {
	socket, err := h.socketOf(r)
	if err != nil {
		return nil, err
	}
	payload, err := payloadOf(r)
	if err != nil {
		return nil, err
	}
	switch err := socket.TrySend(payload); {
	case errors.Is(err, linger.ErrClosed):
		return nil, gone
	case errors.Is(err, linger.ErrQueueFull):
		return nil, &apiError{http.StatusTooManyRequests, "queue_full", "the send queue of the connection is full, and the message was dropped: try again when its client has read"}
	case err != nil:
		return nil, err
	}
	return done{}, nil
}

// closeConnection starts the closing handshake of a connection.
func (h *Handler) closeConnection(r *http.Request) (any, error) {
	query, err := parameters(r, "code", "reason", "discard")
	if err != nil {
		return nil, err
	}
	code, err := closeCode(query.Get("code"))
	if err != nil {
		return nil, err
	}
	discard, err := flag("discard", query.Get("discard"))
	if err != nil {
		return nil, err
	}
	if err := protocol.CheckClose(code, query.Get("reason")); err != nil {
		return nil, badRequest("bad_close", "%v", err)
	}
	socket, err := h.socketOf(r)
	if err != nil {
		return nil, err
	}
	if socket.State() == protocol.StateClosed {
		return nil, gone
	}
	closing := socket.Close
	if discard {
		closing = socket.CloseDiscard
	}
	return nil, closing(code, query.Get("reason"))
}

// closeCode parses a close code; "" means 1000.
func closeCode(text string) (protocol.CloseCode, error) {
	if text == "" {
		return protocol.CloseNormal, nil
	}
	code, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return 0, badRequest("bad_close", "%q is not a close code: give a number such as 1000, or from 3000 to 4999", text)
	}
	return protocol.CloseCode(code), nil
}

// flag parses a parameter that is true or false; "" means false.
func flag(name, text string) (bool, error) {
	if text == "" {
		return false, nil
	}
	value, err := strconv.ParseBool(text)
	if err != nil {
		return false, badRequest("bad_parameter", "%s=%q: expected true or false", name, text)
	}
	return value, nil
}

// subscribe subscribes a connection to a channel.
func (h *Handler) subscribe(r *http.Request) (any, error) {
	socket, err := h.socketOf(r)
	if err != nil {
		return nil, err
	}
	switch err := socket.Subscribe(r.PathValue("channel")); {
	case errors.Is(err, linger.ErrClosed):
		return nil, gone
	case errors.Is(err, linger.ErrChannelName):
		return nil, badRequest("bad_channel", "%v", err)
	case errors.Is(err, linger.ErrChannels):
		return nil, &apiError{http.StatusConflict, "too_many_channels", err.Error()}
	case err != nil:
		return nil, fmt.Errorf("subscribing: %w", err)
	}
	return nil, nil
}

// unsubscribe ends the subscription of a connection to a channel, if there is one.
func (h *Handler) unsubscribe(r *http.Request) (any, error) {
	socket, err := h.socketOf(r)
	if err != nil {
		return nil, err
	}
	socket.Unsubscribe(r.PathValue("channel"))
	return nil, nil
}

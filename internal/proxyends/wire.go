package proxyends

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/lingerws/linger/protocol"
)

// Wire is one end of a connection. It sends and receives frames of one role without
// enforcing the protocol.
type Wire struct {
	Conn    *net.TCPConn
	Timeout time.Duration // the maximum time for which See waits

	r    *bufio.Reader
	role protocol.Role
}

func newWire(conn net.Conn, role protocol.Role, timeout time.Duration) *Wire {
	tcp, _ := conn.(*net.TCPConn)
	return &Wire{Conn: tcp, Timeout: timeout, r: bufio.NewReader(conn), role: role}
}

const partOfMessage = "part of a message"

// Do performs an action: it sends "text hello", "part" of a message, an invalid frame
// ("broken") or "close 1000 reason", or ends the connection ("FIN", "reset").
func (w *Wire) Do(what string) error {
	verb, rest, _ := strings.Cut(what, " ")
	switch verb {
	case "text":
		return w.send(protocol.Header{Fin: true, Opcode: protocol.Text}, []byte(rest))
	case "part":
		return w.send(protocol.Header{Opcode: protocol.Text}, []byte(partOfMessage))
	case "broken":
		return w.send(protocol.Header{Fin: true, Opcode: 3}, []byte("what"))
	case "close":
		return w.send(protocol.Header{Fin: true, Opcode: protocol.CloseFrame}, status(rest))
	case "FIN":
		return w.Conn.CloseWrite()
	case "reset":
		return errors.Join(w.Conn.SetLinger(0), w.Conn.Close())
	}
	return fmt.Errorf("proxyends: unknown action %q", what)
}

// status returns the payload of a Close for a text such as "1000 reason".
func status(text string) []byte {
	number, reason, _ := strings.Cut(text, " ")
	code, err := strconv.ParseUint(number, 10, 16)
	if err != nil {
		return nil
	}
	return append([]byte{byte(code >> 8), byte(code)}, reason...) //nolint:gosec // the two bytes of the code
}

func (w *Wire) send(h protocol.Header, payload []byte) error {
	h.Length, h.Masked = int64(len(payload)), w.role == protocol.Client
	_, err := w.Conn.Write(append(h.Append(nil), payload...)) // masked with zeros
	return err
}

// See blocks until a message, a Close or the end of the connection arrives, and returns
// it in the notation of steps. It returns "nothing" after the timeout.
func (w *Wire) See() string {
	_ = w.Conn.SetReadDeadline(time.Now().Add(w.Timeout))
	message := ""
	for {
		h, payload, err := w.frame()
		switch {
		case err != nil:
			return describeEnd(err)
		case h.Opcode == protocol.CloseFrame:
			return describeClose(payload)
		case h.Opcode == protocol.Ping || h.Opcode == protocol.Pong:
			continue
		case h.Opcode > protocol.Binary:
			return "broken"
		}
		if message += string(payload); h.Fin || message == partOfMessage {
			return message
		}
	}
}

// describeClose describes a Close. It omits the reason of 1002, which differs between
// proxies.
func describeClose(payload []byte) string {
	if len(payload) < 2 {
		return "close"
	}
	code := int(payload[0])<<8 | int(payload[1])
	if code == int(protocol.CloseProtocolError) {
		return "close 1002"
	}
	return strings.TrimSpace(fmt.Sprintf("close %d %s", code, payload[2:]))
}

// describeEnd describes an error of reading.
func describeEnd(err error) string {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "half a frame"
	case errors.Is(err, io.EOF):
		return "EOF"
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "nothing"
	case errors.Is(err, syscall.ECONNRESET):
		return "reset"
	}
	return err.Error()
}

func (w *Wire) frame() (protocol.Header, []byte, error) {
	h, err := w.head()
	if err != nil {
		return h, nil, err
	}
	payload := make([]byte, h.Length)
	if _, err := io.ReadFull(w.r, payload); err != nil {
		return h, nil, io.ErrUnexpectedEOF
	}
	if h.Masked {
		protocol.Mask(h.Key, 0, payload)
	}
	return h, payload, nil
}

// head reads a frame header. It accepts an invalid header.
func (w *Wire) head() (protocol.Header, error) {
	for n := 1; ; n++ {
		b, err := w.r.Peek(n)
		if err != nil {
			return protocol.Header{}, err
		}
		h, size, violation := protocol.ParseHeader(b)
		if size == 0 && violation == nil {
			continue
		}
		_, err = w.r.Discard(max(size, n))
		return h, err
	}
}

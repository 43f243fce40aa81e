//go:build unix

package main

import (
	"bufio"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// attacker is a hostile client.
type attacker struct {
	t       *testing.T
	address string
	r       *rand.Rand
}

// dial opens a TCP connection. It returns nil if that fails.
func (a attacker) dial() *net.TCPConn {
	conn, err := net.DialTimeout("tcp", a.address, testTimeout)
	if err != nil {
		a.t.Errorf("the server must accept TCP connections; got %v", err)
		return nil
	}
	_ = conn.SetDeadline(time.Now().Add(3 * time.Second))
	tcp, _ := conn.(*net.TCPConn)
	return tcp
}

// sendRaw sends bytes on a new connection, reads for a short time, and disconnects.
func (a attacker) sendRaw(b string) {
	if conn := a.dial(); conn != nil {
		_, _ = io.WriteString(conn, b)
		a.readBriefly(conn)
		a.disconnect(conn)
	}
}

// sendModified sends a valid upgrade request in which replacement replaces part.
func (a attacker) sendModified(part, replacement string) {
	a.sendRaw(strings.Replace(goodRequest, part, replacement, 1) + "\r\n")
}

// sendWithHeader sends a valid upgrade request with further header lines.
func (a attacker) sendWithHeader(lines string) { a.sendRaw(goodRequest + lines + "\r\n\r\n") }

// readBriefly reads for at most 20 ms.
func (a attacker) readBriefly(conn net.Conn) {
	_ = conn.SetReadDeadline(time.Now().Add(time.Duration(a.r.IntN(20)) * time.Millisecond))
	_, _ = io.Copy(io.Discard, conn)
}

// disconnect closes the connection, resets it, or closes it for writing first.
func (a attacker) disconnect(conn *net.TCPConn) {
	switch a.r.IntN(3) {
	case 0:
		reset(conn)
	case 1:
		_ = conn.CloseWrite()
		a.readBriefly(conn)
	}
	_ = conn.Close()
}

func reset(conn *net.TCPConn) {
	_ = conn.SetLinger(0)
	_ = conn.Close()
}

const goodRequest = "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

// open opens a WebSocket connection with further header lines. It returns nil if dialling fails.
func (a attacker) open(header ...string) *net.TCPConn {
	conn := a.dial()
	if conn == nil {
		return nil
	}
	_, _ = io.WriteString(conn, goodRequest+strings.Join(header, "")+"\r\n")
	response, err := http.ReadResponse(bufio.NewReaderSize(conn, 16), nil)
	if err == nil {
		_ = response.Body.Close() // a 101 has none
	}
	return conn
}

// send opens a WebSocket connection, sends frames, and disconnects.
func (a attacker) send(frames []byte, header ...string) {
	if conn := a.open(header...); conn != nil {
		_, _ = conn.Write(frames)
		a.readBriefly(conn)
		a.disconnect(conn)
	}
}

// sendPartAndReset opens a WebSocket connection, sends the beginning of frames, and resets the connection.
func (a attacker) sendPartAndReset(frames []byte) {
	if conn := a.open(); conn != nil {
		_, _ = conn.Write(frames[:a.r.IntN(len(frames)+1)])
		reset(conn)
	}
}

// maskedFrame returns a masked frame. The first byte and the length need not be valid.
func maskedFrame(first byte, length int, payload []byte) []byte {
	b := []byte{first}
	switch {
	case length < 126:
		b = append(b, 0x80|byte(length))
	case length < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(length))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(length))
	}
	return append(append(b, 0, 0, 0, 0), payload...)
}

// finalFrame returns a masked frame with payload.
func finalFrame(first byte, payload string) []byte {
	return maskedFrame(first, len(payload), []byte(payload))
}

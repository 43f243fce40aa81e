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

// assailant is somebody who means no good.
type assailant struct {
	t       *testing.T
	address string
	r       *rand.Rand
}

func (a assailant) dial() *net.TCPConn {
	conn, err := net.DialTimeout("tcp", a.address, patience)
	if err != nil {
		a.t.Errorf("the server takes connections; got %v", err)
		return nil
	}
	_ = conn.SetDeadline(time.Now().Add(3 * time.Second))
	tcp, _ := conn.(*net.TCPConn)
	return tcp
}

// say sends bytes on a new connection, listens a little, and leaves in some way.
func (a assailant) say(b string) {
	if conn := a.dial(); conn != nil {
		_, _ = io.WriteString(conn, b)
		a.listen(conn)
		a.leave(conn)
	}
}

// ask sends a request like a good one, but with something in the place of a part of it.
func (a assailant) ask(part, instead string) {
	a.say(strings.Replace(goodRequest, part, instead, 1) + "\r\n")
}

// add sends a good request with more header lines.
func (a assailant) add(lines string) { a.say(goodRequest + lines + "\r\n\r\n") }

func (a assailant) listen(conn net.Conn) {
	_ = conn.SetReadDeadline(time.Now().Add(time.Duration(a.r.IntN(20)) * time.Millisecond))
	_, _ = io.Copy(io.Discard, conn)
}

// leave closes, resets, or ends one direction only and lets the server wait.
func (a assailant) leave(conn *net.TCPConn) {
	switch a.r.IntN(3) {
	case 0:
		reset(conn)
	case 1:
		_ = conn.CloseWrite()
		a.listen(conn)
	}
	_ = conn.Close()
}

func reset(conn *net.TCPConn) {
	_ = conn.SetLinger(0)
	_ = conn.Close()
}

const goodRequest = "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

// open opens a WebSocket.
func (a assailant) open(header ...string) *net.TCPConn {
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

// send opens a WebSocket and sends frames on it.
func (a assailant) send(frames []byte, header ...string) {
	if conn := a.open(header...); conn != nil {
		_, _ = conn.Write(frames)
		a.listen(conn)
		a.leave(conn)
	}
}

// breakOff opens a WebSocket, sends a part of something and resets the connection.
func (a assailant) breakOff(frames []byte) {
	if conn := a.open(); conn != nil {
		_, _ = conn.Write(frames[:a.r.IntN(len(frames)+1)])
		reset(conn)
	}
}

// wireFrame makes a masked frame, as wrong as its first byte and its length say.
func wireFrame(first byte, length int, payload []byte) []byte {
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

func whole(first byte, payload string) []byte { return wireFrame(first, len(payload), []byte(payload)) }

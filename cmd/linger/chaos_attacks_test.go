//go:build unix

package main

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

type attack struct {
	name string
	act  func(a attacker)
}

// attacks are all attacks that TestChaos runs.
var attacks = slices.Concat(notHandshakes, badHandshakes, slowHandshakes, resets, illegalFrames, tooMuch)

var notHandshakes = []attack{
	{"noise", func(a attacker) {
		b := make([]byte, a.r.IntN(4096))
		for i := range b {
			b[i] = byte(a.r.Uint32())
		}
		a.sendRaw(string(b))
	}},
	{"nothing", func(a attacker) { a.sendRaw("") }},
	{"HTTP/2", func(a attacker) { a.sendRaw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00") }},
	{"TLS", func(a attacker) {
		a.sendRaw("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + strings.Repeat("\xaa", 500))
	}},
	{"frames without a handshake", func(a attacker) { a.sendRaw(string(finalFrame(0x81, "hello"))) }},
}

var badHandshakes = []attack{
	{"not a GET", func(a attacker) { a.sendModified("GET", "BREW") }},
	{"HTTP/1.0", func(a attacker) { a.sendModified("HTTP/1.1", "HTTP/1.0") }},
	{"another HTTP", func(a attacker) { a.sendModified("HTTP/1.1", "HTTP/9.9") }},
	{"a strange target", func(a attacker) { a.sendModified("GET /", "GET http://[::1/%zz?\x7f") }},
	{"no Host", func(a attacker) { a.sendModified("Host: h\r\n", "") }},
	{"a strange Host", func(a attacker) { a.sendModified("Host: h", "Host: a b") }},
	{"two Hosts", func(a attacker) { a.sendModified("Host: h", "Host: h\r\nHost: i") }},
	{"no key", func(a attacker) { a.sendModified("-Key", "-Lock") }},
	{"a short key", func(a attacker) { a.sendModified("dGhlIHNhbXBsZSBub25jZQ==", "dGhl") }},
	{"a key that is not base64", func(a attacker) { a.sendModified("dGhlIHNhbXBsZSBub25jZQ==", strings.Repeat("?", 24)) }},
	{"two keys", func(a attacker) { a.sendWithHeader("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==") }},
	{"another version", func(a attacker) { a.sendModified("13", "99") }},
	{"no version", func(a attacker) { a.sendModified("-Version", "-Vision") }},
	{"a strange origin", func(a attacker) { a.sendWithHeader("Origin: \x01://???") }},
	{"a line that is not a header", func(a attacker) { a.sendWithHeader("what is this") }},
	{"control characters", func(a attacker) { a.sendWithHeader("X: \x00\x01\x02") }},
	{"a folded header", func(a attacker) { a.sendWithHeader("X: 1\r\n  2") }},
	{"bare line feeds", func(a attacker) { a.sendRaw(strings.ReplaceAll(goodRequest, "\r\n", "\n") + "\n") }},
	{"a body", func(a attacker) { a.sendWithHeader("Content-Length: 5\r\n\r\nhello") }},
	{"two kinds of body", func(a attacker) { a.sendWithHeader("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n") }},
	{"strange subprotocols", func(a attacker) { a.sendWithHeader("Sec-WebSocket-Protocol: a,,b c,\xff") }},
	{"extensions without end", func(a attacker) {
		a.sendWithHeader("Sec-WebSocket-Extensions: " + strings.Repeat("permessage-deflate;x=\"\\", 300))
	}},
	{"invalid extension parameters", func(a attacker) {
		a.sendWithHeader("Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99; client_max_window_bits=-1")
	}},
	{"a header without end", func(a attacker) { a.sendWithHeader(strings.Repeat("X: "+strings.Repeat("y", 1000)+"\r\n", 40)) }},
	{"a line without end", func(a attacker) { a.sendRaw("GET /" + strings.Repeat("y", 40<<10)) }},
	{"two at once", func(a attacker) { a.sendRaw(goodRequest + "\r\n" + goodRequest + "\r\n") }},
}

var slowHandshakes = []attack{
	{"half a handshake", func(a attacker) { a.sendRaw(goodRequest[:a.r.IntN(len(goodRequest))]) }},
	{"half a handshake that stays", func(a attacker) {
		if conn := a.dial(); conn != nil {
			_, _ = io.WriteString(conn, goodRequest[:a.r.IntN(len(goodRequest))])
			_, _ = io.Copy(io.Discard, conn) // until the server closes the connection
			a.disconnect(conn)
		}
	}},
	{"a slow loris", func(a attacker) {
		if conn := a.dial(); conn != nil {
			for _, b := range []byte(goodRequest) {
				if _, err := conn.Write([]byte{b}); err != nil {
					break
				}
				time.Sleep(10 * time.Millisecond)
			}
			a.disconnect(conn)
		}
	}},
}

// conversation is all frames of a well-behaved client: text, binary, a ping, a fragment and a Close.
var conversation = slices.Concat(finalFrame(0x81, "hello"), maskedFrame(0x02, 1000, make([]byte, 1000)), finalFrame(0x89, "ping"),
	finalFrame(0x80, "the end of it"), finalFrame(0x88, "\x03\xe8bye"))

var resets = []attack{
	{"a reset in the request", func(a attacker) {
		if conn := a.dial(); conn != nil {
			_, _ = io.WriteString(conn, goodRequest[:a.r.IntN(len(goodRequest))])
			reset(conn)
		}
	}},
	{"a reset after the request", func(a attacker) {
		if conn := a.dial(); conn != nil {
			_, _ = io.WriteString(conn, goodRequest+"\r\n")
			reset(conn)
		}
	}},
	{"a reset after a request and all frames in one write", func(a attacker) {
		if conn := a.dial(); conn != nil {
			_, _ = io.WriteString(conn, goodRequest+"\r\n"+string(conversation))
			reset(conn)
		}
	}},
	{"a reset after the 101", func(a attacker) { a.sendPartAndReset(nil) }},
	{"a reset somewhere", func(a attacker) { a.sendPartAndReset(conversation) }},
	{"a reset after the Close", func(a attacker) {
		if conn := a.open(); conn != nil {
			_, _ = conn.Write(finalFrame(0x88, "\x03\xe8"))
			a.readBriefly(conn) // so that some resets follow the server's Close
			reset(conn)
		}
	}},
}

var illegalFrames = []attack{
	{"reserved bits", func(a attacker) { a.send(finalFrame(0x80|byte(1+a.r.IntN(7))<<4|1, "x")) }},
	{"reserved opcodes", func(a attacker) { a.send(finalFrame(0x80|[]byte{3, 7, 11, 15}[a.r.IntN(4)], "")) }},
	{"no mask", func(a attacker) { a.send([]byte("\x81\x05hello")) }},
	{"a length that could be shorter", func(a attacker) { a.send([]byte("\x81\xfe\x00\x01\x00\x00\x00\x00x")) }},
	{"a huge length", func(a attacker) { a.send(maskedFrame(0x82, 1<<40, []byte("x"))) }},
	{"a negative length", func(a attacker) { a.send([]byte("\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00")) }},
	{"a long ping", func(a attacker) { a.send(finalFrame(0x89, strings.Repeat("x", 126))) }},
	{"a ping in fragments", func(a attacker) { a.send(finalFrame(0x09, "")) }},
	{"a Close in fragments", func(a attacker) { a.send(finalFrame(0x08, "\x03\xe8")) }},
	{"a continuation without a first fragment", func(a attacker) { a.send(finalFrame(0x80, "x")) }},
	{"two first fragments", func(a attacker) { a.send(append(finalFrame(0x01, "x"), finalFrame(0x01, "x")...)) }},
	{"text that is not UTF-8", func(a attacker) { a.send(finalFrame(0x81, "\xff\xfe")) }},
	{"text that ends too early", func(a attacker) { a.send(append(finalFrame(0x01, "\xe2"), finalFrame(0x80, "\x82")...)) }},
	{"close codes that must not be sent", func(a attacker) {
		code := []uint16{0, 999, 1004, 1005, 1006, 1015, 2999, 5000}[a.r.IntN(8)]
		a.send(finalFrame(0x88, string(binary.BigEndian.AppendUint16(nil, code))))
	}},
	{"half a close code", func(a attacker) { a.send(finalFrame(0x88, "\x03")) }},
	{"a reason that is not UTF-8", func(a attacker) { a.send(finalFrame(0x88, "\x03\xe8\xff")) }},
	{"half a frame", func(a attacker) { a.send(finalFrame(0x81, "hello")[:1+a.r.IntN(10)]) }},
	{"half a frame that stays", func(a attacker) {
		if conn := a.open(); conn != nil {
			_, _ = conn.Write(finalFrame(0x81, "hello")[:1+a.r.IntN(10)])
			time.Sleep(time.Second)
			a.disconnect(conn)
		}
	}},
	{"data after the Close", func(a attacker) {
		a.send(append(finalFrame(0x88, "\x03\xe8"), bytes.Repeat(finalFrame(0x81, "x"), 1000)...))
	}},
	{"what does not inflate", func(a attacker) { a.send(finalFrame(0xc1, "\xff\xff\xff\xff"), deflated) }},
}

const deflated = "Sec-WebSocket-Extensions: permessage-deflate\r\n"

// bomb returns a compressed message of 64 MiB. The DEFLATE format is that of zlib without the header of two bytes. The
// message is computed at its first use, because the programs of the test scripts also run this test binary.
var bomb = sync.OnceValue(func() string {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	for range 64 {
		_, _ = w.Write(make([]byte, 1<<20)) // writing to a buffer never fails
	}
	_ = w.Flush()
	return b.String()[2:]
})

var tooMuch = []attack{
	{"pings", func(a attacker) { a.send(bytes.Repeat(finalFrame(0x89, strings.Repeat("x", 125)), 2000)) }},
	{"pongs", func(a attacker) { a.send(bytes.Repeat(finalFrame(0x8a, "x"), 2000)) }},
	{"fragments without end", func(a attacker) { a.send(append(finalFrame(0x01, ""), bytes.Repeat(finalFrame(0x00, ""), 20000)...)) }},
	{"messages without reading the echoes", func(a attacker) { a.send(bytes.Repeat(finalFrame(0x81, "hello"), 300)) }},
	{"a bomb", func(a attacker) { a.send(finalFrame(0xc2, bomb()), deflated) }},
	{"echoes that are not read", func(a attacker) {
		if conn := a.open(); conn != nil {
			_ = conn.SetReadBuffer(4096)
			for range 30 {
				if _, err := conn.Write(finalFrame(0x82, strings.Repeat("x", 512<<10))); err != nil {
					break
				}
			}
			a.disconnect(conn)
		}
	}},
}

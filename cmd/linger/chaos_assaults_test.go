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

type assault struct {
	name string
	act  func(a assailant)
}

// assaults are what somebody can do to a server who has no business with it.
var assaults = slices.Concat(noHandshakes, badHandshakes, slowHandshakes, resets, illegalFrames, tooMuch)

var noHandshakes = []assault{
	{"noise", func(a assailant) {
		b := make([]byte, a.r.IntN(4096))
		for i := range b {
			b[i] = byte(a.r.Uint32())
		}
		a.say(string(b))
	}},
	{"nothing", func(a assailant) { a.say("") }},
	{"HTTP/2", func(a assailant) { a.say("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00") }},
	{"TLS", func(a assailant) { a.say("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + strings.Repeat("\xaa", 500)) }},
	{"frames without a handshake", func(a assailant) { a.say(string(whole(0x81, "hello"))) }},
}

var badHandshakes = []assault{
	{"not a GET", func(a assailant) { a.ask("GET", "BREW") }},
	{"HTTP/1.0", func(a assailant) { a.ask("HTTP/1.1", "HTTP/1.0") }},
	{"another HTTP", func(a assailant) { a.ask("HTTP/1.1", "HTTP/9.9") }},
	{"a strange target", func(a assailant) { a.ask("GET /", "GET http://[::1/%zz?\x7f") }},
	{"no Host", func(a assailant) { a.ask("Host: h\r\n", "") }},
	{"a strange Host", func(a assailant) { a.ask("Host: h", "Host: a b") }},
	{"two Hosts", func(a assailant) { a.ask("Host: h", "Host: h\r\nHost: i") }},
	{"no key", func(a assailant) { a.ask("-Key", "-Lock") }},
	{"a short key", func(a assailant) { a.ask("dGhlIHNhbXBsZSBub25jZQ==", "dGhl") }},
	{"a key that is none", func(a assailant) { a.ask("dGhlIHNhbXBsZSBub25jZQ==", strings.Repeat("?", 24)) }},
	{"two keys", func(a assailant) { a.add("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==") }},
	{"another version", func(a assailant) { a.ask("13", "99") }},
	{"no version", func(a assailant) { a.ask("-Version", "-Vision") }},
	{"a strange origin", func(a assailant) { a.add("Origin: \x01://???") }},
	{"no header", func(a assailant) { a.add("what is this") }},
	{"control characters", func(a assailant) { a.add("X: \x00\x01\x02") }},
	{"a folded header", func(a assailant) { a.add("X: 1\r\n  2") }},
	{"bare line feeds", func(a assailant) { a.say(strings.ReplaceAll(goodRequest, "\r\n", "\n") + "\n") }},
	{"a body", func(a assailant) { a.add("Content-Length: 5\r\n\r\nhello") }},
	{"two kinds of body", func(a assailant) { a.add("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n") }},
	{"strange subprotocols", func(a assailant) { a.add("Sec-WebSocket-Protocol: a,,b c,\xff") }},
	{"extensions without end", func(a assailant) {
		a.add("Sec-WebSocket-Extensions: " + strings.Repeat("permessage-deflate;x=\"\\", 300))
	}},
	{"extensions that cannot be", func(a assailant) {
		a.add("Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99; client_max_window_bits=-1")
	}},
	{"a header without end", func(a assailant) { a.add(strings.Repeat("X: "+strings.Repeat("y", 1000)+"\r\n", 40)) }},
	{"a line without end", func(a assailant) { a.say("GET /" + strings.Repeat("y", 40<<10)) }},
	{"two at once", func(a assailant) { a.say(goodRequest + "\r\n" + goodRequest + "\r\n") }},
}

var slowHandshakes = []assault{
	{"half a handshake", func(a assailant) { a.say(goodRequest[:a.r.IntN(len(goodRequest))]) }},
	{"half a handshake that stays", func(a assailant) {
		if conn := a.dial(); conn != nil {
			_, _ = io.WriteString(conn, goodRequest[:a.r.IntN(len(goodRequest))])
			_, _ = io.Copy(io.Discard, conn) // until the server has enough
			a.leave(conn)
		}
	}},
	{"a slow loris", func(a assailant) {
		if conn := a.dial(); conn != nil {
			for _, b := range []byte(goodRequest) {
				if _, err := conn.Write([]byte{b}); err != nil {
					break
				}
				time.Sleep(10 * time.Millisecond)
			}
			a.leave(conn)
		}
	}},
}

// conversation is all that a good client says after its handshake.
var conversation = slices.Concat(whole(0x81, "hello"), wireFrame(0x02, 1000, make([]byte, 1000)), whole(0x89, "ping"),
	whole(0x80, "the end of it"), whole(0x88, "\x03\xe8bye"))

var resets = []assault{
	{"a reset in the request", func(a assailant) {
		if conn := a.dial(); conn != nil {
			_, _ = io.WriteString(conn, goodRequest[:a.r.IntN(len(goodRequest))])
			reset(conn)
		}
	}},
	{"a reset behind the request", func(a assailant) {
		if conn := a.dial(); conn != nil {
			_, _ = io.WriteString(conn, goodRequest+"\r\n")
			reset(conn)
		}
	}},
	{"a reset behind all at once", func(a assailant) {
		if conn := a.dial(); conn != nil {
			_, _ = io.WriteString(conn, goodRequest+"\r\n"+string(conversation))
			reset(conn)
		}
	}},
	{"a reset behind the 101", func(a assailant) { a.breakOff(nil) }},
	{"a reset somewhere", func(a assailant) { a.breakOff(conversation) }},
	{"a reset behind the Close", func(a assailant) {
		if conn := a.open(); conn != nil {
			_, _ = conn.Write(whole(0x88, "\x03\xe8"))
			a.listen(conn) // so that some meet the answer
			reset(conn)
		}
	}},
}

var illegalFrames = []assault{
	{"reserved bits", func(a assailant) { a.send(whole(0x80|byte(1+a.r.IntN(7))<<4|1, "x")) }},
	{"reserved opcodes", func(a assailant) { a.send(whole(0x80|[]byte{3, 7, 11, 15}[a.r.IntN(4)], "")) }},
	{"no mask", func(a assailant) { a.send([]byte("\x81\x05hello")) }},
	{"a length that could be shorter", func(a assailant) { a.send([]byte("\x81\xfe\x00\x01\x00\x00\x00\x00x")) }},
	{"a huge length", func(a assailant) { a.send(wireFrame(0x82, 1<<40, []byte("x"))) }},
	{"a negative length", func(a assailant) { a.send([]byte("\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00")) }},
	{"a long ping", func(a assailant) { a.send(whole(0x89, strings.Repeat("x", 126))) }},
	{"a ping in fragments", func(a assailant) { a.send(whole(0x09, "")) }},
	{"a Close in fragments", func(a assailant) { a.send(whole(0x08, "\x03\xe8")) }},
	{"no beginning", func(a assailant) { a.send(whole(0x80, "x")) }},
	{"two beginnings", func(a assailant) { a.send(append(whole(0x01, "x"), whole(0x01, "x")...)) }},
	{"text that is none", func(a assailant) { a.send(whole(0x81, "\xff\xfe")) }},
	{"text that ends too early", func(a assailant) { a.send(append(whole(0x01, "\xe2"), whole(0x80, "\x82")...)) }},
	{"close codes that may not travel", func(a assailant) {
		code := []uint16{0, 999, 1004, 1005, 1006, 1015, 2999, 5000}[a.r.IntN(8)]
		a.send(whole(0x88, string(binary.BigEndian.AppendUint16(nil, code))))
	}},
	{"half a close code", func(a assailant) { a.send(whole(0x88, "\x03")) }},
	{"a reason that is no text", func(a assailant) { a.send(whole(0x88, "\x03\xe8\xff")) }},
	{"half a frame", func(a assailant) { a.send(whole(0x81, "hello")[:1+a.r.IntN(10)]) }},
	{"half a frame that stays", func(a assailant) {
		if conn := a.open(); conn != nil {
			_, _ = conn.Write(whole(0x81, "hello")[:1+a.r.IntN(10)])
			time.Sleep(time.Second)
			a.leave(conn)
		}
	}},
	{"data behind the Close", func(a assailant) { a.send(append(whole(0x88, "\x03\xe8"), bytes.Repeat(whole(0x81, "x"), 1000)...)) }},
	{"what does not inflate", func(a assailant) { a.send(whole(0xc1, "\xff\xff\xff\xff"), deflated) }},
}

const deflated = "Sec-WebSocket-Extensions: permessage-deflate\r\n"

// bomb is a message of 64 MiB, compressed. Deflate is zlib's without its header of two bytes. It is made where it is
// thrown: the scripts' processes are this program too, and none of them is to wait for it.
var bomb = sync.OnceValue(func() string {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	for range 64 {
		_, _ = w.Write(make([]byte, 1<<20)) // a buffer takes everything
	}
	_ = w.Flush()
	return b.String()[2:]
})

var tooMuch = []assault{
	{"pings", func(a assailant) { a.send(bytes.Repeat(whole(0x89, strings.Repeat("x", 125)), 2000)) }},
	{"pongs", func(a assailant) { a.send(bytes.Repeat(whole(0x8a, "x"), 2000)) }},
	{"fragments without end", func(a assailant) { a.send(append(whole(0x01, ""), bytes.Repeat(whole(0x00, ""), 20000)...)) }},
	{"messages nobody waits for", func(a assailant) { a.send(bytes.Repeat(whole(0x81, "hello"), 300)) }},
	{"a bomb", func(a assailant) { a.send(whole(0xc2, bomb()), deflated) }},
	{"echoes that are not read", func(a assailant) {
		if conn := a.open(); conn != nil {
			_ = conn.SetReadBuffer(4096)
			for range 30 {
				if _, err := conn.Write(whole(0x82, strings.Repeat("x", 512<<10))); err != nil {
					break
				}
			}
			a.leave(conn)
		}
	}},
}

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/lingerws/linger/protocol"
)

var chaos = flag.Duration("chaos", 4*time.Second, "how long TestChaos lasts")

// echoScript answers behind an await, and lets the events of all connections mix.
const echoScript = `
addEventListener("websocketupgrade", (event) => { event.accept({ data: 0 }); });
addEventListener("websocketmessage", async ({ source, data }) => { await null; source.data++; source.send(data); });`

// TestChaos throws at a running server whatever somebody without a name can send.
// Meanwhile clients that behave have each of their messages echoed, in order; and
// afterwards nothing of it is left.
func TestChaos(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("one process cannot send another a signal")
	}
	victim := startVictim(t)
	warmUp(t, victim)
	before := victim.footprint()
	var all sync.WaitGroup
	ctx, cancel := context.WithTimeout(t.Context(), *chaos)
	defer cancel()
	var echoed, thrown atomic.Int64
	for range 4 {
		all.Go(func() { echoed.Add(behave(ctx, t, victim)) })
	}
	for i := range 24 {
		seed := rand.Uint64()
		all.Go(func() {
			r := rand.New(rand.NewPCG(seed, 0))
			for n := i; ctx.Err() == nil; n++ {
				assault := assaults[n%len(assaults)]
				assault.act(assailant{t, victim.address, r})
				thrown.Add(1)
			}
		})
	}
	all.Wait()
	t.Logf("%d assaults, and %d messages echoed meanwhile", thrown.Load(), echoed.Load())
	if echoed.Load() < 10 || thrown.Load() < int64(len(assaults)) {
		t.Errorf("this proves nothing: too little has happened")
	}
	victim.recovers(before)
	victim.end()
}

// victim is the server under assault.
type victim struct {
	t              *testing.T
	process        *exec.Cmd
	stdout, stderr output
	address        string
	ended          chan error
}

func startVictim(t *testing.T) *victim {
	t.Helper()
	program, err := exec.LookPath("linger")
	if err != nil {
		t.Fatal(err)
	}
	app := filepath.Join(t.TempDir(), "app.js")
	if err := os.WriteFile(app, []byte(echoScript), 0o600); err != nil {
		t.Fatal(err)
	}
	v := &victim{t: t, ended: make(chan error, 1)}
	v.process = exec.Command(program, "run", "--listen=127.0.0.1:0", "--header-timeout=1s", "--upgrade-timeout=5s", "--write-timeout=1s", app)
	v.process.Stdout, v.process.Stderr = &v.stdout, &v.stderr
	if err := v.process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.process.Process.Kill() }) // it may have ended
	go func() { v.ended <- v.process.Wait() }()
	runs := regexp.MustCompile(`runs at http://(\S+)/\n`)
	eventually(t, "the server runs", func() bool {
		found := runs.FindStringSubmatch(v.stdout.String())
		if found != nil {
			v.address = found[1]
		}
		return found != nil
	})
	return v
}

// warmUp lets what is made once be made.
func warmUp(t *testing.T, v *victim) {
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { behave(ctx, t, v) })
	}
	all.Wait()
}

// behave is a client that does as it should: it returns how many messages it has had
// echoed.
func behave(ctx context.Context, t *testing.T, v *victim) (echoed int64) {
	c, err := dial("http://" + v.address + "/")
	if err != nil {
		t.Errorf("a client that behaves is let in; got %v", err)
		return 0
	}
	for ; echoed == 0 || ctx.Err() == nil; echoed++ {
		message := fmt.Sprintf("message %d %s", echoed, strings.Repeat("x", int(echoed)%2000))
		err := c.send(protocol.Text, message)
		got, receiveErr := c.receive()
		if err != nil || receiveErr != nil || got != "text "+message {
			t.Errorf("message %d comes back; got %.50q, %v, %v", echoed, got, err, receiveErr)
			return echoed
		}
	}
	if err := c.close(1000, "done"); err != nil {
		t.Error(err)
	}
	for _, want := range []string{"close 1000 done", "EOF"} {
		if got, err := c.receive(); err != nil || got != want {
			t.Errorf("the connection ends as it should, with %q; got %q, %v", want, got, err)
		}
	}
	return echoed
}

type footprint struct{ descriptors, resident int }

// footprint tells what the process holds, where the system tells that.
func (v *victim) footprint() (f footprint) {
	root := fmt.Sprintf("/proc/%d/", v.process.Process.Pid)
	if list, err := os.ReadDir(root + "fd"); err == nil {
		f.descriptors = len(list)
	}
	if statm, err := os.ReadFile(root + "statm"); err == nil {
		var size int
		_, _ = fmt.Sscan(string(statm), &size, &f.resident)
		f.resident *= os.Getpagesize()
	}
	return f
}

// recovers waits until nothing of the assault is left.
func (v *victim) recovers(before footprint) {
	v.t.Helper()
	eventually(v.t, "the descriptors of all who are gone are given back", func() bool { return v.footprint().descriptors <= before.descriptors+1 })
	if grown := v.footprint().resident - before.resident; grown > 256<<20 { // the race detector takes most of it
		v.t.Errorf("memory stays bounded; it has grown by %d MiB", grown>>20)
	}
	over, cancel := context.WithCancel(v.t.Context())
	cancel() // one message is enough
	if behave(over, v.t, v) == 0 {
		v.t.Error("a client that comes now is served")
	}
	for _, word := range []string{"panic", "goroutine ", "fatal error", "DATA RACE"} {
		if strings.Contains(v.stderr.String(), word) {
			v.t.Errorf("the log has no %q; it is:\n%.4000s", word, v.stderr.String())
		}
	}
}

func (v *victim) end() {
	v.t.Helper()
	if err := v.process.Process.Signal(syscall.SIGTERM); err != nil {
		v.t.Fatalf("the process is alive; got %v", err)
	}
	select {
	case err := <-v.ended:
		if err != nil {
			v.t.Errorf("it ends when it is told to, with status 0; got %v", err)
		}
	case <-time.After(patience):
		v.t.Error("it ends when it is told to; it did not")
	}
}

func eventually(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !happened(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s; it did not within %v", what, patience)
		}
	}
}

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
func (a assailant) say(b []byte) {
	conn := a.dial()
	if conn == nil {
		return
	}
	_, _ = conn.Write(b)
	a.listen(conn)
	a.leave(conn)
}

func (a assailant) listen(conn net.Conn) {
	_ = conn.SetReadDeadline(time.Now().Add(time.Duration(a.r.IntN(20)) * time.Millisecond))
	_, _ = io.Copy(io.Discard, conn)
}

// leave closes, resets, or ends one direction only and lets the server wait.
func (a assailant) leave(conn *net.TCPConn) {
	switch a.r.IntN(3) {
	case 0:
		_ = conn.SetLinger(0)
	case 1:
		_ = conn.CloseWrite()
		a.listen(conn)
	}
	_ = conn.Close()
}

const goodRequest = "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

// open opens a WebSocket.
func (a assailant) open() *net.TCPConn {
	conn := a.dial()
	if conn == nil {
		return nil
	}
	_, _ = io.WriteString(conn, goodRequest+"\r\n")
	response, err := http.ReadResponse(bufio.NewReaderSize(conn, 16), nil)
	if err == nil {
		_ = response.Body.Close() // a 101 has none
	}
	return conn
}

// send opens a WebSocket and sends frames on it.
func (a assailant) send(frames []byte) {
	conn := a.open()
	if conn == nil {
		return
	}
	_, _ = conn.Write(frames)
	a.listen(conn)
	a.leave(conn)
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

func whole(first byte, payload []byte) []byte { return wireFrame(first, len(payload), payload) }

// assaults are what somebody can do to a server who has no business with it.
var assaults = []struct {
	name string
	act  func(a assailant)
}{
	{"noise", func(a assailant) {
		b := make([]byte, a.r.IntN(4096))
		for i := range b {
			b[i] = byte(a.r.Uint32())
		}
		a.say(b)
	}},
	{"HTTP/2", func(a assailant) {
		a.say([]byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"))
	}},
	{"TLS", func(a assailant) {
		a.say([]byte("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + strings.Repeat("\xaa", 500)))
	}},
	{"not a GET", func(a assailant) { a.say([]byte(strings.Replace(goodRequest, "GET", "BREW", 1) + "\r\n")) }},
	{"no key", func(a assailant) { a.say([]byte(strings.Replace(goodRequest, "-Key", "-Lock", 1) + "\r\n")) }},
	{"two keys", func(a assailant) { a.say([]byte(goodRequest + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")) }},
	{"another version", func(a assailant) { a.say([]byte(strings.Replace(goodRequest, "13", "99", 1) + "\r\n")) }},
	{"no Host", func(a assailant) { a.say([]byte(strings.Replace(goodRequest, "Host: h\r\n", "", 1) + "\r\n")) }},
	{"HTTP/1.0", func(a assailant) { a.say([]byte(strings.Replace(goodRequest, "HTTP/1.1", "HTTP/1.0", 1) + "\r\n")) }},
	{"a strange Host", func(a assailant) { a.say([]byte(strings.Replace(goodRequest, "Host: h", "Host: a b", 1) + "\r\n")) }},
	{"extensions without end", func(a assailant) {
		a.say([]byte(goodRequest + "Sec-WebSocket-Extensions: " + strings.Repeat("permessage-deflate;x=\"\\", 300) + "\r\n\r\n"))
	}},
	{"a header without end", func(a assailant) {
		a.say([]byte(goodRequest + strings.Repeat("X: "+strings.Repeat("y", 1000)+"\r\n", 40) + "\r\n"))
	}},
	{"half a handshake", func(a assailant) { a.say([]byte(goodRequest[:a.r.IntN(len(goodRequest))])) }},
	{"half a handshake that stays", func(a assailant) {
		if conn := a.dial(); conn != nil {
			_, _ = io.WriteString(conn, goodRequest)
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
	{"a reset behind the request", func(a assailant) {
		if conn := a.dial(); conn != nil {
			_, _ = io.WriteString(conn, goodRequest+"\r\n")
			_ = conn.SetLinger(0)
			_ = conn.Close()
		}
	}},
	{"a reset behind the 101", func(a assailant) {
		if conn := a.open(); conn != nil {
			_ = conn.SetLinger(0)
			_ = conn.Close()
		}
	}},
	{"a reset in a message", func(a assailant) {
		if conn := a.open(); conn != nil {
			_, _ = conn.Write(wireFrame(0x82, 1000, make([]byte, 10)))
			_ = conn.SetLinger(0)
			_ = conn.Close()
		}
	}},
	{"a reset behind the Close", func(a assailant) {
		if conn := a.open(); conn != nil {
			_, _ = conn.Write(whole(0x88, []byte{3, 232}))
			_ = conn.SetLinger(0)
			_ = conn.Close()
		}
	}},
	{"reserved bits", func(a assailant) { a.send(whole(0x80|byte(1+a.r.IntN(7))<<4|1, []byte("x"))) }},
	{"reserved opcodes", func(a assailant) { a.send(whole(0x80|[]byte{3, 7, 11, 15}[a.r.IntN(4)], nil)) }},
	{"no mask", func(a assailant) { a.send([]byte{0x81, 5, 'h', 'e', 'l', 'l', 'o'}) }},
	{"a huge length", func(a assailant) { a.send(wireFrame(0x82, 1<<40, []byte("x"))) }},
	{"a negative length", func(a assailant) {
		a.send([]byte{0x82, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0})
	}},
	{"a long ping", func(a assailant) { a.send(whole(0x89, make([]byte, 126))) }},
	{"a ping in fragments", func(a assailant) { a.send(whole(0x09, nil)) }},
	{"no beginning", func(a assailant) { a.send(whole(0x80, []byte("x"))) }},
	{"two beginnings", func(a assailant) { a.send(append(whole(0x01, []byte("x")), whole(0x01, []byte("x"))...)) }},
	{"text that is none", func(a assailant) { a.send(whole(0x81, []byte("\xff\xfe"))) }},
	{"close codes that may not travel", func(a assailant) {
		code := []uint16{0, 999, 1004, 1005, 1006, 1015, 2999, 5000}[a.r.IntN(8)]
		a.send(whole(0x88, binary.BigEndian.AppendUint16(nil, code)))
	}},
	{"half a close code", func(a assailant) { a.send(whole(0x88, []byte{3})) }},
	{"pings", func(a assailant) { a.send(bytes.Repeat(whole(0x89, make([]byte, 125)), 2000)) }},
	{"fragments without end", func(a assailant) { a.send(append(whole(0x01, nil), bytes.Repeat(whole(0x00, nil), 20000)...)) }},
	{"messages nobody waits for", func(a assailant) { a.send(bytes.Repeat(whole(0x81, []byte("hello")), 300)) }},
	{"echoes that are not read", func(a assailant) {
		if conn := a.open(); conn != nil {
			_ = conn.SetReadBuffer(4096)
			for range 30 {
				if _, err := conn.Write(whole(0x82, make([]byte, 512<<10))); err != nil {
					break
				}
			}
			a.leave(conn)
		}
	}},
	{"half a frame", func(a assailant) { a.send(whole(0x81, []byte("hello"))[:1+a.r.IntN(10)]) }},
	{"data behind the Close", func(a assailant) {
		a.send(append(whole(0x88, []byte{3, 232}), bytes.Repeat(whole(0x81, []byte("x")), 1000)...))
	}},
}

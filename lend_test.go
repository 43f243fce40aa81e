package linger

import (
	"bytes"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger/internal/race"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
)

// lending returns a socket of a server that lends payloads.
func lending(onMessage func(*Message)) *Socket {
	server := NewServer(HandlerFuncs{OnMessage: onMessage}, Options{LendPayloads: true})
	return &Socket{server: server, id: "test", early: &early{waiting: true}}
}

func TestALentPayloadIsTheConnectionsBuffer(t *testing.T) {
	events := batchOf("one", "two")
	var lent [][]byte
	socket := lending(func(m *Message) {
		lent = append(lent, m.Data)
		if want := []string{"one", "two"}[len(lent)-1]; m.String() != want {
			t.Errorf("the handler has %s; got %q", want, m.String())
		}
		if cap(m.Data) != len(m.Data) {
			t.Error("what is appended to a payload must not get into the buffer behind it")
		}
	})
	in := (*inbox)(socket)
	if !in.Events(nil, events) {
		t.Fatal("messages are pending until the end of their batch")
	}
	in.Work(nil)
	for i, payload := range lent {
		if &payload[0] != &events[i].Payload[0] {
			t.Errorf("payload %d is a copy", i)
		}
		if race.Enabled && bytes.Count(payload, []byte{spoiled}) != len(payload) {
			t.Errorf("payload %d is spoiled when its time is over; got %q", i, payload)
		}
	}
}

// A payload is lent for as long as its buffer is there. Whoever gets it later has a copy.
func TestAMessageThatHasToWaitKeepsItsPayload(t *testing.T) {
	var heard []string
	var socket *Socket
	second := batchOf("2")
	socket = lending(func(m *Message) {
		heard = append(heard, m.String())
		if m.String() != "1" {
			return
		}
		if (*inbox)(socket).Events(nil, second) { // another goroutine has read on
			t.Error("messages wait for the handler that is at work, and not for the end of their batch")
		}
		second[0].Payload[0] = 'x' // its buffer is read into again
	})
	in := (*inbox)(socket)
	in.Events(nil, batchOf("1"))
	in.Work(nil)
	if got := strings.Join(heard, " "); got != "1 2" {
		t.Errorf("each is what was sent; got %s", got)
	}
}

func TestAHandlerThatEndsItsGoroutineLosesNoPayload(t *testing.T) {
	heard := make(chan string)
	ended := make(chan bool)
	socket := lending(func(m *Message) {
		if m.String() == "1" {
			runtime.Goexit()
		}
		<-ended
		heard <- m.String()
	})
	in := (*inbox)(socket)
	events := batchOf("1", "2")
	go func() {
		defer func() {
			events[1].Payload[0] = 'x' // the goroutine has given its buffer back
			close(ended)
		}()
		in.Events(nil, events)
		in.Work(nil)
	}()
	if got := <-heard; got != "2" {
		t.Errorf("the second message is what was sent; got %s", got)
	}
}

// Messages that came in fragments have memory of their own in any case.
func TestAPayloadOfItsOwnIsNotLent(t *testing.T) {
	var kept []byte
	socket := lending(func(m *Message) { kept = m.Data })
	in := (*inbox)(socket)
	in.Events(nil, []protocol.Event{{Kind: protocol.EventMessage, Opcode: protocol.Binary, Payload: []byte("whole"), Owned: true, Last: true}})
	in.Work(nil)
	if !bytes.Equal(kept, []byte("whole")) {
		t.Errorf("nobody touches it again; got %q", kept)
	}
}

// Whatever handlers do, a payload stays what was sent for as long as they have it.
func TestLentPayloadsOnRealConnections(t *testing.T) {
	for name, blocking := range map[string]bool{"readiness": false, "blocking": true} {
		t.Run(name, func(t *testing.T) { testLentPayloads(t, blocking) })
	}
}

func testLentPayloads(t *testing.T, blocking bool) {
	const conns, messages = 4, 150
	server := NewServer(HandlerFuncs{OnMessage: func(m *Message) {
		if len(m.Data)%7 == 0 {
			time.Sleep(3 * time.Millisecond) // its loop is handed over
		}
		if wrong := bytes.Trim(m.Data, string(m.Data[:1])); len(wrong) > 0 {
			t.Errorf("a message of one letter has %.20q in it", wrong)
		}
		_ = m.Socket.Send(m.Payload)
	}}, Options{LendPayloads: true, Options: websocket.Options{Blocking: blocking}})
	web := httptest.NewServer(server)
	defer web.Close()
	var clients sync.WaitGroup
	for range conns {
		clients.Go(func() { talk(t, "ws"+strings.TrimPrefix(web.URL, "http"), messages) })
	}
	clients.Wait()
}

// talk sends messages without waiting, and looks whether all of them come back.
func talk(t *testing.T, url string, messages int) {
	c, err := websocket.Dial(t.Context(), url, nil)
	if err != nil {
		t.Error(err)
		return
	}
	message := func(i int) []byte {
		return bytes.Repeat([]byte{byte('a' + i%26)}, 1+i*i*i%50_000) // some do not fit the loop's buffer
	}
	go func() {
		for i := range messages {
			_ = c.Write(t.Context(), protocol.Binary, message(i))
		}
	}()
	for i := range messages {
		if _, got, err := c.Read(t.Context()); err != nil || !bytes.Equal(got, message(i)) {
			t.Errorf("message %d of %d bytes comes back; got %.20q of %d, %v", i, len(message(i)), got, len(got), err)
			return
		}
	}
	_ = c.Close(protocol.CloseNormal, "")
}

func TestMessageAsyncKeepsALentPayload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var heard []string
		var taken []func()
		socket := lending(func(m *Message) {
			c := m.Async()
			taken = append(taken, func() {
				heard = append(heard, m.String())
				c.Done()
			})
		})
		in := (*inbox)(socket)
		events := batchOf("1", "2", "3")
		in.Events(nil, events)
		in.Work(nil)
		for _, ev := range events {
			ev.Payload[0] = 'x' // the batch of input is over, and its buffer is read into again
		}
		for range events {
			socket.runTaken(t, &taken)
		}
		if got := strings.Join(heard, " "); got != "1 2 3" {
			t.Errorf("each payload is what was sent, until its event is complete; got %s", got)
		}
	})
}

package linger

import (
	"bytes"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger/internal/race"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
)

// batchOf returns the events of text messages.
func batchOf(texts ...string) (events []protocol.Event) {
	for _, text := range texts {
		events = append(events, protocol.Event{Kind: protocol.EventMessage, Opcode: protocol.Text, Payload: []byte(text), Last: true})
	}
	return events
}

func TestSocketMessagesOwnTheirMemory(t *testing.T) {
	socket := &Socket{server: NewServer(HandlerFuncs{}, Options{}), id: "test"}
	long := string(make([]byte, smallMessage+1))
	texts := []string{"a", "", "bc", long, "d"}
	for n := range len(texts) + 1 {
		events := append(batchOf(texts[:n]...), protocol.Event{Kind: protocol.EventPong})
		messages := socket.messages(events)
		for _, ev := range events {
			clear(ev.Payload) // the buffer is read into again
		}
		for i := range messages {
			messages[i].Data = append(messages[i].Data, "more"...) // a handler may change its payload
		}
		for i, m := range messages {
			if m.String() != texts[i]+"more" {
				t.Errorf("message %d of %d is its handler's; got %q", i, n, m.String())
			}
		}
		if len(messages) != n {
			t.Errorf("each of %d messages comes; got %d", n, len(messages))
		}
	}
}

func TestDriverEventsWithoutMessages(t *testing.T) {
	socket := &Socket{server: NewServer(HandlerFuncs{}, Options{}), id: "test"}
	in := (*driverEvents)(socket)
	for _, events := range [][]protocol.Event{{{Kind: protocol.EventPong}}, {{Kind: protocol.EventPong}, {Kind: protocol.EventPong}}} {
		in.Events(nil, events)
		in.Work(nil)
		if !socket.isIdle() {
			t.Errorf("%d pongs leave nothing to be handled", len(events))
		}
	}
}

func TestDriverEventsDuringReload(t *testing.T) {
	var server *Server
	var heard []string
	next := HandlerFuncs{OnMessage: func(m *Message) { heard = append(heard, "next "+m.String()) }}
	server = NewServer(HandlerFuncs{OnMessage: func(m *Message) {
		heard = append(heard, "first "+m.String())
		if m.String() == "2" {
			server.version.Swap(newHandlerVersion(next)).endCall()
		}
	}}, Options{})
	old := server.version.Load()
	socket := &Socket{server: server, id: "test"}
	in := (*driverEvents)(socket)
	in.Events(nil, batchOf("1", "2", "3"))
	if len(heard) > 0 || socket.isIdle() {
		t.Error("a batch that is not over is only noted")
	}
	in.Events(nil, batchOf("4"))
	in.Work(nil)
	in.Work(nil) // of another batch, that brought nothing
	if want := []string{"first 1", "first 2", "next 3", "next 4"}; !slices.Equal(heard, want) {
		t.Errorf("each goes to the handler of its moment, in order: %q; got %q", want, heard)
	}
	select {
	case <-old.done:
	default:
		t.Error("the first handler has no event in progress")
	}
	if !socket.isIdle() {
		t.Error("nothing is left")
	}
}

func TestDriverEventsGoexit(t *testing.T) {
	heard := make(chan string, 3)
	socket := &Socket{server: NewServer(HandlerFuncs{OnMessage: func(m *Message) {
		heard <- m.String()
		if m.String() == "1" {
			runtime.Goexit()
		}
	}}, Options{}), id: "test", pending: &pendingSends{}}
	in := (*driverEvents)(socket)
	in.Events(nil, batchOf("1", "2", "3"))
	go in.Work(nil)
	for _, want := range []string{"1", "2", "3"} {
		if got := <-heard; got != want {
			t.Errorf("%s comes next; got %s", want, got)
		}
	}
}

// runTaken completes the one event that a handler has taken away, and waits for the next.
func (s *Socket) runTaken(t *testing.T, taken *[]func()) {
	t.Helper()
	if len(*taken) != 1 {
		t.Fatalf("one event is in progress; got %d", len(*taken))
	}
	complete := (*taken)[0]
	*taken = nil
	complete()
	synctest.Wait()
}

func TestMessageAsyncInBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var heard []string
		var taken []func()
		socket := &Socket{server: NewServer(HandlerFuncs{OnMessage: func(m *Message) {
			heard = append(heard, m.String())
			if m.String() != "3" { // which is handled at once
				taken = append(taken, m.Async().Done)
			}
		}}, Options{}), id: "test"}
		in := (*driverEvents)(socket)
		in.Events(nil, batchOf("1", "2", "3", "4"))
		in.Work(nil)
		if n := socket.queuedMessages(); n != 3 {
			t.Errorf("the rest of the batch waits; got %d", n)
		}
		if in.Events(nil, batchOf("5")) {
			t.Error("what comes later waits for the event in progress, and not for the end of its batch")
		}
		for range 4 {
			socket.runTaken(t, &taken)
		}
		if want := []string{"1", "2", "3", "4", "5"}; !slices.Equal(heard, want) {
			t.Errorf("messages are handled in order: %q; got %q", want, heard)
		}
		if !socket.isIdle() {
			t.Error("nothing is left")
		}
	})
}

func TestMessageAsyncCountsBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var taken []func()
		server := NewServer(HandlerFuncs{OnMessage: func(m *Message) { taken = append(taken, m.Async().Done) }}, Options{MaxMemory: 1 << 20})
		socket := &Socket{server: server, id: "test"}
		in := (*driverEvents)(socket)
		in.Events(nil, batchOf("a", "bcd", "ef"))
		in.Work(nil)
		for _, want := range []int64{5, 2, 0} {
			if got := server.memory.budget.Used(); got != want {
				t.Errorf("what waits for the handler is counted: %d bytes; got %d", want, got)
			}
			socket.runTaken(t, &taken)
		}
	})
}

// lending returns a socket of a server that lends payloads.
func lending(onMessage func(*Message)) *Socket {
	server := NewServer(HandlerFuncs{OnMessage: onMessage}, Options{LendPayloads: true})
	return &Socket{server: server, id: "test", pending: &pendingSends{}}
}

func TestLendPayloads(t *testing.T) {
	events := batchOf("one", "two")
	var lent [][]byte
	socket := lending(func(m *Message) {
		lent = append(lent, m.Data)
		if want := []string{"one", "two"}[len(lent)-1]; m.String() != want {
			t.Errorf("the handler has %s; got %q", want, m.String())
		}
		if cap(m.Data) != len(m.Data) {
			t.Error("an append to a payload must not write into the buffer after it")
		}
	})
	in := (*driverEvents)(socket)
	if !in.Events(nil, events) {
		t.Fatal("messages are pending until the end of their batch")
	}
	in.Work(nil)
	for i, payload := range lent {
		if &payload[0] != &events[i].Payload[0] {
			t.Errorf("payload %d is a copy", i)
		}
		if race.Enabled && bytes.Count(payload, []byte{poisoned}) != len(payload) {
			t.Errorf("payload %d is poisoned when its time is over; got %q", i, payload)
		}
	}
}

// A payload is lent as long as its buffer is in use. A handler that gets it later gets a copy.
func TestLendPayloadsOfQueuedMessage(t *testing.T) {
	var heard []string
	var socket *Socket
	second := batchOf("2")
	socket = lending(func(m *Message) {
		heard = append(heard, m.String())
		if m.String() != "1" {
			return
		}
		if (*driverEvents)(socket).Events(nil, second) { // another goroutine has read on
			t.Error("messages wait for the handler that is at work, and not for the end of their batch")
		}
		second[0].Payload[0] = 'x' // its buffer is read into again
	})
	in := (*driverEvents)(socket)
	in.Events(nil, batchOf("1"))
	in.Work(nil)
	if got := strings.Join(heard, " "); got != "1 2" {
		t.Errorf("each is what was sent; got %s", got)
	}
}

func TestLendPayloadsGoexit(t *testing.T) {
	heard := make(chan string)
	ended := make(chan bool)
	socket := lending(func(m *Message) {
		if m.String() == "1" {
			runtime.Goexit()
		}
		<-ended
		heard <- m.String()
	})
	in := (*driverEvents)(socket)
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

// Messages received in fragments always have separate memory.
func TestLendPayloadsOwned(t *testing.T) {
	var kept []byte
	socket := lending(func(m *Message) { kept = m.Data })
	in := (*driverEvents)(socket)
	in.Events(nil, []protocol.Event{{Kind: protocol.EventMessage, Opcode: protocol.Binary, Payload: []byte("whole"), Owned: true, Last: true}})
	in.Work(nil)
	if !bytes.Equal(kept, []byte("whole")) {
		t.Errorf("an owned payload is not changed; got %q", kept)
	}
}

// Whatever handlers do, a payload stays what was sent for as long as they have it.
func TestLendPayloadsOnTCP(t *testing.T) {
	for _, way := range []websocket.IO{websocket.IORing, websocket.IOReadiness, websocket.IOBlocking} {
		t.Run(way.String(), func(t *testing.T) { testLentPayloads(t, way) })
	}
}

func testLentPayloads(t *testing.T, way websocket.IO) {
	const conns, messages = 4, 150
	server := NewServer(HandlerFuncs{OnMessage: func(m *Message) {
		if len(m.Data)%7 == 0 {
			time.Sleep(3 * time.Millisecond) // its loop is handed over
		}
		if wrong := bytes.Trim(m.Data, string(m.Data[:1])); len(wrong) > 0 {
			t.Errorf("a message of one letter has %.20q in it", wrong)
		}
		_ = m.Socket.Send(m.Payload)
	}}, Options{LendPayloads: true, Options: websocket.Options{IO: way}})
	web := httptest.NewServer(server)
	defer web.Close()
	var clients sync.WaitGroup
	for range conns {
		clients.Go(func() { talk(t, "ws"+strings.TrimPrefix(web.URL, "http"), messages) })
	}
	clients.Wait()
}

// talk sends messages without waiting, and checks that all of them come back.
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

func TestMessageAsyncLentPayload(t *testing.T) {
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
		in := (*driverEvents)(socket)
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

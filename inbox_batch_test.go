package linger

import (
	"runtime"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/lingerws/linger/protocol"
)

// batchOf returns the events of text messages.
func batchOf(texts ...string) (events []protocol.Event) {
	for _, text := range texts {
		events = append(events, protocol.Event{Kind: protocol.EventMessage, Opcode: protocol.Text, Payload: []byte(text), Last: true})
	}
	return events
}

func TestMessagesOfABatchHaveMemoryOfTheirOwn(t *testing.T) {
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
			messages[i].Data = append(messages[i].Data, "more"...) // what a handler may do with its own
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

func TestABatchWithoutMessagesOpensNoMailbox(t *testing.T) {
	socket := &Socket{server: NewServer(HandlerFuncs{}, Options{}), id: "test"}
	in := (*inbox)(socket)
	for _, events := range [][]protocol.Event{{{Kind: protocol.EventPong}}, {{Kind: protocol.EventPong}, {Kind: protocol.EventPong}}} {
		in.Events(nil, events)
		in.Work(nil)
		if !socket.idle() {
			t.Errorf("%d pongs leave nothing to be handled", len(events))
		}
	}
}

func TestABatchGoesToTheHandlerOfEachMessagesMoment(t *testing.T) {
	var server *Server
	var heard []string
	next := HandlerFuncs{OnMessage: func(m *Message) { heard = append(heard, "next "+m.String()) }}
	server = NewServer(HandlerFuncs{OnMessage: func(m *Message) {
		heard = append(heard, "first "+m.String())
		if m.String() == "2" {
			server.generation.Swap(newGeneration(next)).leave()
		}
	}}, Options{})
	old := server.generation.Load()
	socket := &Socket{server: server, id: "test"}
	in := (*inbox)(socket)
	in.Events(nil, batchOf("1", "2", "3"))
	if len(heard) > 0 || socket.idle() {
		t.Error("a batch that is not over is only noted")
	}
	in.Events(nil, batchOf("4"))
	in.Work(nil)
	in.Work(nil) // of another batch, that brought nothing
	if want := []string{"first 1", "first 2", "next 3", "next 4"}; !slices.Equal(heard, want) {
		t.Errorf("each goes to the handler of its moment, in order: %q; got %q", want, heard)
	}
	select {
	case <-old.over:
	default:
		t.Error("nobody is at work in the first handler any more")
	}
	if !socket.idle() {
		t.Error("nothing is left")
	}
}

func TestAHandlerThatEndsItsGoroutineLosesNoMessage(t *testing.T) {
	heard := make(chan string, 3)
	socket := &Socket{server: NewServer(HandlerFuncs{OnMessage: func(m *Message) {
		heard <- m.String()
		if m.String() == "1" {
			runtime.Goexit()
		}
	}}, Options{}), id: "test", early: &early{waiting: true}}
	in := (*inbox)(socket)
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

func TestMessageAsyncEndsTheHandlingOfItsBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var heard []string
		var taken []func()
		socket := &Socket{server: NewServer(HandlerFuncs{OnMessage: func(m *Message) {
			heard = append(heard, m.String())
			if m.String() != "3" { // which is handled at once
				taken = append(taken, m.Async().Done)
			}
		}}, Options{}), id: "test"}
		in := (*inbox)(socket)
		in.Events(nil, batchOf("1", "2", "3", "4"))
		in.Work(nil)
		if n := socket.waiting(); n != 3 {
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
		if !socket.idle() {
			t.Error("nothing is left")
		}
	})
}

func TestMessageAsyncCountsTheRestOfItsBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var taken []func()
		server := NewServer(HandlerFuncs{OnMessage: func(m *Message) { taken = append(taken, m.Async().Done) }}, Options{MaxMemory: 1 << 20})
		socket := &Socket{server: server, id: "test"}
		in := (*inbox)(socket)
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

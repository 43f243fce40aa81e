package protocol_test

import (
	"fmt"

	"github.com/lingerws/linger/protocol"
)

// deliver is a driver without a transport: it passes the output of one machine to the
// other and prints the events of the other.
func deliver(name string, from, to *protocol.Machine) {
	out := from.Output(nil)
	to.Receive(out)
	from.Wrote(len(out))
	for {
		event, ok := to.Next()
		if !ok {
			break
		}
		switch event.Kind {
		case protocol.EventMessage:
			fmt.Printf("%s: message %s %q\n", name, event.Opcode, event.Payload)
		case protocol.EventPeerClose:
			fmt.Printf("%s: the peer has finished, %s\n", name, event.Status)
		case protocol.EventClosed:
			o := to.Outcome()
			fmt.Printf("%s: closed, received %s, sent %s, first %s, clean %t\n", name, o.Received, o.Sent, o.First, o.Clean)
		case protocol.EventPiece, protocol.EventPing, protocol.EventPong, protocol.EventFailing:
		}
	}
	if from.ShouldCloseWrite() {
		to.ReceiveEOF()
	}
}

func mustDo(err error) {
	if err != nil {
		panic(err)
	}
}

// A server and a client exchange messages and complete the closing handshake. The
// terminal event is returned only after the machine's own Close is written, so Next is
// called again after that.
func Example() {
	server := protocol.New(protocol.Config{Role: protocol.Server})
	client := protocol.New(protocol.Config{
		Role:    protocol.Client,
		MaskKey: func() [4]byte { return [4]byte{1, 2, 3, 4} }, // use crypto/rand in real code
	})

	mustDo(client.Send(protocol.Text, []byte("hello")))
	deliver("server", client, server)
	mustDo(server.Send(protocol.Text, []byte("hello yourself")))
	deliver("client", server, client)

	mustDo(client.Close(protocol.CloseNormal, "bye"))
	deliver("server", client, server)
	deliver("client", server, client)
	deliver("server", client, server)
	fmt.Println("server", server.State(), "client", client.State())
	// Output:
	// server: message text "hello"
	// client: message text "hello yourself"
	// client: closed, received 1000 "bye", sent 1000 "bye", first local, clean true
	// server: closed, received 1000 "bye", sent 1000 "bye", first remote, clean true
	// server CLOSED client CLOSED
}

// In half-open mode the server may send after the client's Close.
func ExampleConfig_halfOpen() {
	server := protocol.New(protocol.Config{HalfOpen: true})
	client := protocol.New(protocol.Config{
		Role:    protocol.Client,
		MaskKey: func() [4]byte { return [4]byte{1, 2, 3, 4} },
	})

	mustDo(client.Send(protocol.Text, []byte("the question")))
	mustDo(client.Close(protocol.CloseNormal, "that is all"))
	deliver("server", client, server)

	mustDo(server.Send(protocol.Text, []byte("the answer")))
	mustDo(server.Close(4000, "answered"))
	deliver("client", server, client)
	deliver("server", client, server)
	// Output:
	// server: message text "the question"
	// server: the peer has finished, 1000 "that is all"
	// client: message text "the answer"
	// client: closed, received 4000 "answered", sent 1000 "that is all", first local, clean true
	// server: closed, received 1000 "that is all", sent 4000 "answered", first remote, clean true
}

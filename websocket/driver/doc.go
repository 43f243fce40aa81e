// Package driver runs the state machine of package protocol on a transport: it reads, writes and runs the timers. It is for
// runtimes that serve many connections with events instead of blocking calls, such as package linger. Other programs use
// package websocket.
//
// A [Handler] receives the events of a connection, in batches, and answers with methods of its [Driver], none of which waits
// for the peer:
//
//	type echo struct{}
//
//	func (echo) Events(d *driver.Driver, events []protocol.Event) (work bool) {
//		for _, e := range events {
//			switch {
//			case e.Kind == protocol.EventMessage:
//				_, _ = d.Send(e.Opcode, e.Payload)
//			case e.Kind == protocol.EventFailing: // the peer has broken a rule
//				d.Fail()
//			}
//		}
//		return false
//	}
//	func (echo) Work(*driver.Driver)                   {}
//	func (echo) Drained(*driver.Driver)                {}
//	func (echo) Closed(*driver.Driver, driver.Outcome) {}
//
//	http.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
//		d, _, err := driver.Accept(w, r, nil)
//		if err != nil {
//			return // the request has been answered
//		}
//		d.Start(echo{})
//	})
//
// [Accept] answers an opening handshake, [Dial] makes one, and [New] takes a transport on which one has been made.
// [CheckRequest] and [Handshake.Accept] are the two halves of Accept, for a server that decides in between.
//
// A connection on plain TCP under Linux is read by an event loop, and holds a small struct and a descriptor while it is
// idle. Any other has a goroutine that blocks in Read. [IO] lists the ways, and docs/io.md describes them; a handler does not
// notice the difference.
package driver

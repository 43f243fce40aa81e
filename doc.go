// Package linger is a WebSocket server whose application is three events: upgrade,
// message, close. Two more are optional: [PeerCloser] and [Drainer].
//
//	server := linger.NewServer(linger.HandlerFuncs{
//		OnUpgrade: func(u *linger.Upgrade) {
//			socket, err := u.Accept(linger.AcceptOptions{Channels: []string{"lobby"}})
//			if err == nil {
//				_ = socket.Send(linger.Text("welcome")) // leaves after the 101
//			}
//		},
//		OnMessage: func(m *linger.Message) {
//			m.Server.Publish("lobby", m.Payload)
//		},
//		OnClose: func(c *linger.Close) {
//			log.Println(c.Socket.ID(), c.Received, c.Clean)
//		},
//	}, linger.Options{})
//	log.Fatal(server.ListenAndServe(":8080"))
//
// # What is promised
//
// The events of one connection are handled one at a time, in order of arrival: a
// handler that has not returned says that it is not finished. Other connections
// do not wait for it. Every accepted connection has exactly one close event, its
// last. What a handler sends and publishes arrives in the order of its calls.
// Every queue has a bound; see [Options].
//
// # Map
//
// The protocol itself, as a pure state machine, is package protocol; package
// websocket drives it on a transport; this package knows sockets by id and never
// touches bytes; package worker runs handlers in JavaScript.
package linger

// Package linger is a WebSocket server. Its application handles three events: upgrade,
// message and close. Two more are optional: [PeerCloser] and [Drainer].
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
// The events of one connection are handled one at a time, in order of arrival; the next
// one waits until the handler has returned. Other connections do not wait for it. Every
// accepted connection has exactly one close event, its last. What a handler sends and
// publishes arrives in the order of its calls. Every queue has a bound; see [Options].
//
// # Several nodes
//
// With [Options.Cluster] the servers of several nodes are one application: what is published on a channel reaches its subscribers on
// every node. Package cluster connects them over NATS.
//
// # Packages
//
// Package protocol is the protocol as a pure state machine; package websocket runs it on a
// transport; this package finds sockets by id and never touches bytes; package worker runs
// handlers in JavaScript.
package linger

// Package proxy joins two WebSocket connections, so that each end sees what it would
// see without the proxy between them.
//
// Each direction is independent: messages pass piece by piece, whatever their size; a
// Close of one side goes to the other with its code and reason, while the messages of
// that other side still arrive; its own Close comes back, and only then do both
// connections end.
//
//	h, err := proxy.New(proxy.Options{To: []string{"ws://backend:9000/chat"}})
//	if err != nil {
//		log.Fatal(err)
//	}
//	log.Fatal(websocket.ListenAndServe(":8080", h))
//
// [Pipe] is the same for two connections that are open already.
package proxy

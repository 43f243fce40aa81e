// Package proxy is a WebSocket proxy. It connects each client with a backend, so that
// both see what they would see without the proxy.
//
// The two directions are independent. Messages of any size are forwarded in pieces. A
// Close is forwarded with its code and reason, while the messages of the other direction
// still pass, until the Close of that direction. Then both connections end.
//
//	h, err := proxy.New(proxy.Options{To: []string{"ws://backend:9000/chat"}})
//	if err != nil {
//		log.Fatal(err)
//	}
//	log.Fatal(websocket.ListenAndServe(":8080", h))
//
// [Pipe] does the same for two existing connections.
package proxy

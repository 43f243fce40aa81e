// Package websocket drives the machine of package protocol on a real transport:
// it accepts a WebSocket on a net/http server and runs any net.Conn whose opening
// handshake is done.
//
// A connection is told to a [Handler] as events, one at a time. Nothing a caller
// does waits for the peer: sending queues, closing starts the closing handshake,
// and the handler's Closed tells how it ended. Every end goes as RFC 6455, section
// 7 says: our Close leaves before anything is torn down, a server ends TCP first
// and reads on until the peer's EOF, within bounds, so that no reset destroys what
// is on its way.
//
// While nothing arrives a connection on TCP holds one goroutine and no buffer.
package websocket

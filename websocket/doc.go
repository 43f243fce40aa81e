// Package websocket is WebSocket on a real transport, for servers and clients: the
// machine of package protocol with a reader, a writer and timers.
//
// [Accept] answers a request of net/http, [Dial] opens a connection, and both give a
// [Conn], to be read and written from any goroutine. [NetConn] makes it a net.Conn.
// docs/library.md is the tour.
//
// Below a Conn is a [Driver], which delivers what happens to a [Handler], in order. None
// of its methods waits for the peer: sending queues, closing starts the closing
// handshake, and the handler's Closed reports how it ended. Servers of many connections,
// such as package linger, are built on it.
//
// Every end goes as RFC 6455, section 7 says: our Close leaves before anything is
// torn down, a server ends TCP first, and both read on until the peer's EOF, within
// bounds, so that no reset destroys what is on its way.
//
// [Serve] is net/http's Serve with upgrade requests that cost less.
//
// On plain TCP under Linux an idle connection holds no goroutine, no buffer and no timer
// of its own: a loop per processor reads the connections that are ready. Over TLS, on
// other systems and with Options.Blocking, it holds one goroutine that waits for input;
// docs/io.md describes both.
package websocket

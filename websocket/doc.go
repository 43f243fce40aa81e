// Package websocket is a WebSocket library (RFC 6455) for servers and clients. A server accepts the requests of net/http:
//
//	http.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
//		c, err := websocket.Accept(w, r, nil)
//		if err != nil {
//			return // the request has been answered
//		}
//		defer c.CloseNow()
//		for {
//			kind, message, err := c.Read(context.Background())
//			if err != nil {
//				return
//			}
//			_ = c.Write(context.Background(), kind, message)
//		}
//	})
//	log.Fatal(websocket.ListenAndServe("localhost:8080", nil))
//
// A client opens a connection with [Dial]. Both functions return a [Conn], whose methods may be called from any goroutine;
// [NetConn] turns it into a net.Conn. docs/library.md is a tour.
//
// The errors are *[PeerClosed], *[LocalClosed] and *[TransportError] for the end of a connection, *[Misuse] for a wrong call,
// *[Refusal] and *[DialError] for a failed opening handshake, and the error of a context. The end of a context does not
// affect the connection.
//
// Connections end as RFC 6455, section 7 requires: our Close is sent before the transport is closed, the server closes TCP
// first, and both ends read until the peer's EOF, within limits, so that no reset destroys data in transit.
//
// [Serve] serves like net/http, but upgrade requests on TCP under Linux cost less.
//
// An idle connection on plain TCP under Linux holds no goroutine of the library, no buffer and no timer. Over TLS, on other
// systems and with [IOBlocking] one goroutine waits for its input. docs/io.md describes both.
//
// # Names of other packages
//
// The types that most programs name have an alias here: options, message types, close codes and errors. Properties of a
// connection have the types of package protocol: State, Cause, Side, Role. Package driver is the layer below, for programs
// that need events instead of calls that block.
package websocket

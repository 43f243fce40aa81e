// Package websocket is a WebSocket library (RFC 6455) for servers and clients. A server accepts requests of net/http:
//
//	http.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
//		c, err := websocket.Accept(w, r, nil)
//		if err != nil {
//			return // answered already
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
// A client opens a connection with [Dial]. Both give a [Conn], whose methods may be called from any goroutine; [NetConn]
// makes it a net.Conn. docs/library.md is a tour.
//
// Errors are *[PeerClosed], *[LocalClosed] and *[TransportError] for the end of a connection, *[Misuse] for a call that was
// wrong, *[Refusal] and *[DialError] for an opening handshake that failed, and the error of a context, whose end does the
// connection no harm.
//
// Connections end as RFC 6455, section 7 requires: our Close leaves before anything is torn down, the server closes TCP
// first, and both ends read until the peer's EOF, within limits, so that no reset destroys data in transit.
//
// [Serve] serves like net/http, and upgrade requests on TCP under Linux cost less.
//
// An idle connection on plain TCP under Linux holds no goroutine of the library, no buffer and no timer. Over TLS, on other
// systems and with Options.Blocking a goroutine waits for its input. docs/io.md describes both.
//
// # Names of other packages
//
// Types that a program has to write in everyday use have an alias here: options, message types, close codes, errors that are
// told apart. A fact about a connection has the type of package protocol: State, Cause, Side, Role. Package driver is the
// layer below, for those who build a runtime of their own.
package websocket

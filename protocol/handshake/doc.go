// Package handshake implements the opening handshake of WebSocket (RFC 6455, section 4) as functions of header fields.
//
// It does no I/O: a driver parses the HTTP message, passes its fields to this package, and writes the fields that it
// returns. Two types are common to both roles:
//
//   - [Offer] is what the client offers. A server obtains it from [CheckRequest] and responds with [Offer.Response];
//     a client creates it, sends [Offer.Request] and checks the response with [Offer.CheckResponse].
//   - [Agreement] is what client and server have negotiated: the subprotocol and the extensions in use.
//
// A server refuses an invalid request with a [Refusal], which contains the complete HTTP response. For an invalid
// response a client gets a [Failure]. Both contain a [Reason], a stable identifier.
//
// [OriginPolicy] decides which web pages may connect.
//
// Header maps have the form of net/http: canonical keys, such as "Sec-Websocket-Key", and values without surrounding
// white space. The names of fields to send are spelled as in the RFC, because some peers compare case.
package handshake

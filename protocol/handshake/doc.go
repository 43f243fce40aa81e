// Package handshake is the opening handshake of WebSocket, RFC 6455, section 4, as pure checks on header values.
//
// It opens no connection and reads no bytes: a driver parses the HTTP message, hands the values in, and writes
// what comes out. Both roles share two values:
//
//   - [Offer] is what the client proposes. A server reads it with [CheckRequest] and answers with
//     [Offer.Response]; a client makes it, sends [Offer.Request] and judges the answer with [Offer.CheckResponse].
//   - [Agreement] is what both have settled on: the subprotocol and the extensions in use.
//
// A server turns a bad request down with a [Refusal], which is the whole HTTP answer as data. A client that meets
// a bad answer gets a [Failure]. Both carry a [Reason], an identifier that stays the same between versions.
//
// Which web pages may connect at all is the business of [OriginPolicy].
//
// Header maps have the form net/http gives them: canonical keys, such as "Sec-Websocket-Key", and values without
// white space around them. Fields to be sent are spelled as the RFC spells them, because some peers compare case.
package handshake

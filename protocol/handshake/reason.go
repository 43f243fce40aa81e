package handshake

// Reason says which rule of the opening handshake was broken. The identifiers are stable: programs, logs and
// dashboards may rely on them.
type Reason string

// The reasons. Those about the status and the accept value are found by clients only; those about the method, the
// HTTP version, the target, the host, the body, the key, the WebSocket version, the origin and extended CONNECT by
// servers only.
const (
	ReasonMethod      Reason = "method"       // the request is not a GET
	ReasonHTTPVersion Reason = "http-version" // the request is not HTTP/1.1
	ReasonTarget      Reason = "target"       // the request target is neither a path nor an absolute URL
	ReasonHost        Reason = "host"         // Host is missing, repeated or not a host
	ReasonBody        Reason = "body"         // the request announces a body
	ReasonUpgrade     Reason = "upgrade"      // Upgrade does not name websocket
	ReasonConnection  Reason = "connection"   // Connection does not name upgrade
	ReasonKey         Reason = "key"          // Sec-WebSocket-Key is not 16 bytes in base64
	ReasonVersion     Reason = "version"      // Sec-WebSocket-Version is not 13
	ReasonProtocol    Reason = "protocol"     // Sec-WebSocket-Protocol is malformed or was not offered
	ReasonExtension   Reason = "extension"    // Sec-WebSocket-Extensions is malformed or was not offered
	ReasonOrigin      Reason = "origin"       // the web page's origin may not connect
	ReasonStatus      Reason = "status"       // the server did not answer 101
	ReasonAccept      Reason = "accept"       // Sec-WebSocket-Accept does not answer the key

	ReasonExtendedConnect Reason = "extended-connect" // the request asks for a WebSocket over HTTP/2
)

package handshake

// Reason identifies the rule of the opening handshake that was violated. The identifiers are stable: programs, logs and
// dashboards may rely on them.
type Reason string

// The reasons. ReasonStatus and ReasonAccept occur on clients only; ReasonUpgrade, ReasonConnection, ReasonProtocol and
// ReasonExtension on both; all others on servers only.
const (
	ReasonMethod      Reason = "method"       // the request is not a GET
	ReasonHTTPVersion Reason = "http-version" // the request is not HTTP/1.1
	ReasonTarget      Reason = "target"       // the request target is neither a path nor an absolute URL
	ReasonHost        Reason = "host"         // Host is missing, repeated or invalid
	ReasonBody        Reason = "body"         // the request announces a body
	ReasonUpgrade     Reason = "upgrade"      // Upgrade does not name websocket
	ReasonConnection  Reason = "connection"   // Connection does not name upgrade
	ReasonKey         Reason = "key"          // Sec-WebSocket-Key is not 16 bytes in base64
	ReasonVersion     Reason = "version"      // Sec-WebSocket-Version is not 13
	ReasonProtocol    Reason = "protocol"     // Sec-WebSocket-Protocol is malformed or was not offered
	ReasonExtension   Reason = "extension"    // Sec-WebSocket-Extensions is malformed or was not offered
	ReasonOrigin      Reason = "origin"       // the origin of the web page is not admitted
	ReasonStatus      Reason = "status"       // the status of the response is not 101
	ReasonAccept      Reason = "accept"       // Sec-WebSocket-Accept does not match the key

	ReasonExtendedConnect Reason = "extended-connect" // the request asks for a WebSocket over HTTP/2
)

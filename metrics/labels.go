package metrics

import (
	"strconv"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/protocol/handshake"
	"github.com/lingerws/linger/websocket/driver"
)

// other is the label of what is not in a set of labels.
const other = "other"

// set is a set of the values of a label.
type set map[string]struct{}

func newSet(values ...string) set {
	s := set{}
	for _, v := range values {
		s[v] = struct{}{}
	}
	return s
}

// label returns a value if it is in the set, and other if it is not.
func (s set) label(value string) string {
	if _, known := s[value]; known {
		return value
	}
	return other
}

// reasons are the values of the label reason of linger_handshakes_refused_total. An application may refuse for others.
var reasons = newSet(
	string(handshake.ReasonMethod), string(handshake.ReasonHTTPVersion), string(handshake.ReasonTarget), string(handshake.ReasonHost),
	string(handshake.ReasonBody), string(handshake.ReasonUpgrade), string(handshake.ReasonConnection), string(handshake.ReasonKey),
	string(handshake.ReasonVersion), string(handshake.ReasonProtocol), string(handshake.ReasonExtension), string(handshake.ReasonOrigin),
	string(handshake.ReasonExtendedConnect),
	"max-connections", "max-per-address", "upgrade-rate", "upgrade-timeout", "unanswered", "drain", "shutdown", reasonUnknownHost,
	"target", "backend", "unreachable", "timeout", "invalid-response", // of a proxy
)

// reasonUnknownHost is the reason for requests for a host that the server does not serve. linger refuses them before the server or the proxy.
const reasonUnknownHost = "unknown-host"

// causes are the values of the label cause of linger_connections_closed_total.
var causes = newSet(
	string(protocol.CauseClose), string(protocol.CauseViolation), string(protocol.CauseEOF), string(protocol.CauseTransport),
	string(protocol.CauseTimeout), string(driver.CauseKeepAlive), string(driver.CauseStalled), string(driver.CauseAbort),
	string(linger.CauseSlow), string(linger.CauseIdle), string(linger.CauseLifetime), string(linger.CauseShutdown),
	string(linger.CauseDrain), string(linger.CauseMemory), string(linger.CausePanic), string(linger.CauseHandshake),
)

// events are the values of the label event: the events of a handler in Go, and those of scripts.
var events = newSet(
	"upgrade", "message", "peerclose", "drain", "close",
	"websocketupgrade", "websocketmessage", "websocketpeerclose", "websocketdrain", "websocketclose",
	"fetch", "scheduled", "install", "activate", "alarm", "rpc", "webSocketMessage", "webSocketClose", "webSocketError", "open", "error",
)

// policies are the values of the label policy of linger_send_queue_full_total.
var policies = [...]linger.Policy{linger.PolicyClose, linger.PolicyDrop, linger.PolicyBlock}

// maxStandardCode is the last close code that has a meaning of its own (RFC 6455, section 7.4.1, and the registry of IANA).
const maxStandardCode protocol.CloseCode = 1015

// codeOf returns the code of the first Close of a connection: 1006 if there was none. Peers choose the codes from 3000 on, and
// might send 2,000 of them, so these are counted by their range (RFC 6455, section 7.4.2).
func codeOf(end driver.Outcome) string {
	code := end.Sent.Code
	if end.First == protocol.Remote {
		code = end.Received.Code
	}
	switch {
	case code >= protocol.CloseNormal && code <= maxStandardCode:
		return strconv.Itoa(int(code))
	case code >= 3000 && code < 4000:
		return "3xxx"
	case code >= 4000 && code < 5000:
		return "4xxx"
	}
	return other
}

package handshake

import "fmt"

// Refusal is the HTTP response to a request that cannot be upgraded. It is an error too, for logging.
type Refusal struct {
	Reason Reason  // the rule that the request violates
	Status int     // the HTTP status of the response
	Fields []Field // the header fields that the response must have
	Text   string  // an explanation for the client
}

// Error returns the status and the text.
func (r *Refusal) Error() string {
	return fmt.Sprintf("opening handshake refused with status %d: %s", r.Status, r.Text)
}

const (
	statusBadRequest       = 400
	statusForbidden        = 403
	statusMethodNotAllowed = 405
	statusUpgradeRequired  = 426
	statusNotImplemented   = 501
)

// proxyHint names the most common cause of requests without an upgrade: the configuration of a proxy.
const proxyHint = `; a proxy before this server must use HTTP/1.1 and forward the upgrade; nginx: ` +
	`proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"`

func badRequest(reason Reason, text string) *Refusal {
	return &Refusal{Reason: reason, Status: statusBadRequest, Text: text}
}

func methodNotAllowed() *Refusal {
	return &Refusal{
		Reason: ReasonMethod,
		Status: statusMethodNotAllowed,
		Fields: []Field{{"Allow", "GET"}},
		Text:   "A WebSocket is opened with GET; send the opening handshake with that method",
	}
}

// UpgradeRequired returns a refusal with status 426, which requests a valid upgrade. protoMajor is the HTTP version of
// the request: the response must have Upgrade in HTTP/1 (RFC 9110, section 15.5.22), and must have neither Upgrade nor
// Connection in HTTP/2 (RFC 9113, section 8.2.2).
func UpgradeRequired(protoMajor int, reason Reason, text string) *Refusal {
	r := &Refusal{Reason: reason, Status: statusUpgradeRequired, Text: text}
	if protoMajor < 2 {
		r.Fields = append(r.Fields, upgradeFields...)
	}
	return r
}

// withClose adds Connection: close to the refusal of a request with a body over HTTP/1, so that the server need not read
// a body that may never arrive (RFC 9112, section 9.6). r may be nil.
func (r *Refusal) withClose(request Request) *Refusal {
	if r == nil || request.ContentLength == 0 || request.ProtoMajor > 1 {
		return r
	}
	for i, f := range r.Fields {
		if f.Name == connectionKey {
			r.Fields[i].Value += ", close"
			return r
		}
	}
	r.Fields = append(r.Fields, Field{connectionKey, "close"})
	return r
}

// wrongVersion returns a refusal that names the supported version (RFC 6455, section 4.4).
func wrongVersion(protoMajor int) *Refusal {
	r := UpgradeRequired(protoMajor, ReasonVersion, "Sec-WebSocket-Version is missing or not supported; send Sec-WebSocket-Version: 13")
	r.Fields = append(r.Fields, Field{"Sec-WebSocket-Version", version})
	return r
}

// extendedConnect returns the refusal of WebSocket over HTTP/2 (RFC 9110, section 15.6.2).
func extendedConnect() *Refusal {
	return &Refusal{
		Reason: ReasonExtendedConnect,
		Status: statusNotImplemented,
		Text: "WebSocket over HTTP/2 (RFC 8441) is not supported; open the WebSocket over HTTP/1.1, " +
			"and configure the server not to announce SETTINGS_ENABLE_CONNECT_PROTOCOL (for Go: without GODEBUG=http2xconnect=1)",
	}
}

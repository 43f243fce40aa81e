package handshake

import "fmt"

// Refusal is the HTTP answer to a request that cannot become a WebSocket. It is data for whoever writes the answer,
// and an error for whoever logs it.
type Refusal struct {
	Reason Reason  // the rule that was broken
	Status int     // the HTTP status to answer with
	Fields []Field // header fields the answer must carry
	Text   string  // for the client: what was wrong, what is expected, what to do
}

// Error returns the text with the status in front.
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

// proxyHint is for the most common cause of requests that lost their upgrade on the way.
const proxyHint = `; if a proxy stands in front, it must speak HTTP/1.1 to this server and pass the upgrade on; nginx: ` +
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

// UpgradeRequired asks the client to come back with a proper upgrade. RFC 9110, section 15.5.22 wants the field Upgrade
// in such an answer, and RFC 9113, section 8.2.2 forbids it and Connection in HTTP/2, where they would make the answer
// malformed. protoMajor is that of the request.
func UpgradeRequired(protoMajor int, reason Reason, text string) *Refusal {
	r := &Refusal{Reason: reason, Status: statusUpgradeRequired, Text: text}
	if protoMajor < 2 {
		r.Fields = append(r.Fields, switching...)
	}
	return r
}

// leaving has the refusal of a request with a body end the connection, so that the answer need not wait for a body that
// may never come: RFC 9112, section 9.6.
func (r *Refusal) leaving(request Request) *Refusal {
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

// wrongVersion names the one version that is spoken here. RFC 6455, section 4.4.
func wrongVersion(protoMajor int) *Refusal {
	r := UpgradeRequired(protoMajor, ReasonVersion, "Sec-WebSocket-Version is missing or names another version; send Sec-WebSocket-Version: 13")
	r.Fields = append(r.Fields, Field{"Sec-WebSocket-Version", version})
	return r
}

// extendedConnect says why a client that has been offered WebSocket over HTTP/2 gets none. RFC 9110, section 15.6.2.
func extendedConnect() *Refusal {
	return &Refusal{
		Reason: ReasonExtendedConnect,
		Status: statusNotImplemented,
		Text: "WebSocket over HTTP/2 (RFC 8441) is not supported; open the WebSocket over HTTP/1.1, " +
			"and have the server not offer SETTINGS_ENABLE_CONNECT_PROTOCOL (for Go: without GODEBUG=http2xconnect=1)",
	}
}

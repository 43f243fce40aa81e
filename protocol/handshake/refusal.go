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

// upgradeRequired asks the client to come back with a proper upgrade. RFC 9110, section 15.5.22 wants the Upgrade
// field in such an answer.
func upgradeRequired(reason Reason, text string) *Refusal {
	return &Refusal{Reason: reason, Status: statusUpgradeRequired, Fields: append([]Field(nil), switching...), Text: text}
}

// wrongVersion names the one version that is spoken here. RFC 6455, section 4.4.
func wrongVersion() *Refusal {
	r := upgradeRequired(ReasonVersion, "Sec-WebSocket-Version is missing or names another version; send Sec-WebSocket-Version: 13")
	r.Fields = append(r.Fields, Field{"Sec-WebSocket-Version", version})
	return r
}

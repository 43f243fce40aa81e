package opening

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"

	"github.com/lingerws/linger/internal/httprule"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/protocol/handshake"
)

// hop is one request of an opening handshake: the first, or that of a redirect.
type hop struct {
	opts   *Request
	url    *url.URL    // ws or wss, without userinfo
	host   string      // the Host field
	header http.Header // the application's fields
}

// firstHop returns the first request, or a misuse. Nothing is dialled before.
func firstHop(rawURL string, opts *Request) (*hop, *Failure) {
	u, err := parseTarget(rawURL)
	if err != nil {
		return nil, &Failure{Phase: PhaseRequest, Err: err}
	}
	header := http.Header{}
	maps.Copy(header, opts.Header)
	if u.User != nil && !hasField(header, "Authorization") {
		header.Set("Authorization", basic(u.User))
	}
	u.User = nil
	h := &hop{opts: opts, url: u, host: hostField(u), header: header}
	if opts.Host != "" {
		h.host = opts.Host
	}
	if err := h.check(); err != nil {
		return nil, h.fail(PhaseRequest, err)
	}
	return h, nil
}

// basic returns the value of Authorization for a user name and password (RFC 7617, section 2).
func basic(user *url.Userinfo) string {
	password, _ := user.Password()
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password))
}

func hasField(h http.Header, name string) bool {
	for field := range h {
		if strings.EqualFold(field, name) {
			return true
		}
	}
	return false
}

// check returns a misuse if a field would break the request or its handshake.
func (h *hop) check() error {
	if !isVisible(h.host) || !isFieldValue(h.opts.Origin) {
		return badHeader("DialOptions.Host or DialOptions.Origin contains characters that a field cannot have")
	}
	for _, name := range slices.Sorted(maps.Keys(h.header)) {
		if err := checkField(name, h.header[name]); err != nil {
			return err
		}
	}
	return nil
}

func checkField(name string, values []string) error {
	switch canonical := textproto.CanonicalMIMEHeaderKey(name); {
	case !handshake.IsToken(name): // (RFC 9110, section 5.1)
		return badHeader(fmt.Sprintf("%.60q is not a valid name of a field", name))
	case canonical == "Host" || canonical == "Origin":
		return badHeader(canonical + " is set with DialOptions." + canonical)
	case canonical == "Sec-Websocket-Protocol":
		return badHeader("subprotocols are offered with DialOptions.Subprotocols")
	case httprule.IsHandshakeField(name):
		return badHeader(canonical + " is set by the opening handshake: leave it out")
	case !slices.ContainsFunc(values, func(v string) bool { return !isFieldValue(v) }):
		return nil
	}
	return badHeader(fmt.Sprintf("the value of %.60q contains a control character", name))
}

// badHeader returns the misuse for a field that must not be sent.
func badHeader(got string) error {
	return &protocol.Misuse{ID: "dial.header",
		Rule: "DialOptions.Header contains fields of the application, each on one line", Got: got}
}

// isFieldValue reports whether a value has no control character that could end its line (RFC 9110, section 5.5).
func isFieldValue(v string) bool {
	return !strings.ContainsFunc(v, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7F })
}

// request returns the request of the opening handshake (RFC 6455, section 4.1), with a new
// key, and its offer.
func (h *hop) request() ([]byte, handshake.Offer, error) {
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails: crypto/rand ends the process instead
	o := handshake.Offer{
		Key:        handshake.NewKey(random),
		Protocols:  h.opts.Subprotocols,
		Extensions: h.opts.Extensions,
	}
	fields, err := o.Request()
	if err != nil {
		return nil, o, &protocol.Misuse{ID: "dial.offer", Rule: "subprotocols and extensions are offered by valid names", Got: err.Error()}
	}
	b := append(make([]byte, 0, 512), "GET "+h.url.RequestURI()+" HTTP/1.1\r\n"...)
	b = httprule.AppendField(b, "Host", h.host)
	for _, f := range fields {
		b = httprule.AppendField(b, f.Name, f.Value)
	}
	if h.opts.Origin != "" {
		b = httprule.AppendField(b, "Origin", h.opts.Origin)
	}
	if !hasField(h.header, "User-Agent") { // some firewalls refuse requests without it (RFC 9110, section 10.1.5)
		b = httprule.AppendField(b, "User-Agent", userAgent)
	}
	for _, name := range slices.Sorted(maps.Keys(h.header)) {
		for _, value := range h.header[name] {
			b = httprule.AppendField(b, name, value)
		}
	}
	return append(b, "\r\n"...), o, nil
}

// userAgent is also that of fetch in a worker.
const userAgent = "linger"

// fail returns the failure of this request without a response.
func (h *hop) fail(phase Phase, err error) *Failure {
	return &Failure{Phase: phase, URL: h.url.String(), Err: err}
}

// refused returns the failure of this request because of its response.
func (h *hop) refused(phase Phase, r *http.Response, body []byte, cut bool, err error) *Failure {
	return &Failure{phase, h.url.String(), r.StatusCode, r.Header, body, cut, err}
}

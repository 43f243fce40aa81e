package worker

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/lingerws/linger/protocol/handshake"
	"github.com/lingerws/linger/websocket"
	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/web/weburl"
)

// serveFetch hands a plain HTTP request to the script.
func (a *App) serveFetch(w http.ResponseWriter, r *http.Request) {
	target, refusal := a.requestURL(r)
	if refusal != nil {
		a.server.Refuse(w, r, refusal)
		return
	}
	body, err := readBody(w, r, a.opts.MaxBody)
	if _, tooBig := errors.AsType[*http.MaxBytesError](err); tooBig {
		http.Error(w, "the request's body is too large", http.StatusRequestEntityTooLarge)
		return
	}
	if err != nil { // most often nobody is there any more to read this
		http.Error(w, "the request's body cannot be read", http.StatusBadRequest)
		return
	}
	chosen, wait := a.choose()
	if chosen == nil {
		unavailable(wait)(w, r)
		return
	}
	e := newEvent("fetch", nil)
	e.request = true
	e.start = func(in *instance, id int) error {
		return in.dispatch("fetch", append(a.requestFacts(id, r, target), body)...)
	}
	handled := chosen.submit(e)
	switch {
	case e.refused:
		unavailable(chosen.status.pause())(w, r)
	case !handled:
		http.Error(w, "the application has been shut down", http.StatusServiceUnavailable)
	case e.response != nil:
		e.response.serve(w, r)
	case e.unserved != "":
		websocket.Refuse(w, handshake.UpgradeRequired(r.ProtoMajor, handshake.ReasonUpgrade, e.unserved))
	case e.overdue:
		http.Error(w, "the application did not answer in time", http.StatusGatewayTimeout)
	default:
		http.Error(w, "the application did not answer", http.StatusInternalServerError)
	}
}

// readBody reads the whole body, null where there is none.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) (engine.Value, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return engine.Null(), nil
	}
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err != nil {
		return engine.Null(), err
	}
	return engine.Bytes(b), nil
}

// requestFacts are what a module is given of a request: the event's number, method, URL,
// header and the client's address.
func (a *App) requestFacts(id int, r *http.Request, target string) []engine.Value {
	remote := a.server.RemoteIP(r)
	return []engine.Value{
		engine.Int(id), engine.String(r.Method), engine.String(target),
		headerList(hostOf(r), r.Header, remote), addressText(remote),
	}
}

// requestURL returns the absolute URL of a request (RFC 9112, section 3.3), or the refusal of one that has none: for a
// script that would be an exception of new URL(event.request.url).
func (a *App) requestURL(r *http.Request) (string, *handshake.Refusal) {
	host := hostOf(r)
	if refusal := handshake.CheckTarget(handshake.Request{Target: targetOf(r), Host: host, Header: r.Header}); refusal != nil {
		return "", refusal
	}
	u := url.URL{Scheme: "http", Host: host, Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery}
	if a.server.Secure(r) {
		u.Scheme = "https"
	}
	text := u.String()
	if _, err := weburl.Parse(text, nil); err != nil {
		return "", &handshake.Refusal{
			Reason: handshake.ReasonHost, Status: http.StatusBadRequest,
			Text: fmt.Sprintf("Host is not the host of a URL: %v; send it as host or host:port", err),
		}
	}
	return text, nil
}

// targetOf returns the request target, empty where it has no path: with OPTIONS * and CONNECT the URL of the request is
// that of its host (RFC 9110, section 7.1).
func targetOf(r *http.Request) string {
	if r.Method == http.MethodConnect || r.Method == http.MethodOptions && r.RequestURI == "*" {
		return ""
	}
	return r.RequestURI
}

// hostOf returns the host that a request names. HTTP/1.0 need not name one; then it
// is the address that the client has reached.
func hostOf(r *http.Request) string {
	if r.Host != "" {
		return r.Host
	}
	if local, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr); ok {
		return netip.AddrPortFrom(local.AddrPort().Addr().WithZone("").Unmap(), local.AddrPort().Port()).String()
	}
	return "localhost"
}

// headerList gives a request's fields as a flat list of names and values. CF-Connecting-IP
// is how scripts for Cloudflare Workers find the client's address, so what a client sends in
// it is replaced by the address, and dropped where there is none.
func headerList(host string, header http.Header, remote netip.Addr) engine.Value {
	list := make([]engine.Value, 0, 2*len(header)+4)
	list = append(list, engine.String("host"), engine.String(host))
	if remote.IsValid() {
		list = append(list, engine.String(connectingIP), addressText(remote))
	}
	for name, values := range header {
		if strings.EqualFold(name, connectingIP) {
			continue
		}
		for _, value := range values {
			list = append(list, engine.String(name), engine.String(value))
		}
	}
	return engine.List(list...)
}

const connectingIP = "cf-connecting-ip"

// addressText gives an address, and the empty text for one that is not known.
func addressText(a netip.Addr) engine.Value {
	if !a.IsValid() {
		return engine.String("")
	}
	return engine.String(a.String())
}

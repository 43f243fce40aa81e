package worker

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/lingerws/linger/worker/internal/engine"
)

// serveFetch hands a plain HTTP request to the script.
func (a *App) serveFetch(w http.ResponseWriter, r *http.Request) {
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
		return in.dispatch("fetch", append(a.requestFacts(id, r), body)...)
	}
	handled := chosen.submit(e)
	switch {
	case e.refused:
		unavailable(chosen.status.pause())(w, r)
	case !handled:
		http.Error(w, "the application has been shut down", http.StatusServiceUnavailable)
	case e.response != nil:
		e.response.serve(w, r)
	case e.unserved:
		w.Header().Set("Upgrade", "websocket")
		w.Header().Set("Connection", "Upgrade")
		http.Error(w, "this application speaks WebSocket only: it listens to no fetch event", http.StatusUpgradeRequired)
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
func (a *App) requestFacts(id int, r *http.Request) []engine.Value {
	remote := a.server.RemoteIP(r)
	return []engine.Value{
		engine.Int(id), engine.String(r.Method), engine.String(a.requestURL(r)),
		headerList(hostOf(r), r.Header, remote), addressText(remote),
	}
}

// requestURL gives the absolute URL of a request: RFC 9112, section 3.3.
func (a *App) requestURL(r *http.Request) string {
	u := url.URL{Scheme: "http", Host: hostOf(r), Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery}
	if a.server.Secure(r) {
		u.Scheme = "https"
	}
	return u.String()
}

// hostOf gives the host that a request names. HTTP/1.0 need not name one; then it
// is the address that the client has reached.
func hostOf(r *http.Request) string {
	if r.Host != "" {
		return r.Host
	}
	if local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
		return local.String()
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

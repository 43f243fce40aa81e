package worker

import (
	"net/http"
	"strconv"
)

// response is an answer of the script.
type response struct {
	status int
	header http.Header
	body   []byte
}

// serve writes the response. It is whole, so its length is known, whatever the
// script says of it; and it has the type that the script gave it, or none: a guess
// could make a page of what a user has uploaded.
func (r *response) serve(w http.ResponseWriter, request *http.Request) {
	header := w.Header()
	for name, values := range r.header {
		header[name] = values
	}
	if _, given := header["Content-Type"]; !given {
		header["Content-Type"] = nil
	}
	header.Del("Transfer-Encoding")
	header.Del("Trailer")
	switch {
	case r.status == http.StatusNoContent || r.status == http.StatusNotModified:
		header.Del("Content-Length") // RFC 9110, section 8.6
	case request.Method != http.MethodHead || len(r.body) > 0: // else the script knows better
		header.Set("Content-Length", strconv.Itoa(len(r.body)))
	}
	w.WriteHeader(r.status)
	_, _ = w.Write(r.body) // a client that has gone is no error of ours
}

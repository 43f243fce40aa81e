package admin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
)

// endpoint answers a request with a value, as JSON, or an error. A nil value is an empty answer with 204.
type endpoint func(r *http.Request) (any, error)

// ServeHTTP implements [http.Handler].
func (e endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	value, err := e(r)
	var failed *apiError
	switch {
	case errors.As(err, &failed):
		writeError(w, failed)
	case err != nil:
		writeError(w, &apiError{http.StatusInternalServerError, "internal", err.Error()})
	case value == nil:
		w.WriteHeader(http.StatusNoContent)
	default:
		status := http.StatusOK
		if s, ok := value.(statusCoder); ok {
			status = s.statusCode()
		}
		writeJSON(w, status, value)
	}
}

// statusCoder is a value with a status other than 200.
type statusCoder interface{ statusCode() int }

func writeJSON(w http.ResponseWriter, status int, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		writeError(w, &apiError{http.StatusInternalServerError, "internal", err.Error()})
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // fails when the client has gone
}

// apiError is an error for the client.
type apiError struct {
	status  int
	Code    string `json:"code"` // identifies the error
	Message string `json:"message"`
}

func (e *apiError) Error() string { return e.Message }

func badRequest(code, format string, args ...any) *apiError {
	return &apiError{http.StatusBadRequest, code, fmt.Sprintf(format, args...)}
}

// notAvailable returns the error for what this server does not have.
func notAvailable(what string) *apiError {
	return &apiError{http.StatusNotImplemented, "not_available", what + " is not available on this server"}
}

func writeError(w http.ResponseWriter, e *apiError) {
	writeJSON(w, e.status, struct {
		Error *apiError `json:"error"`
	}{e})
}

// unrouted returns the error for a request that no route has. answer is what the router would have done.
func unrouted(answer http.Handler, r *http.Request) *apiError {
	probe := &probe{header: http.Header{}}
	answer.ServeHTTP(probe, r)
	if probe.status == http.StatusMethodNotAllowed {
		return &apiError{probe.status, "method_not_allowed", "expected one of the methods " + probe.header.Get("Allow")}
	}
	return &apiError{http.StatusNotFound, "not_found", "no such route: docs/admin-api.md has all of them"}
}

// probe is a response writer that keeps the status and the header.
type probe struct {
	header http.Header
	status int
}

func (p *probe) Header() http.Header         { return p.header }
func (p *probe) Write(b []byte) (int, error) { return len(b), nil }
func (p *probe) WriteHeader(status int)      { p.status = status }

// maxRequest bounds the JSON of a request, in bytes.
const maxRequest = 64 << 10

// readJSON reads the body of a request, which is a JSON object, or empty if all its fields are optional.
func readJSON(r *http.Request, into any) error {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "" && kind != "application/json" {
		return &apiError{http.StatusUnsupportedMediaType, "bad_content_type", fmt.Sprintf("the body has the type %q: expected application/json", kind)}
	}
	body, err := readBody(r, maxRequest)
	if err != nil || len(body) == 0 {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return badRequest("bad_json", "the body is not the expected JSON object: %v", err)
	}
	if decoder.More() {
		return badRequest("bad_json", "the body has more than one JSON object")
	}
	return nil
}

// readBody reads the body of a request, of at most limit bytes.
func readBody(r *http.Request, limit int64) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	if err != nil {
		return nil, badRequest("bad_body", "the body could not be read: %v", err)
	}
	if int64(len(body)) > limit {
		return nil, &apiError{http.StatusRequestEntityTooLarge, "too_large", fmt.Sprintf("the body has more than %d bytes", limit)}
	}
	return body, nil
}

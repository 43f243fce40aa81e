package httprule

import (
	"log/slog"
	"net/http"
)

// LogFields returns the fields of a header with the given names, as a group with the name header. It has no fields, so that handlers
// leave it out, if the header has none of them.
func LogFields(h http.Header, names []string) slog.Attr {
	var fields []any
	for _, name := range names {
		if value := h.Get(name); value != "" {
			fields = append(fields, slog.String(name, value))
		}
	}
	return slog.Group("header", fields...)
}

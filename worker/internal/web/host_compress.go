package web

import (
	"errors"
	"fmt"
	"strings"

	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/web/contentcoding"
)

// decompress(codings, body) decodes a body, given its codings as a value of Content-Encoding and its bytes.
func (h *host) decompress(args []engine.Value) (engine.Value, error) {
	limit := h.options.MaxBody
	codings, _ := contentcoding.Parse([]string{argument(args, 0).String()})
	body, err := contentcoding.Decode(argument(args, 1).Bytes(), codings, limit)
	switch {
	case errors.Is(err, contentcoding.ErrTooLarge):
		return engine.Undefined(), typeError(fmt.Sprintf("the body has more than %d bytes after decoding %s", limit, strings.Join(codings, ", ")))
	case err != nil:
		return engine.Undefined(), typeError(err.Error())
	}
	return engine.Bytes(body), nil
}

func typeError(message string) *engine.Throw {
	return &engine.Throw{Name: "TypeError", Message: message}
}

func rangeError(message string) *engine.Throw {
	return &engine.Throw{Name: "RangeError", Message: message}
}

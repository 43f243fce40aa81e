package web

import (
	"encoding/base64"
	"strings"

	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/web/mimetype"
	"github.com/lingerws/linger/worker/internal/web/weburl"
)

// schemesFunctions are the host functions of the bundle schemes.
var schemesFunctions = map[string]engine.HostFunc{"parseDataURL": parseDataURL}

// parseDataURL(url) returns the type and the bytes of a data: URL without a fragment, or null if the URL is invalid.
func parseDataURL(args []engine.Value) (engine.Value, error) {
	kind, content, isBase64, ok := mimetype.DataURL(argument(args, 0).String())
	if !ok {
		return engine.Null(), nil
	}
	data := []byte(weburl.PercentDecode(content))
	if isBase64 {
		if data, ok = decodeBase64(string(data)); !ok {
			return engine.Null(), nil
		}
	}
	return engine.List(engine.String(kind.String()), engine.Bytes(data)), nil
}

// decodeBase64 decodes base64 with the forgiving algorithm, which ignores white space, missing padding and the bits after
// the last byte (Infra Standard, section 8). It reports false if the text is not base64.
func decodeBase64(text string) ([]byte, bool) {
	text = dropASCIISpace.Replace(text)
	if len(text)%4 == 0 {
		text = strings.TrimSuffix(strings.TrimSuffix(text, "="), "=")
	}
	data, err := base64.RawStdEncoding.DecodeString(text)
	return data, err == nil
}

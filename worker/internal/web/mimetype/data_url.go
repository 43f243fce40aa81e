package mimetype

import "strings"

// DataURL splits a data: URL without a fragment into the type, the content, which is percent-encoded, and whether the
// content is base64 (Fetch Standard, section 6). It reports false if the URL has no content.
func DataURL(url string) (t Type, content string, isBase64, ok bool) {
	text, content, ok := strings.Cut(strings.TrimPrefix(url, "data:"), ",")
	if !ok {
		return Type{}, "", false, false
	}
	const suffix = "base64"
	text = strings.Trim(text, "\t\n\f\r ")
	if n := len(text) - len(suffix); n > 0 && strings.EqualFold(text[n:], suffix) {
		if before, found := strings.CutSuffix(strings.TrimRight(text[:n], " "), ";"); found {
			text, isBase64 = before, true
		}
	}
	if strings.HasPrefix(text, ";") {
		text = "text/plain" + text
	}
	if t, ok = Parse(text); !ok {
		t = Type{"text/plain", []Parameter{{"charset", "US-ASCII"}}}
	}
	return t, content, isBase64, true
}

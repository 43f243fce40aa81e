package weburl

import (
	"strings"

	"github.com/lingerws/linger/worker/internal/web/textcodec"
)

// ParseForm parses application/x-www-form-urlencoded text (URL Standard, section 5.1). It returns names and values in
// turn: name, value, name, value. Bytes that are not UTF-8 become U+FFFD.
func ParseForm(text string) []string {
	var pairs []string
	for field := range strings.SplitSeq(text, "&") {
		if field == "" {
			continue
		}
		name, value, _ := strings.Cut(field, "=")
		pairs = append(pairs, decodeForm(name), decodeForm(value))
	}
	return pairs
}

// decodeForm decodes a name or a value.
func decodeForm(text string) string {
	return textcodec.Lossy(PercentDecode(strings.ReplaceAll(text, "+", " ")))
}

// FormatForm returns names and values, which are given in turn, as application/x-www-form-urlencoded text (URL Standard,
// section 5.2). A missing last value is treated as empty.
func FormatForm(pairs []string) string {
	var b strings.Builder
	for i, text := range pairs {
		switch {
		case i%2 == 1:
			b.WriteByte('=')
		case i > 0:
			b.WriteByte('&')
		}
		writeForm(&b, text)
	}
	if len(pairs)%2 == 1 {
		b.WriteByte('=')
	}
	return b.String()
}

// writeForm encodes a name or a value.
func writeForm(b *strings.Builder, text string) {
	for i := range len(text) {
		if text[i] == ' ' {
			b.WriteByte('+')
			continue
		}
		writeEncoded(b, text[i], formSet)
	}
}

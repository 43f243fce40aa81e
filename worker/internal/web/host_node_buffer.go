package web

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/web/textcodec"
)

// nodeBufferFunctions are the host functions of the bundle node_buffer.
var nodeBufferFunctions = map[string]engine.HostFunc{
	"bufferBytes":  bufferBytes,
	"bufferText":   bufferText,
	"compareBytes": compareBytes,
	"indexOfBytes": indexOfBytes,
	"isUTF8":       isUTF8,
}

// bufferBytes(encoding, text) returns the bytes of a text in an encoding of Buffer.
func bufferBytes(args []engine.Value) (engine.Value, error) {
	text := argument(args, 1).String()
	switch argument(args, 0).String() {
	case "latin1", "ascii":
		return engine.Bytes(lowBytes(text)), nil
	case "utf16le":
		return engine.Bytes(utf16LE(text)), nil
	case "hex":
		return engine.Bytes(hexBytes(text)), nil
	}
	return engine.Bytes(looseBase64(text)), nil
}

// lowBytes returns the low byte of each UTF-16 unit of a text.
func lowBytes(text string) []byte {
	out := make([]byte, 0, len(text))
	for _, c := range text {
		if c > 0xFFFF {
			high, low := utf16.EncodeRune(c)
			out = append(out, byte(high), byte(low))
		} else {
			out = append(out, byte(c))
		}
	}
	return out
}

func utf16LE(text string) []byte {
	out := make([]byte, 0, 2*len(text))
	for _, unit := range utf16.Encode([]rune(text)) {
		out = append(out, byte(unit), byte(unit>>8))
	}
	return out
}

// hexBytes returns the bytes before the first pair of characters that are not hexadecimal digits.
func hexBytes(text string) []byte {
	out := make([]byte, len(text)/2)
	n, _ := hex.Decode(out, []byte(text[:len(out)*2]))
	return out[:n]
}

// looseBase64 decodes base64 in both alphabets up to the first "=", and ignores other characters.
func looseBase64(text string) []byte {
	text, _, _ = strings.Cut(text, "=")
	text = strings.Map(func(c rune) rune {
		switch {
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '+', c == '/':
			return c
		case c == '-':
			return '+'
		case c == '_':
			return '/'
		}
		return -1
	}, text)
	if len(text)%4 == 1 { // six bits are not a byte
		text = text[:len(text)-1]
	}
	out, _ := base64.RawStdEncoding.DecodeString(text)
	return out
}

// bufferText(encoding, bytes) returns the text that bytes encode.
func bufferText(args []engine.Value) (engine.Value, error) {
	data := argument(args, 1).Bytes()
	switch argument(args, 0).String() {
	case "utf8":
		return decoded(textcodec.UTF8(nil, data, true, false)), nil
	case "latin1":
		return engine.String(textcodec.FromLatin1(data)), nil
	case "ascii":
		out := make([]byte, len(data))
		for i, b := range data {
			out[i] = b & 0x7F
		}
		return engine.Text(out), nil
	case "hex":
		return engine.String(hex.EncodeToString(data)), nil
	case "base64url":
		return engine.String(base64.RawURLEncoding.EncodeToString(data)), nil
	}
	return engine.String(base64.StdEncoding.EncodeToString(data)), nil
}

// compareBytes(a, b) returns -1, 0 or 1.
func compareBytes(args []engine.Value) (engine.Value, error) {
	return engine.Int(bytes.Compare(argument(args, 0).Bytes(), argument(args, 1).Bytes())), nil
}

// indexOfBytes(data, part, from, last, step) returns the first index of part in data that is not below from, or, if last is
// true, the last one that is not above it. The index is a multiple of step. Without one it returns -1.
func indexOfBytes(args []engine.Value) (engine.Value, error) {
	data, part, from := argument(args, 0).Bytes(), argument(args, 1).Bytes(), argument(args, 2).Int()
	last, step := argument(args, 3).Bool(), max(argument(args, 4).Int(), 1)
	if last {
		for end := min(len(data), from+len(part)); ; {
			at := bytes.LastIndex(data[:end], part)
			if at < 0 || at%step == 0 {
				return engine.Int(at), nil
			}
			end = at + len(part) - 1
		}
	}
	for from <= len(data) {
		at := bytes.Index(data[from:], part)
		switch {
		case at < 0:
			return engine.Int(-1), nil
		case (from+at)%step == 0:
			return engine.Int(from + at), nil
		}
		from += at + 1
	}
	return engine.Int(-1), nil
}

// isUTF8(bytes) reports whether bytes are valid UTF-8.
func isUTF8(args []engine.Value) (engine.Value, error) {
	return engine.Bool(utf8.Valid(argument(args, 0).Bytes())), nil
}

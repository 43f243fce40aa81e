package web

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/web/textcodec"
)

// encode(text) returns the text as UTF-8.
func encode(args []engine.Value) (engine.Value, error) {
	return engine.Bytes([]byte(argument(args, 0).String())), nil
}

// encodeInto(text, room) encodes as many whole characters of a text as fit into room bytes. It returns the bytes, and the
// number of UTF-16 units of these characters.
func encodeInto(args []engine.Value) (engine.Value, error) {
	text, room := argument(args, 0).String(), argument(args, 1).Int()
	written, units := 0, 0
	for _, c := range text {
		if written+utf8.RuneLen(c) > room {
			break
		}
		written += utf8.RuneLen(c)
		units++
		if c > 0xFFFF {
			units++
		}
	}
	return engine.List(engine.Bytes([]byte(text[:written])), engine.Int(units)), nil
}

// encodingOf(label) returns the name of the encoding with a label, or null.
func encodingOf(args []engine.Value) (engine.Value, error) {
	name, ok := textcodec.Name(argument(args, 0).String())
	if !ok {
		return engine.Null(), nil
	}
	return engine.String(name), nil
}

// decode(encoding, bytes, final, fatal, held) decodes bytes with a [textcodec.Decoder]. It returns the text, or the text and
// the rest, or null if the bytes are not valid. held is the rest of the call before, if there was one.
func decode(args []engine.Value) (engine.Value, error) {
	decoder := textcodec.DecoderOf(argument(args, 0).String())
	if decoder == nil {
		return engine.Null(), nil
	}
	held, src := argument(args, 4).Bytes(), argument(args, 1).Bytes()
	return decoded(decoder(held, src, argument(args, 2).Bool(), argument(args, 3).Bool())), nil
}

// decoded returns the result of decode.
func decoded(text string, rest []byte, err error) engine.Value {
	switch {
	case err != nil:
		return engine.Null()
	case len(rest) > 0:
		return engine.List(engine.String(text), engine.Bytes(rest))
	}
	return engine.String(text)
}

// btoa(text) returns base64, or null if the text contains a character above U+00FF.
func btoa(args []engine.Value) (engine.Value, error) {
	data, ok := textcodec.Latin1(argument(args, 0).String())
	if !ok {
		return engine.Null(), nil
	}
	return engine.String(base64.StdEncoding.EncodeToString(data)), nil
}

var dropASCIISpace = strings.NewReplacer("\t", "", "\n", "", "\f", "", "\r", "", " ", "")

// atob(text) decodes base64. It returns null if the text is not base64.
func atob(args []engine.Value) (engine.Value, error) {
	return binaryText(decodeBase64(argument(args, 0).String())), nil
}

// binaryText returns a string with one character for each byte, or null if ok is false.
func binaryText(data []byte, ok bool) engine.Value {
	if !ok {
		return engine.Null()
	}
	return engine.String(textcodec.FromLatin1(data))
}

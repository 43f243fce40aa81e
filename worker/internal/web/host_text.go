package web

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/web/textcodec"
)

func encode(args []engine.Value) (engine.Value, error) {
	return engine.Bytes([]byte(argument(args, 0).String())), nil
}

// encodeInto encodes as many whole characters of a text as room allows, and tells how many UTF-16 units that were.
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

var decoders = map[string]textcodec.Decoder{
	"utf-8":        textcodec.UTF8,
	"utf-16le":     textcodec.UTF16LE,
	"windows-1252": textcodec.Windows1252,
}

// decode takes an encoding, bytes, final and fatal. It returns text, or text and the bytes held back, or null for
// bytes that are not valid.
func decode(args []engine.Value) (engine.Value, error) {
	decoder, ok := decoders[argument(args, 0).String()]
	if !ok {
		return engine.Null(), nil
	}
	return decoded(decoder(argument(args, 1).Bytes(), argument(args, 2).Bool(), argument(args, 3).Bool())), nil
}

func decoded(text string, rest []byte, err error) engine.Value {
	switch {
	case err != nil:
		return engine.Null()
	case len(rest) > 0:
		return engine.List(engine.String(text), engine.Bytes(rest))
	}
	return engine.String(text)
}

// btoa returns base64, or null for a character over U+00FF.
func btoa(args []engine.Value) (engine.Value, error) {
	data, ok := textcodec.Latin1(argument(args, 0).String())
	if !ok {
		return engine.Null(), nil
	}
	return engine.String(base64.StdEncoding.EncodeToString(data)), nil
}

var dropASCIISpace = strings.NewReplacer("\t", "", "\n", "", "\f", "", "\r", "", " ", "")

// atob is the forgiving decoding of the Infra Standard, section 8: padding and the bits behind the last byte do not
// matter. It returns null for what is not base64.
func atob(args []engine.Value) (engine.Value, error) {
	text := dropASCIISpace.Replace(argument(args, 0).String())
	if len(text)%4 == 0 {
		text = strings.TrimSuffix(strings.TrimSuffix(text, "="), "=")
	}
	return binaryText(base64.RawStdEncoding.DecodeString(text)), nil
}

// binaryText has one character for each byte.
func binaryText(data []byte, err error) engine.Value {
	if err != nil {
		return engine.Null()
	}
	return engine.String(textcodec.FromLatin1(data))
}

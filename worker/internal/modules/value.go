package modules

import (
	"net/http"
	"net/netip"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/fetch"
	"github.com/lingerws/linger/worker/internal/script"
	"github.com/lingerws/linger/worker/internal/web/textcodec"
)

// nothing is the result of functions that return undefined.
var nothing = engine.Undefined()

// arguments are the arguments of a host function.
type arguments []engine.Value

// at returns an argument, undefined if it is missing.
func (a arguments) at(i int) engine.Value {
	if i < len(a) {
		return a[i]
	}
	return nothing
}

func (a arguments) text(i int) string           { return a.at(i).String() }
func (a arguments) int(i int) int               { return a.at(i).Int() }
func (a arguments) bool(i int) bool             { return a.at(i).Bool() }
func (a arguments) frames(i int) []script.Frame { return Frames(a.at(i)) }
func (a arguments) header(i int) http.Header    { return headerOf(a.at(i)) }

// payload returns the second argument, a message.
func (a arguments) payload() linger.Payload {
	v := a.at(1)
	return linger.Payload{Data: v.Content(), Binary: v.Kind() == engine.KindBytes}
}

// body returns the body in four arguments from i on: its kind, its content or number, Decode and Notify.
// The kind is undefined for text, bytes or null; otherwise it is "received" or "written".
func (a arguments) body(i int) script.Body {
	switch a.text(i) {
	case "received":
		return script.Body{Received: a.int(i + 1), Decode: a.bool(i + 2), Notify: a.bool(i + 3)}
	case "written":
		return script.Body{Written: a.int(i + 1)}
	}
	return script.Body{Content: a.at(i + 1).Content()}
}

func (a arguments) texts(i int) []string {
	var texts []string
	for _, v := range a.at(i).List() {
		texts = append(texts, v.String())
	}
	return texts
}

// Frames returns the frames in a flat list of file, line and column.
func Frames(v engine.Value) []script.Frame {
	var frames []script.Frame
	for list := v.List(); len(list) >= 3; list = list[3:] {
		frames = append(frames, script.Frame{File: list[0].String(), Line: list[1].Int(), Column: list[2].Int()})
	}
	return frames
}

// headerList returns a header as a flat list of names and values.
func headerList(h *script.Header) engine.Value {
	list := make([]engine.Value, 0, 2*len(h.Fields)+4)
	for name, value := range h.All() {
		list = append(list, engine.String(name), byteString(value))
	}
	return engine.List(list...)
}

// headerOf returns the header of a flat list of names and values. Each code unit of a value is a byte.
func headerOf(v engine.Value) http.Header {
	header := http.Header{}
	for i, values := 0, v.List(); i+1 < len(values); i += 2 {
		name, value := values[i].String(), values[i+1].String()
		if isASCII(value) {
			header.Add(name, value)
		} else if b, ok := textcodec.Latin1(value); ok { // the class Headers accepts no other values
			header.Add(name, string(b))
		}
	}
	return header
}

// partsOf returns an answer without its body, as the list that the modules expect.
func partsOf(answer *fetch.Answer) engine.Value {
	var list []engine.Value
	for name, values := range answer.Header {
		for _, value := range values {
			list = append(list, engine.String(name), byteString(value))
		}
	}
	return engine.List(engine.Int(answer.Status), byteString(answer.StatusText), engine.List(list...),
		engine.String(answer.URL), engine.Bool(answer.Redirected))
}

// addressText returns an address as text, "" for the zero Addr.
func addressText(a netip.Addr) engine.Value {
	if !a.IsValid() {
		return engine.String("")
	}
	return engine.String(a.String())
}

// byteString returns the value of a field as a string with one code unit for each byte (Fetch Standard, section 2.2.2).
func byteString(value string) engine.Value {
	if isASCII(value) {
		return engine.String(value)
	}
	return engine.String(textcodec.FromLatin1([]byte(value)))
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= 0x80 {
			return false
		}
	}
	return true
}

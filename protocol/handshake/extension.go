package handshake

import (
	"errors"
	"strings"
)

// Extension is one element of Sec-WebSocket-Extensions: a name and its parameters in order. RFC 6455, section 9.1.
type Extension struct {
	Name   string
	Params []Param
}

// Param is one parameter of an extension. An empty value means that the parameter stands alone, without "=".
type Param struct {
	Name  string
	Value string
}

// String returns the extension as it travels: name; param; param=value.
func (e Extension) String() string {
	var b strings.Builder
	b.WriteString(e.Name)
	for _, p := range e.Params {
		b.WriteString("; " + p.Name)
		if p.Value != "" {
			b.WriteString("=" + p.Value)
		}
	}
	return b.String()
}

// valid reports whether the extension can travel: every name and value is a token.
func (e Extension) valid() bool {
	if !IsToken(e.Name) {
		return false
	}
	for _, p := range e.Params {
		if !IsToken(p.Name) || p.Value != "" && !IsToken(p.Value) {
			return false
		}
	}
	return true
}

func joinExtensions(extensions []Extension) string {
	var list []string
	for _, e := range extensions {
		list = append(list, e.String())
	}
	return strings.Join(list, ", ")
}

// The texts are sent to clients, so they are fixed and repeat nothing of the input.
var (
	errExtensionSyntax = errors.New("Sec-WebSocket-Extensions is malformed; send names with parameters: name; param; param=value, separated by commas")
	errExtensionMany   = errors.New("Sec-WebSocket-Extensions has more than 64 extensions, or more than 64 parameters in one; send fewer")
)

// parseExtensions reads the extensions of all lines of the field, in order. No line means none; a line that names
// none is malformed. RFC 6455, section 9.1.
func parseExtensions(lines []string) ([]Extension, error) {
	var extensions []Extension
	for _, line := range lines {
		var err error
		if extensions, err = appendExtensions(extensions, line); err != nil {
			return nil, err
		}
	}
	if len(lines) > 0 && len(extensions) == 0 {
		return nil, errExtensionSyntax
	}
	return extensions, nil
}

func appendExtensions(extensions []Extension, line string) ([]Extension, error) {
	s := scanner{rest: line}
	for {
		for s.take(',') { // HTTP lists may have empty elements
		}
		if s.atEnd() {
			return extensions, nil
		}
		extension, err := s.extension()
		if err != nil {
			return nil, err
		}
		if len(extensions) == maxList {
			return nil, errExtensionMany
		}
		extensions = append(extensions, extension)
		if !s.atEnd() && !s.take(',') {
			return nil, errExtensionSyntax
		}
	}
}

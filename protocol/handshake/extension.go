package handshake

import (
	"errors"
	"strings"
)

// Extension is an element of Sec-WebSocket-Extensions (RFC 6455, section 9.1).
type Extension struct {
	Name   string  // the extension token
	Params []Param // the parameters in order
}

// Param is a parameter of an extension.
type Param struct {
	Name  string
	Value string // empty if the parameter has no value and no "="
}

// String returns the extension in the form of the header field: name; param; param=value.
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

// valid reports whether the extension can be sent: every name and value is a token.
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

// The texts of these errors are sent to clients, so they do not repeat any input.
var (
	errExtensionSyntax = errors.New("Sec-WebSocket-Extensions is malformed; send names with parameters: name; param; param=value, separated by commas")
	errExtensionMany   = errors.New("Sec-WebSocket-Extensions has more than 64 extensions, or more than 64 parameters in one; send fewer")
)

// parseExtensions parses all lines of the field (RFC 6455, section 9.1). Without lines there are no extensions; lines
// without an extension are malformed.
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
		for s.skip(',') { // lists in HTTP may have empty elements
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
		if !s.atEnd() && !s.skip(',') {
			return nil, errExtensionSyntax
		}
	}
}

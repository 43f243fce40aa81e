package intl

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Part is a piece of a formatted text, as formatToParts returns it.
type Part struct {
	Type   string `json:"type"`
	Value  string `json:"value"`
	Unit   string `json:"unit,omitempty"`   // of RelativeTimeFormat
	Source string `json:"source,omitempty"` // of ranges: startRange, endRange or shared
}

const literal = "literal"

// Text returns the text of parts.
func Text(parts []Part) string {
	var b strings.Builder
	for _, part := range parts {
		b.WriteString(part.Value)
	}
	return b.String()
}

// appendPart appends a part. Adjacent literals become one.
func appendPart(parts []Part, part Part) []Part {
	if part.Value == "" {
		return parts
	}
	if last := len(parts) - 1; last >= 0 && part.Type == literal && parts[last].Type == literal && parts[last].Source == part.Source {
		parts[last].Value += part.Value
		return parts
	}
	return append(parts, part)
}

func appendParts(parts []Part, more []Part) []Part {
	for _, part := range more {
		parts = appendPart(parts, part)
	}
	return parts
}

// withSource returns copies of parts with a source.
func withSource(parts []Part, source string) []Part {
	result := make([]Part, len(parts))
	for i, part := range parts {
		part.Source = source
		result[i] = part
	}
	return result
}

// fill replaces {0}, {1} and so on in a pattern. The rest of the pattern becomes parts of type kind.
func fill(pattern, kind string, values ...[]Part) []Part {
	var parts []Part
	for pattern != "" {
		open := strings.IndexByte(pattern, '{')
		if open < 0 || open+2 >= len(pattern) || pattern[open+2] != '}' {
			return appendPart(parts, Part{Type: kind, Value: pattern})
		}
		parts = appendPart(parts, Part{Type: kind, Value: pattern[:open]})
		if i := int(pattern[open+1] - '0'); i < len(values) {
			parts = appendParts(parts, values[i])
		}
		pattern = pattern[open+3:]
	}
	return parts
}

// textPart returns a literal as a list of parts.
func textPart(text string) []Part { return []Part{{Type: literal, Value: text}} }

// Property is a property of resolvedOptions.
type Property struct {
	Name  string
	Value any
}

// Resolved are the properties of resolvedOptions in their order. Properties with the value nil are left out.
type Resolved []Property

// MarshalJSON returns an object.
func (r Resolved) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for _, property := range r {
		if property.Value == nil || property.Value == "" {
			continue
		}
		value, err := json.Marshal(property.Value)
		if err != nil {
			return nil, err
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		b.WriteString(`"` + property.Name + `":`)
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

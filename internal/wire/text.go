package wire

import (
	"fmt"
	"strconv"
	"strings"
)

// Lines returns a record as text, for people and for files of tests: a line for each field, which has its number and then a
// number or a quoted string. A malformed record has the lines up to the fault.
func Lines(record []byte) []string {
	var lines []string
	r := NewReader(record)
	for field, ok := r.Next(); ok; field, ok = r.Next() {
		value := strconv.FormatUint(r.Uint(), 10)
		if r.Bytes() != nil {
			value = strconv.QuoteToASCII(r.String())
		}
		lines = append(lines, fmt.Sprint(field, " ", value))
	}
	return lines
}

// ParseLines returns the record that [Lines] describes.
func ParseLines(lines []string) ([]byte, error) {
	var b []byte
	for _, line := range lines {
		number, value, _ := strings.Cut(line, " ")
		field, err := strconv.Atoi(number)
		if err != nil || field < 1 || field > MaxField {
			return nil, fmt.Errorf("wire: %q does not begin with the number of a field", line)
		}
		if text, err := strconv.Unquote(value); err == nil {
			b = AppendString(b, field, text)
			continue
		}
		n, err := strconv.ParseUint(value, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("wire: %q does not end with a number or a quoted string", line)
		}
		b = AppendUint(b, field, n)
	}
	return b, nil
}

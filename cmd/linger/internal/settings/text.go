package settings

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// Text returns the value of the setting as TOML.
func (s *Setting) Text() string { return s.textOfValue(s.Target) }

// Strings returns the values of a setting whose type is string or []string, without empty ones.
func (s *Setting) Strings() (list []string) {
	switch value := s.Target.Interface().(type) {
	case string:
		list = []string{value}
	case []string:
		list = slices.Clone(value)
	}
	return slices.DeleteFunc(list, func(text string) bool { return text == "" })
}

// textOfValue returns a value of the type of the setting as TOML.
func (s *Setting) textOfValue(value reflect.Value) string {
	if s.IsSlice() {
		items := make([]string, value.Len())
		for i := range items {
			items[i] = s.scalar(value.Index(i))
		}
		return "[" + strings.Join(items, ", ") + "]"
	}
	return s.scalar(value)
}

// scalar returns a value that is not a list as TOML.
func (s *Setting) scalar(value reflect.Value) string {
	text := fmt.Sprint(value.Interface())
	if s.form() != textForm || value.Kind() != reflect.String && wholeNumber.MatchString(text) {
		return text
	}
	return quote(text)
}

// wholeNumber matches a number of TOML.
var wholeNumber = regexp.MustCompile(`^(0|[1-9][0-9]{0,17})$`)

// quote returns a text as a string of TOML. Its escapes are those of JSON.
func quote(text string) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // strings have no errors
	return strings.TrimSuffix(b.String(), "\n")
}

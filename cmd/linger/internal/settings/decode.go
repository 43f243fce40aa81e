package settings

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/lingerws/linger/cmd/linger/internal/tomlfile"
	"github.com/lingerws/linger/internal/spelling"
)

// separator is between the values of a setting in an environment variable.
const separator = ","

// decode decodes the texts of a value with the mapper of the flag. Only a flag that may be repeated has not exactly one.
func (s *Setting) decode(texts []string) (reflect.Value, error) {
	target := reflect.New(s.Target.Type()).Elem()
	if target.Kind() == reflect.Slice {
		target.Set(reflect.MakeSlice(target.Type(), 0, len(texts)))
	}
	for _, text := range texts {
		if err := s.checkEnum(text); err != nil {
			return target, err
		}
		if err := s.decodeText(text, target); err != nil {
			return target, err
		}
	}
	if target.Kind() == reflect.Float64 && (math.IsNaN(target.Float()) || math.IsInf(target.Float(), 0)) {
		return target, errors.New("must be a finite number")
	}
	return target, nil
}

// decodeText decodes one text, for a flag that may be repeated as a further value.
func (s *Setting) decodeText(text string, target reflect.Value) error {
	scan := kong.ScanAsType(kong.FlagValueToken, text)
	on, isBool := parseBool(text)
	switch {
	case s.IsSlice() && s.Tag.Sep != -1 && text == "":
		return errors.New("one of the values is empty")
	case s.IsSlice() && s.Tag.Sep != -1:
		scan = kong.ScanAsType(kong.FlagValueToken, kong.JoinEscaped([]string{text}, s.Tag.Sep))
	case s.IsBool() && s.Target.Kind() != reflect.Bool && isBool: // a flag whose value is optional
		if !on {
			return nil
		}
		scan = kong.Scan()
	}
	return s.Mapper.Decode(&kong.DecodeContext{Value: s.Value, Scan: scan}, target)
}

// parseBool parses a boolean, as kong does.
func parseBool(text string) (on, ok bool) {
	switch strings.ToLower(text) {
	case "true", "1", "yes":
		return true, true
	case "false", "0", "no":
		return false, true
	}
	return false, false
}

// checkEnum returns an error if the setting has a list of values that text is not in.
func (s *Setting) checkEnum(text string) error {
	if s.Enum == "" || slices.Contains(s.EnumSlice(), text) {
		return nil
	}
	hint := ""
	if near := spelling.Nearest(text, s.EnumSlice()); near != "" {
		hint = ": did you mean " + near + "?"
	}
	return fmt.Errorf("must be one of %s; got %q%s", strings.Join(s.EnumSlice(), ", "), text, hint)
}

// textsOf converts a value of the file to the texts that decode takes.
func (s *Setting) textsOf(value any) ([]string, error) {
	list, isList := value.([]any)
	switch {
	case !s.IsSlice() && isList, isTable(value):
		return nil, s.typeError(value)
	case !isList:
		list = []any{value}
	}
	texts := make([]string, 0, len(list))
	for _, item := range list {
		text, ok := s.textOf(item)
		if !ok {
			return nil, s.typeError(item)
		}
		texts = append(texts, text)
	}
	return texts, nil
}

func isTable(value any) bool {
	_, ok := value.(map[string]any)
	return ok
}

// typeError returns the error for a value whose type is not that of the setting.
func (s *Setting) typeError(value any) error {
	got := tomlfile.TypeName(value)
	if _, isFraction := value.(float64); isFraction && s.form() == wholeForm {
		got = "a number with a fraction"
	}
	return fmt.Errorf("must be %s; got %s", s.typeText(), got)
}

// typeText returns the type that values of the setting have in the file, with its article.
func (s *Setting) typeText() string {
	switch form := s.form(); {
	case form == boolForm:
		return "true or false"
	case form == wholeForm:
		return "a whole number"
	case form == numberForm:
		return "a number"
	case s.IsSlice():
		return `a string or an array of strings, such as ["one", "two"]`
	case s.IsBool():
		return "a string, true or false"
	}
	return "a string"
}

// form is what the values of a setting are in the file.
type form int

const (
	textForm form = iota // also of all types that have mappers of their own
	boolForm
	wholeForm // a whole number
	numberForm
)

// form returns what the values of the setting are in the file; those of a list, each for itself.
func (s *Setting) form() form {
	element := s.element()
	switch {
	case element.PkgPath() != "": // not a predeclared type
		return textForm
	case element.Kind() == reflect.Bool:
		return boolForm
	case reflect.Zero(element).CanInt(), reflect.Zero(element).CanUint():
		return wholeForm
	case reflect.Zero(element).CanFloat():
		return numberForm
	}
	return textForm
}

// element returns the type of the values of a setting.
func (s *Setting) element() reflect.Type {
	if s.IsSlice() {
		return s.Target.Type().Elem()
	}
	return s.Target.Type()
}

// textOf converts a value of the file that is no array and no table to a text. It reports false if the value does not have
// the type of the setting.
func (s *Setting) textOf(value any) (text string, ok bool) {
	form := s.form()
	switch value := value.(type) {
	case bool:
		return strconv.FormatBool(value), form == boolForm || s.IsBool()
	case string:
		return value, form == textForm
	case int64:
		return strconv.FormatInt(value, 10), form == wholeForm || form == numberForm || s.hasMapper()
	case float64:
		return strconv.FormatFloat(value, 'g', -1, 64), form == numberForm || s.hasMapper()
	case tomlfile.Time:
		return string(value), s.hasMapper()
	}
	return "", false
}

// hasMapper reports whether values have a type of their own, whose mapper may accept the text of a number or a date.
func (s *Setting) hasMapper() bool {
	return s.form() == textForm && s.element() != reflect.TypeFor[string]()
}

package settings

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"
)

// Values are the values of all settings of a command, with their sources. They refer to the fields of the flags, so they
// change with these.
type Values struct {
	schema  *Schema
	sources map[*Setting][]Source
}

// Settings returns the settings in the order of the flags.
func (v *Values) Settings() []*Setting { return v.schema.Settings }

// Sources returns the sources of the value of a setting. It is empty for a default.
func (v *Values) Sources(s *Setting) []Source { return v.sources[s] }

// Given reports whether a source gives a value to the flag with a name. v may be nil.
func (v *Values) Given(flag string) bool {
	return v != nil && len(v.sources[v.schema.names[flag]]) > 0
}

// SetSource records that the value of a flag comes from a file that Apply does not read. v may be nil.
func (v *Values) SetSource(flag string, source Source) {
	if v == nil {
		return
	}
	if setting := v.schema.names[flag]; setting != nil {
		v.sources[setting] = []Source{source}
	}
}

// Change is a setting whose value differs between two loads.
type Change struct {
	Setting  *Setting
	Old, New string // as Text returns them; "" for secrets
}

// Changes returns the settings whose values differ between two loads of the same command, in the order of the flags.
func Changes(before, after *Values) []Change {
	var changes []Change
	for _, setting := range after.schema.Settings {
		old := before.schema.names[setting.Name]
		if old != nil && !reflect.DeepEqual(old.Target.Interface(), setting.Target.Interface()) {
			change := Change{Setting: setting}
			if !setting.Tag.Has("secret") {
				change.Old, change.New = old.Text(), setting.Text()
			}
			changes = append(changes, change)
		}
	}
	return changes
}

// flagName matches the name of a flag in the text of an error.
var flagName = regexp.MustCompile(`--([a-z][a-z0-9-]*)`)

// Explain converts an error about flags to one that has the places where the file or the environment sets them. Such an error
// is a Problems. An error about values of the command line, or about none, is returned as it is. v may be nil.
func (v *Values) Explain(err error) error {
	if _, done := errors.AsType[Problems](err); done || v == nil || err == nil {
		return err
	}
	problems, found := Problems{}, false
	for _, single := range split(err) {
		problem, ok := v.explain(single.Error())
		problems = append(problems, problem)
		found = found || ok
	}
	if !found {
		return err
	}
	return problems
}

// split returns the errors that an error joins, without what was put before them, or else the error itself.
func split(err error) []error {
	switch wrapped := err.(type) { //nolint:errorlint // it goes through the chain itself
	case interface{ Unwrap() []error }:
		var list []error
		for _, e := range wrapped.Unwrap() {
			list = append(list, split(e)...)
		}
		return list
	case interface{ Unwrap() error }:
		if inner := wrapped.Unwrap(); inner != nil && flagName.MatchString(inner.Error()) {
			return split(inner)
		}
	}
	return []error{err}
}

// explain returns the problem for the text of an error, and whether it is about values of the file or the environment.
func (v *Values) explain(text string) (problem Problem, found bool) {
	problem.Text = text
	var places []string
	for i, match := range flagName.FindAllStringSubmatchIndex(text, -1) {
		flag := text[match[2]:match[3]]
		source := v.outside(flag)
		if source.Kind != InFile && source.Kind != Environment {
			continue
		}
		found = true
		name := source.Name
		if source.Kind == InFile {
			name = source.Key
		}
		if rest, ok := strings.CutPrefix(text, "--"+flag+": "); i == 0 && ok {
			if source.Kind == InFile {
				problem.File, problem.Line = source.Name, source.Line
			}
			problem.Text = describe(name, errorText(rest))
			continue
		}
		place := fmt.Sprintf("--%s is %s", flag, name)
		if source.Kind == InFile {
			place += " in " + source.String()
		}
		places = append(places, place)
	}
	if len(places) > 0 {
		problem.Text += " (" + strings.Join(places, ", ") + ")"
	}
	return problem, found
}

// errorText is an error of a text.
type errorText string

func (e errorText) Error() string { return string(e) }

// outside returns the first source of the flag with a name.
func (v *Values) outside(flag string) Source {
	sources := v.sources[v.schema.names[flag]]
	if len(sources) == 0 {
		return Source{}
	}
	return sources[0]
}

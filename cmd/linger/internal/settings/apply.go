package settings

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// Sources are where values come from, in addition to the command line.
type Sources struct {
	Environ []string // as from os.Environ
	Prefix  string   // of the names of variables
	File    *File    // nil without one; its keys that are not those of the schema are ignored
}

// given is a value of a setting, as one source gives it.
type given struct {
	source Source
	value  reflect.Value
}

// Apply sets the flags that the command line leaves open. It must be called after the command line is parsed and before
// its values are applied, as from the hook BeforeResolve of kong. The problems are those of the environment; Check returns
// those of the file.
func (s *Schema) Apply(ctx *kong.Context, from Sources) (*Values, Problems) {
	a := applier{schema: s, given: map[*Setting][]given{}}
	a.readCommandLine(ctx)
	a.readEnvironment(newEnvironment(from.Environ, from.Prefix))
	if from.File != nil {
		a.readFile(from.File)
	}
	a.chooseAlternatives()
	a.dropForeign()
	values := &Values{schema: s, sources: map[*Setting][]Source{}}
	for setting, list := range a.given {
		if len(list) > 0 {
			values.sources[setting] = a.apply(setting, list)
		}
	}
	return values, a.problems
}

// applier collects the values that the sources give, and chooses among them.
type applier struct {
	schema   *Schema
	given    map[*Setting][]given // in the order of precedence
	problems Problems
}

// readCommandLine collects the values that kong has parsed.
func (a *applier) readCommandLine(ctx *kong.Context) {
	for _, path := range ctx.Path {
		if path.Flag == nil {
			continue
		}
		setting := a.schema.names[path.Flag.Name]
		if setting != nil && setting.Flag == path.Flag && len(a.given[setting]) == 0 { // a repeated flag has several paths, and one value
			a.given[setting] = []given{{Source{Kind: CommandLine, Name: "--" + path.Flag.Name}, ctx.Value(path)}}
		}
	}
}

// readEnvironment collects the values of variables.
func (a *applier) readEnvironment(variables environment) {
	for _, setting := range a.schema.Settings {
		text, ok := variables[setting.Variable]
		if !ok {
			continue
		}
		texts, err := setting.split(text)
		if err == nil {
			var value reflect.Value
			if value, err = setting.decode(texts); err == nil {
				a.given[setting] = append(a.given[setting], given{Source{Kind: Environment, Name: setting.Variable}, value})
				continue
			}
		}
		a.problems = append(a.problems, Problem{Text: describe(setting.Variable, err)})
	}
}

// readFile collects the values of the file.
func (a *applier) readFile(f *File) {
	list, _ := f.entries(a.schema)
	for _, e := range list {
		texts, err := f.decode(e)
		if err != nil {
			continue
		}
		value, err := e.setting.decode(texts)
		if err != nil {
			continue
		}
		source := Source{Kind: InFile, Name: f.Path, Line: f.document.Line(e.path), Key: strings.Join(e.path, ".")}
		a.given[e.setting] = append(a.given[e.setting], given{source, value})
	}
}

// chooseAlternatives drops the values of alternatives for which a source with precedence gives another one.
func (a *applier) chooseAlternatives() {
	first := map[string]Kind{} // the source with precedence for each group
	for setting, list := range a.given {
		if group := setting.Tag.Get("alternative"); group != "" && len(list) > 0 {
			first[group] = max(first[group], list[0].source.Kind)
		}
	}
	for setting, list := range a.given {
		if group := setting.Tag.Get("alternative"); group != "" {
			a.given[setting] = slices.DeleteFunc(list, func(g given) bool { return g.source.Kind < first[group] })
		}
	}
}

// dropForeign drops the values that belong to another value of a flag than the one that is used.
func (a *applier) dropForeign() {
	for setting, list := range a.given {
		owner := a.schema.names[setting.Tag.Get("belongs")]
		if owner == nil {
			continue
		}
		used := a.valueFrom(owner, CommandLine)
		a.given[setting] = slices.DeleteFunc(list, func(g given) bool {
			return !reflect.DeepEqual(a.valueFrom(owner, g.source.Kind), used)
		})
	}
}

// valueFrom returns the value of a setting from the sources up to kind.
func (a *applier) valueFrom(setting *Setting, kind Kind) any {
	for _, g := range a.given[setting] {
		if g.source.Kind <= kind {
			return g.value.Interface()
		}
	}
	return setting.Target.Interface() // kong has set it to the default
}

// apply sets a flag to the value of the first source, or to the merged values of all, and returns the sources of the value.
func (a *applier) apply(setting *Setting, list []given) []Source {
	value := list[0].value
	used := list[:1]
	if order := setting.Tag.Get("merge"); order != "" {
		used = slices.Clone(list)
		if order == "last" {
			slices.Reverse(used)
		}
		merged := reflect.MakeSlice(value.Type(), 0, 0)
		for _, g := range used {
			merged = reflect.AppendSlice(merged, g.value)
		}
		if list[0].source.Kind == CommandLine {
			value.Set(merged) // kong applies this value later
		}
		value = merged
	}
	setting.Apply(value)
	sources := make([]Source, len(used))
	for i, g := range used {
		sources[i] = g.source
	}
	return sources
}

// Kind is a kind of source. A later one takes precedence over the others.
type Kind int

// The kinds of sources.
const (
	Default     Kind = iota
	InFile           // the configuration file, or another file
	Environment      // a variable of the environment
	CommandLine      // a flag
)

// Source is where a value comes from.
type Source struct {
	Kind Kind
	Name string // of the file, the variable or the flag
	Line int    // in the file, counted from 1
	Key  string // in the file, with its table
}

// String returns the source as file:line, the name of the variable or the flag, or default.
func (s Source) String() string {
	switch {
	case s.Kind == Default && s.Name == "":
		return "default"
	case s.Line > 0:
		return fmt.Sprintf("%s:%d", s.Name, s.Line)
	}
	return s.Name
}

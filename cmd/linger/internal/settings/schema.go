package settings

import (
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// Schema has the settings of a command.
type Schema struct {
	Settings []*Setting // in the order of the flags
	Extras   []Extra

	sections []string
	names    map[string]*Setting // by the names and aliases of flags
	keys     map[string]*Setting // by the keys in the file, such as drain.delay
}

// Setting is a flag with its names in the other sources.
type Setting struct {
	*kong.Flag
	Variable string // of the environment; "" if the environment cannot set it
	Section  string // the table in the file; "" for the top of the file
	Key      string // the key in the table; "" if the file cannot set it
}

// Path returns the key of the setting in the file, with its table.
func (s *Setting) Path() string { return joinKey(s.Section, s.Key) }

// Extra is a key at the top of the file that is not a flag.
type Extra struct {
	Key      string
	Help     string
	Example  string // lines of TOML
	Table    bool   // it is a table of any content; otherwise a string
	Variable string // of the environment, optional
}

// Names is how the names of flags become those of other sources.
type Names struct {
	Prefix   string   // of environment variables, such as LINGER_
	Sections []string // the tables of the file, as the first words of flags: drain, proxy-protocol
	Extras   []Extra
}

// New returns the settings of a command.
func New(command *kong.Node, names Names) (*Schema, error) {
	s := &Schema{Extras: names.Extras, sections: names.Sections, names: map[string]*Setting{}, keys: map[string]*Setting{}}
	for _, flag := range command.Flags {
		if flag.Name == "help" {
			continue
		}
		setting := &Setting{Flag: flag}
		if sources := flag.Tag.Get("sources"); sources != "flag" {
			setting.Variable = variableOf(names.Prefix, flag.Name)
		}
		for _, name := range append([]string{flag.Name}, flag.Aliases...) {
			s.names[name] = setting
			if flag.Tag.Has("sources") {
				continue
			}
			section, key := s.split(name)
			if key == "" {
				key = flag.Tag.Get("key")
			}
			if key == "" {
				return nil, fmt.Errorf("the flag --%s has the name of a table of the configuration file: it needs the tag key", name)
			}
			if setting.Key == "" {
				setting.Section, setting.Key = section, key
			}
			s.keys[joinKey(section, key)] = setting
		}
		s.Settings = append(s.Settings, setting)
	}
	return s, nil
}

// Find returns the setting of the flag with a name or alias, nil if there is none.
func (s *Schema) Find(name string) *Setting { return s.names[name] }

// Group has the settings of a group of flags.
type Group struct {
	Title    string // "" for flags without a group
	Settings []*Setting
}

// Groups returns the settings by the groups of their flags. Those without a group come first.
func (s *Schema) Groups() []Group {
	groups := []Group{{}}
	for _, setting := range s.Settings {
		title := ""
		if setting.Group != nil {
			title = strings.TrimSuffix(setting.Group.Title, ":")
		}
		i := slices.IndexFunc(groups, func(g Group) bool { return g.Title == title })
		if i < 0 {
			i = len(groups)
			groups = append(groups, Group{Title: title})
		}
		groups[i].Settings = append(groups[i].Settings, setting)
	}
	return groups
}

// split returns the table and the key for the name of a flag. The key is empty if the name is that of a table; it is that of the tag key then.
func (s *Schema) split(name string) (section, key string) {
	key = name
	for _, candidate := range s.sections {
		rest, ok := strings.CutPrefix(name+"-", candidate+"-")
		if ok && len(candidate) > len(section) {
			section, key = candidate, strings.TrimSuffix(rest, "-")
		}
	}
	return underscores(section), underscores(key)
}

// isSection reports whether a key at the top of the file is that of a table of settings.
func (s *Schema) isSection(key string) bool {
	return slices.ContainsFunc(s.sections, func(section string) bool { return underscores(section) == key })
}

// extra returns the extra with a key.
func (s *Schema) extra(key string) (Extra, bool) {
	i := slices.IndexFunc(s.Extras, func(e Extra) bool { return e.Key == key })
	if i < 0 {
		return Extra{}, false
	}
	return s.Extras[i], true
}

func underscores(name string) string { return strings.ReplaceAll(name, "-", "_") }

func variableOf(prefix, name string) string { return prefix + strings.ToUpper(underscores(name)) }

func joinKey(section, key string) string {
	if section == "" {
		return key
	}
	return section + "." + key
}

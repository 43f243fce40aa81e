package settings

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// lineWidth is the width of the lines of help in a file.
const lineWidth = 100

// WriteDefaults writes a configuration file in which the help of each setting, its other names and its default are
// comments. title is the first line.
func (s *Schema) WriteDefaults(w io.Writer, title string) error {
	p := &printer{w: w}
	p.comment(title)
	for _, extra := range s.Extras {
		if !extra.Table {
			p.printf("\n")
			p.comment(extra.Help)
			p.comment("(" + extra.Variable + ")")
			p.printf("# %s\n", extra.Example)
		}
	}
	for _, group := range s.Groups() {
		top := slices.DeleteFunc(group.Settings, func(setting *Setting) bool { return setting.Key == "" || setting.Section != "" })
		if len(top) > 0 && group.Title != "" {
			p.printf("\n\n## %s\n", group.Title)
		}
		for _, setting := range top {
			p.defaults(setting)
		}
	}
	for _, section := range s.sections {
		list := s.in(underscores(section))
		if len(list) > 0 {
			p.printf("\n\n[%s]\n", underscores(section))
		}
		for _, setting := range list {
			p.defaults(setting)
		}
	}
	for _, extra := range s.Extras {
		if extra.Table {
			p.printf("\n\n[%s]\n\n", extra.Key)
			p.comment(extra.Help)
			p.printf("# %s\n", extra.Example)
		}
	}
	return p.err
}

// in returns the settings in a table.
func (s *Schema) in(section string) (list []*Setting) {
	for _, setting := range s.Settings {
		if setting.Key != "" && setting.Section == section {
			list = append(list, setting)
		}
	}
	return list
}

// printer writes lines, and keeps the first error.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) printf(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}

// comment writes a text in lines of comments.
func (p *printer) comment(text string) {
	line := "#"
	for word := range strings.FieldsSeq(text) {
		if utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > lineWidth && line != "#" {
			p.printf("%s\n", line)
			line = "#"
		}
		line += " " + word
	}
	p.printf("%s\n", line)
}

// defaults writes a setting as a comment.
func (p *printer) defaults(s *Setting) {
	p.printf("\n")
	p.comment(s.Help)
	p.comment("(--" + s.Name + ", " + s.Variable + ")")
	p.printf("# %s = %s\n", s.Key, s.defaultText())
}

// defaultText returns the default as TOML, or the placeholder of the flag if there is none.
func (s *Setting) defaultText() string {
	if s.HasDefault {
		if value, err := s.decode([]string{s.Default}); err == nil {
			return s.textOfValue(value)
		}
	}
	placeholder := s.PlaceHolder
	if placeholder == "" {
		placeholder = strings.ToUpper(s.Key)
	}
	switch {
	case s.form() == boolForm, s.IsBool():
		return "false"
	case s.form() == textForm:
		placeholder = quote(placeholder)
	}
	if s.IsSlice() {
		return "[" + placeholder + "]"
	}
	return placeholder
}

// Line is a value with its source, for printing.
type Line struct {
	Key      string          `json:"key,omitempty"` // in the file, with its table
	Flag     string          `json:"flag,omitempty"`
	Variable string          `json:"variable,omitempty"` // of the environment
	Value    json.RawMessage `json:"value"`              // null if it is not set, or secret
	Secret   bool            `json:"secret,omitempty"`   // the value is not printed
	Sources  []string        `json:"sources"`            // places, such as linger.toml:3
}

// Lines returns the values of all settings that have a key in the file.
func (v *Values) Lines() []Line {
	var lines []Line
	for _, setting := range v.schema.Settings {
		if setting.Key == "" {
			continue
		}
		line := Line{Key: setting.Path(), Flag: "--" + setting.Name, Variable: setting.Variable, Sources: []string{Source{}.String()}}
		if sources := v.sources[setting]; len(sources) > 0 {
			line.Sources = nil
			for _, source := range sources {
				line.Sources = append(line.Sources, source.String())
			}
		}
		switch {
		case !setting.isSet(len(v.sources[setting]) > 0):
		case setting.Tag.Has("secret"):
			line.Secret = true
		default:
			line.Value = json.RawMessage(setting.Text())
		}
		lines = append(lines, line)
	}
	return lines
}

// isSet reports whether a setting has a value. given reports whether a source gives one.
func (s *Setting) isSet(given bool) bool {
	return given || s.HasDefault || s.form() == boolForm || !s.Target.IsZero() && (!s.IsSlice() || s.Target.Len() > 0)
}

// WriteLines writes values as TOML, with their sources in comments.
func WriteLines(w io.Writer, lines []Line) error {
	p := &printer{w: w}
	lines = slices.Clone(lines)
	slices.SortStableFunc(lines, func(a, b Line) int { return strings.Compare(sectionOf(a.Key), sectionOf(b.Key)) })
	section, width := "", 0
	for _, line := range lines {
		width = max(width, utf8.RuneCountInString(line.text()))
	}
	width = min(width, lineWidth/2)
	for _, line := range lines {
		if s := sectionOf(line.Key); s != section {
			section = s
			p.printf("\n[%s]\n", section)
		}
		p.printf("%-*s  # %s\n", width, line.text(), strings.Join(line.Sources, ", "))
	}
	return p.err
}

// sectionOf returns the table of a key.
func sectionOf(key string) string {
	section, _, found := strings.Cut(key, ".")
	if !found {
		return ""
	}
	return section
}

// text returns the line without its sources.
func (l Line) text() string {
	key := strings.TrimPrefix(strings.TrimPrefix(l.Key, sectionOf(l.Key)), ".")
	switch {
	case l.Secret:
		return "# " + key + " is set"
	case l.Value == nil:
		return "# " + key + " is not set"
	}
	return key + " = " + string(l.Value)
}

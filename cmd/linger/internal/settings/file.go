package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lingerws/linger/cmd/linger/internal/tomlfile"
	"github.com/lingerws/linger/internal/spelling"
)

// File is a configuration file.
type File struct {
	Path string // as it was given

	document tomlfile.Document
}

// maxFile is the limit of a file in bytes.
const maxFile = 4 << 20

// ReadFile reads a configuration file. The error is a Problems.
func ReadFile(path string) (*File, error) {
	info, err := os.Stat(path)
	if err == nil && info.Size() > maxFile {
		return nil, Problems{{File: path, Text: fmt.Sprintf("has %d bytes; at most %d are read", info.Size(), maxFile)}}
	}
	text, err := os.ReadFile(path)
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		err = failed.Err
	}
	if err != nil {
		return nil, Problems{{File: path, Text: "cannot be read: " + err.Error()}}
	}
	return ParseFile(path, strings.TrimPrefix(string(text), "\ufeff"))
}

// ParseFile parses the text of a configuration file. The error is a Problems.
func ParseFile(path, text string) (*File, error) {
	document, err := tomlfile.Parse([]byte(text))
	if wrong, ok := errors.AsType[*tomlfile.Error](err); ok {
		return nil, Problems{{File: path, Line: wrong.Line, Text: wrong.Text}}
	}
	if err != nil {
		return nil, Problems{{File: path, Text: err.Error()}}
	}
	return &File{Path: path, document: document}, nil
}

// Problem returns a problem of a key, which is given with the tables around it.
func (f *File) Problem(text string, key ...string) Problem {
	return Problem{File: f.Path, Line: f.document.Line(key), Text: text}
}

// Line returns the line of a key, which is given with the tables around it; 0 if it is not known.
func (f *File) Line(key ...string) int { return f.document.Line(key) }

// Text returns the string of a key at the top of the file, "" if there is none. f may be nil.
func (f *File) Text(key string) string {
	if f == nil {
		return ""
	}
	text, _ := f.document.Content[key].(string) // Check reports other types
	return text
}

// Table returns the table of a key at the top of the file, nil if there is none. f may be nil.
func (f *File) Table(key string) map[string]any {
	if f == nil {
		return nil
	}
	table, _ := f.document.Content[key].(map[string]any) // Check reports other types
	return table
}

// Resolve returns a path in the file relative to the working directory. An absolute path, and "", are returned as they are.
func (f *File) Resolve(path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(f.Path), filepath.FromSlash(path))
}

// resolveExecutable is Resolve for an executable: a name without a folder is one in PATH.
func (f *File) resolveExecutable(path string) string {
	if !strings.ContainsRune(filepath.ToSlash(path), '/') || filepath.IsAbs(path) {
		return path
	}
	resolved := f.Resolve(path)
	if filepath.Base(resolved) == resolved {
		return "." + string(filepath.Separator) + resolved
	}
	return resolved
}

// entry is the value of a setting in a file.
type entry struct {
	setting *Setting
	path    []string
	value   any
}

// entries returns the values of settings, and the problems of all other keys.
func (f *File) entries(s *Schema) ([]entry, Problems) {
	var list []entry
	var problems Problems
	add := func(section map[string]any, at ...string) {
		for _, key := range slices.Sorted(maps.Keys(section)) {
			path := append(slices.Clone(at), key)
			if setting := s.keys[strings.Join(path, ".")]; setting != nil && !strings.Contains(key, ".") {
				list = append(list, entry{setting, path, section[key]})
			} else {
				problems = append(problems, f.Problem(s.unknownKey(path), path...))
			}
		}
	}
	top := map[string]any{}
	for key, value := range f.document.Content {
		table, isTable := value.(map[string]any)
		extra, isExtra := s.extra(key)
		switch {
		case isExtra:
			problems = append(problems, f.checkExtra(extra, value)...)
		case !s.isSection(key):
			top[key] = value
		case isTable:
			add(table, key)
		default:
			problems = append(problems, f.Problem(fmt.Sprintf("%s must be a table, [%s]; got %s", key, key, tomlfile.TypeName(value)), key))
		}
	}
	add(top)
	return list, problems
}

// checkExtra returns a problem if the value of a key that is not a flag has the wrong type.
func (f *File) checkExtra(extra Extra, value any) Problems {
	_, isText := value.(string)
	switch {
	case extra.Table && !isTable(value):
		return Problems{f.Problem(fmt.Sprintf("%s must be a table: write [%s], then lines of NAME = \"value\"", extra.Key, extra.Key), extra.Key)}
	case !extra.Table && !isText:
		return Problems{f.Problem(fmt.Sprintf("%s must be a string; got %s", extra.Key, tomlfile.TypeName(value)), extra.Key)}
	}
	return nil
}

// unknownKey returns the text of the problem that no setting has a key.
func (s *Schema) unknownKey(path []string) string {
	key := strings.Join(path, ".")
	name := path[len(path)-1]
	if len(path) > 1 && s.keys[name] != nil {
		return fmt.Sprintf("unknown key %s: %s belongs to the top of the file, before the first [table]", key, name)
	}
	if setting := s.names[strings.ReplaceAll(key, "_", "-")]; setting != nil && setting.Section != "" {
		return fmt.Sprintf("unknown key %s: write %s in [%s]", key, setting.Key, setting.Section)
	}
	names := slices.Sorted(maps.Keys(s.keys))
	if len(path) == 1 {
		for _, extra := range s.Extras {
			names = append(names, extra.Key)
		}
		for _, section := range s.sections {
			names = append(names, underscores(section))
		}
	}
	if near := spelling.Nearest(key, names); near != "" {
		return fmt.Sprintf("unknown key %s: did you mean %s?", key, near)
	}
	return fmt.Sprintf("unknown key %s", key)
}

// decode decodes the value of an entry.
func (f *File) decode(e entry) (texts []string, err error) {
	texts, err = e.setting.textsOf(e.value)
	if err != nil {
		return nil, err
	}
	for i, text := range texts {
		switch e.setting.Tag.Get("path") {
		case "file":
			texts[i] = f.Resolve(text)
		case "executable":
			texts[i] = f.resolveExecutable(text)
		}
	}
	return texts, nil
}

// Check returns the problems of a file: unknown keys, and values that are wrong.
func (s *Schema) Check(f *File) Problems {
	list, problems := f.entries(s)
	seen := map[*Setting][]string{}
	for _, e := range list {
		if first := seen[e.setting]; first != nil {
			text := fmt.Sprintf("%s is another name of %s, which is set in line %d: remove one of them",
				strings.Join(e.path, "."), strings.Join(first, "."), f.document.Line(first))
			problems = append(problems, f.Problem(text, e.path...))
		}
		seen[e.setting] = e.path
		texts, err := f.decode(e)
		if err == nil {
			_, err = e.setting.decode(texts)
		}
		if err != nil {
			problems = append(problems, f.Problem(describe(strings.Join(e.path, "."), err), e.path...))
		}
	}
	problems.Sort()
	return problems
}

// describe returns the text of a problem with the value of a setting, which has a name in the source.
func describe(name string, err error) string {
	if strings.HasPrefix(err.Error(), "must be ") {
		return name + " " + err.Error()
	}
	return name + ": " + err.Error()
}

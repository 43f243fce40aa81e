package intl

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed cldr.zip
var archive []byte

// root is the locale from which all others inherit.
const root = "und"

// absent is the value of a key that a locale does not have although its parent has it.
const absent = "∅"

// files are the compressed files of the archive by name. Errors are ignored here and below, because a test reads all files.
var files = sync.OnceValue(func() map[string]*zip.File {
	reader, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return nil
	}
	byName := make(map[string]*zip.File, len(reader.File))
	for _, file := range reader.File {
		byName[file.Name] = file
	}
	return byName
})

// readFile returns the content of a file of the archive, and nil if there is none of this name.
func readFile(name string) []byte {
	file := files()[name]
	if file == nil {
		return nil
	}
	r, err := file.Open()
	if err != nil {
		return nil
	}
	content, err := io.ReadAll(r)
	if err != nil {
		return nil
	}
	return content
}

// readJSON returns a function that decodes a file of the folder "supplemental" once.
func readJSON[T any](name string) func() T {
	return sync.OnceValue(func() T {
		var value T
		_ = json.Unmarshal(readFile("supplemental/"+name+".json"), &value)
		return value
	})
}

// tables has what has been read: the values by section and locale, and the languages whose files have been read.
var tables struct {
	sync.Mutex
	values    map[[2]string][]string
	languages map[string]bool
}

// keysOf are the keys of each section.
var keysOf = sync.OnceValue(func() map[string][]string {
	keys := map[string][]string{}
	for name := range files() {
		if section, ok := strings.CutPrefix(name, "keys/"); ok {
			keys[section] = lines(name)
		}
	}
	return keys
})

// lines returns the lines of a file.
func lines(file string) []string {
	return strings.Split(strings.TrimSuffix(string(readFile(file)), "\n"), "\n")
}

// valuesOf returns the values of a locale in the order of the keys of a section. Empty ones at the end are missing.
func valuesOf(section, locale string) []string {
	language, _, _ := strings.Cut(locale, "-")
	tables.Lock()
	defer tables.Unlock()
	if !tables.languages[language] {
		readLanguage(language)
	}
	return tables.values[[2]string{section, locale}]
}

// readLanguage reads the file of a language. Each section of a locale begins with a line that has their names and the number
// of the values.
func readLanguage(language string) {
	if tables.languages == nil {
		tables.languages, tables.values = map[string]bool{}, map[[2]string][]string{}
	}
	tables.languages[language] = true
	for rest := lines("languages/" + language); len(rest) > 0; {
		head := strings.Fields(rest[0])
		if len(head) != 3 {
			return // there is no file of the language
		}
		n, _ := strconv.Atoi(head[2])
		tables.values[[2]string{head[0], head[1]}] = rest[1 : 1+n]
		rest = rest[1+n:]
	}
}

// localeData is the data of one locale with that of the locales from which it inherits.
type localeData struct {
	chain []string // the locale, its parent and so on
}

// dataOf returns the data of a locale, of which only language, script, region and variants matter.
func dataOf(locale string) *localeData {
	base, _ := parseTag(locale)
	return &localeData{inheritance(base.name())}
}

// inheritance returns a locale and all from which it inherits, ending with root.
func inheritance(locale string) []string {
	var chain []string
	for locale != root && locale != "" {
		chain = append(chain, locale)
		locale = parentOf(locale)
	}
	return append(chain, root)
}

var parents = readJSON[map[string]string]("parents")

func parentOf(locale string) string {
	if parent, ok := parents()[locale]; ok {
		return parent
	}
	t, _ := parseTag(locale)
	if t.script == "" && t.region != "" && len(t.variants) == 0 {
		// The script that is usual in this region may be another than that of the language.
		in, of := t.maximise(), tag{language: t.language}.maximise()
		if in.script != of.script {
			return tag{language: t.language, script: in.script, region: t.region}.name()
		}
	}
	parent, _ := cutLast(locale, "-")
	return parent
}

// cutLast returns what is before and after the last separator in s. If there is none, before is empty.
func cutLast(s, separator string) (before, after string) {
	if i := strings.LastIndex(s, separator); i >= 0 {
		return s[:i], s[i+len(separator):]
	}
	return "", s
}

// find returns the value of a key in a section, and whether there is one.
func (d *localeData) find(section, key string) (string, bool) {
	i, ok := slices.BinarySearch(keysOf()[section], key)
	if !ok {
		return "", false
	}
	for _, locale := range d.chain {
		if values := valuesOf(section, locale); i < len(values) && values[i] != "" {
			return values[i], values[i] != absent
		}
	}
	return "", false
}

// get returns the value of the first of some keys that has one, and an empty string if none has.
func (d *localeData) get(section string, keys ...string) string {
	for _, key := range keys {
		if value, ok := d.find(section, key); ok {
			return value
		}
	}
	return ""
}

// keys calls yield with the rest of each key that has a prefix and a value, in alphabetical order, and with the value.
func (d *localeData) keys(section, prefix string) func(yield func(rest, value string) bool) {
	return func(yield func(rest, value string) bool) {
		all := keysOf()[section]
		start, _ := slices.BinarySearch(all, prefix)
		for _, key := range all[start:] {
			if !strings.HasPrefix(key, prefix) {
				return
			}
			if value, ok := d.find(section, key); ok && !yield(key[len(prefix):], value) {
				return
			}
		}
	}
}

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"github.com/lingerws/linger/internal/spelling"
)

// configName is the file that is read without being asked for, beside the application.
const configName = "linger.toml"

// config is what the configuration file says. What the command line says wins.
type config struct {
	Main               configText          `toml:"main"` // the application's module, from where the file is
	CompatibilityDate  configDate          `toml:"compatibility_date"`
	CompatibilityFlags configTexts         `toml:"compatibility_flags"`
	Egress             configRules         `toml:"egress"`
	Vars               map[string]varValue `toml:"vars"`
}

// configKeys are the keys that a configuration file may have.
var configKeys = []string{"main", "compatibility_date", "compatibility_flags", "egress", "vars"}

// readConfig reads a configuration file.
func readConfig(path string) (config, error) {
	var c config
	text, err := os.ReadFile(path)
	if err != nil {
		return c, unreadable(path, err)
	}
	meta, err := toml.Decode(string(text), &c)
	if err != nil {
		return c, configError(path, err)
	}
	if kind := meta.Type("vars"); kind != "" && kind != "Hash" { // which the library takes for an empty table
		return c, fmt.Errorf("%s:%d: vars is a table: write [vars], and lines of NAME = \"value\" after it", path, lineOf(string(text), toml.Key{"vars"}))
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return c, unknownKey(path, string(text), unknown[0])
	}
	return c, nil
}

// unreadable is the error for a file that cannot be read.
func unreadable(path string, err error) error {
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		err = failed.Err
	}
	return fmt.Errorf("%s: cannot be read: %w", path, err)
}

// configError is the error for a file whose syntax is wrong, or a value of it.
func configError(path string, err error) error {
	wrong, ok := errors.AsType[toml.ParseError](err)
	switch {
	case !ok:
		return fmt.Errorf("%s: %s", path, strings.TrimPrefix(err.Error(), "toml: "))
	case strings.HasPrefix(wrong.Message, valueIs):
		return fmt.Errorf("%s:%d: %s %s", path, wrong.Position.Line, wrong.LastKey, wrong.Message)
	}
	return fmt.Errorf("%s:%d: %s", path, wrong.Position.Line, wrong.Message)
}

// unknownKey is the error for a key that a configuration file may not have.
func unknownKey(path, text string, key toml.Key) error {
	place := path
	if line := lineOf(text, key); line > 0 {
		place = fmt.Sprintf("%s:%d", path, line)
	}
	if near := spelling.Nearest(key[0], configKeys); near != "" {
		return fmt.Errorf("%s: %s is not known: did you mean %s? There are %s", place, key, near, keysText)
	}
	return fmt.Errorf("%s: %s is not known: there are %s", place, key, keysText)
}

const keysText = "main, compatibility_date, compatibility_flags, egress and [vars]"

// tableHeader is a line that begins a table.
var tableHeader = regexp.MustCompile(`^\s*\[+\s*([^\]]+?)\s*\]`)

// lineOf returns the line of a key in a file, from 1, or 0 if it is written in a way that is not found.
func lineOf(text string, key toml.Key) int {
	want, table := strings.ReplaceAll(key.String(), `"`, ""), ""
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.ReplaceAll(line, `"`, "")
		if header := tableHeader.FindStringSubmatch(line); header != nil {
			table = header[1] + "."
			if header[1] == want {
				return number
			}
			continue
		}
		if name, _, ok := strings.Cut(line, "="); ok && table+strings.TrimSpace(name) == want {
			return number
		}
	}
	return 0
}

// valueIs is what the errors for a value of the wrong kind begin with. The name of the key goes before it.
const valueIs = "is "

// expected is the error for a value that is not what it has to be.
func expected(what string, got any) error {
	return errors.New(valueIs + what + "; got " + kindOf(got))
}

// kindOf names the kind of a value of TOML.
func kindOf(value any) string {
	switch value.(type) {
	case string:
		return "a string"
	case bool:
		return "a boolean"
	case int64, float64:
		return "a number"
	case time.Time:
		return "a date or time"
	case []any, []map[string]any:
		return "an array"
	}
	return "a table"
}

// configText is a string.
type configText string

// UnmarshalTOML takes the value of a key.
func (t *configText) UnmarshalTOML(value any) error {
	text, ok := value.(string)
	if !ok {
		return expected("a string", value)
	}
	*t = configText(text)
	return nil
}

// configDate is a day: of the command line, of JSON, and of TOML with or without quotes.
type configDate string

// UnmarshalText takes a day such as 2026-11-01.
func (d *configDate) UnmarshalText(text []byte) error {
	if _, err := time.Parse(time.DateOnly, string(text)); err != nil {
		return fmt.Errorf("%q is not a date: write it as 2026-11-01", text)
	}
	*d = configDate(text)
	return nil
}

// UnmarshalTOML takes the value of a key.
func (d *configDate) UnmarshalTOML(value any) error {
	switch value := value.(type) {
	case string:
		return d.UnmarshalText([]byte(value))
	case time.Time:
		*d = configDate(value.Format(time.DateOnly))
	default:
		return expected("a day, such as 2026-11-01", value)
	}
	return nil
}

// configTexts is an array of strings.
type configTexts []string

// UnmarshalTOML takes the value of a key.
func (t *configTexts) UnmarshalTOML(value any) error {
	list, ok := value.([]any)
	if !ok {
		return expected(`an array of strings, such as ["one", "two"]`, value)
	}
	for _, item := range list {
		text, ok := item.(string)
		if !ok {
			return expected(`an array of strings, such as ["one", "two"]`, item)
		}
		*t = append(*t, text)
	}
	return nil
}

// configRules are rules for outgoing connections.
type configRules []egressRule

// UnmarshalTOML takes the value of a key.
func (r *configRules) UnmarshalTOML(value any) error {
	var texts configTexts
	if err := texts.UnmarshalTOML(value); err != nil {
		return err
	}
	for _, text := range texts {
		var rule egressRule
		if err := rule.UnmarshalText([]byte(text)); err != nil {
			return err
		}
		*r = append(*r, rule)
	}
	return nil
}

// configure completes the command line with the configuration file, the one that is named, or linger.toml beside the
// application, if there is one; with the compatibility date of a wrangler file; and with the variables of all sources.
func (c *runCommand) configure() error {
	path := c.Config
	if path == "" {
		path = filepath.Join(folderOf(c.App), configName)
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			path = ""
		}
	}
	var file config
	if path != "" {
		var err error
		if file, err = readConfig(path); err != nil {
			return err
		}
		c.complete(file, filepath.Dir(path))
	}
	if c.App == "" {
		return errNoApp
	}
	if err := c.completeFromWrangler(); err != nil {
		return err
	}
	return c.collectVars(file.Vars)
}

// errNoApp tells that nothing names the application.
var errNoApp = errors.New(`expected "<app>", the application's module, or a linger.toml that names it as main`)

// folderOf gives the folder that an application is in: this one, if none is named.
func folderOf(app string) string {
	if info, err := os.Stat(app); err == nil && info.IsDir() {
		return app
	}
	return filepath.Dir(app)
}

// besideApp returns the path of a file that belongs to an application: in the folder of its module, or else in a folder
// above that, up to the working directory. It returns "" if there is none.
func besideApp(app, name string) string {
	folder, err := filepath.Abs(folderOf(app))
	if err != nil {
		return ""
	}
	here, err := os.Getwd()
	if err != nil {
		here = folder
	}
	for {
		path := filepath.Join(folder, name)
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			return path
		}
		if !isAbove(here, folder) {
			return ""
		}
		folder = filepath.Dir(folder)
	}
}

// isAbove reports whether a folder is above another one.
func isAbove(above, folder string) bool {
	relative, err := filepath.Rel(above, folder)
	return err == nil && relative != "." && relative != ".." && !strings.HasPrefix(relative, ".."+string(filepath.Separator))
}

// complete takes what the command line has left open from a file in a folder.
func (c *runCommand) complete(file config, folder string) {
	if c.App == "" && file.Main != "" {
		c.App = filepath.Join(folder, filepath.FromSlash(string(file.Main)))
	}
	if c.CompatibilityDate == "" {
		c.CompatibilityDate = file.CompatibilityDate
	}
	if len(c.CompatibilityFlag) == 0 {
		c.CompatibilityFlag = file.CompatibilityFlags
	}
	c.Egress = slices.Concat(c.Egress, file.Egress) // the first that fits decides
}

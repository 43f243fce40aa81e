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

	"github.com/lingerws/linger/cmd/linger/internal/wrangler"
	"github.com/lingerws/linger/internal/spelling"
)

// configName is the configuration file that is read by default, if it exists in the application's folder.
const configName = "linger.toml"

// config is the content of a configuration file. Flags take precedence over it.
type config struct {
	Main               configText          `toml:"main"` // path of the application's module, relative to the file
	Runtime            runtimeName         `toml:"runtime"`
	RuntimePath        configText          `toml:"runtime_path"` // a name in PATH, or a path relative to the file
	RuntimeArgs        configTexts         `toml:"runtime_args"`
	Isolation          isolation           `toml:"isolation"`
	CompatibilityDate  configDate          `toml:"compatibility_date"`
	CompatibilityFlags configTexts         `toml:"compatibility_flags"`
	Egress             configRules         `toml:"egress"`
	Vars               map[string]varValue `toml:"vars"`
}

// configKeys are the valid keys of a configuration file.
var configKeys = []string{"main", "runtime", "runtime_path", "runtime_args", "isolation", "compatibility_date", "compatibility_flags", "egress", "vars"}

// readConfig parses the configuration file at path.
func readConfig(path string) (config, error) {
	var c config
	text, err := os.ReadFile(path)
	if err != nil {
		return c, readError(path, err)
	}
	meta, err := toml.Decode(string(text), &c)
	if err != nil {
		return c, configError(path, err)
	}
	if kind := meta.Type("vars"); kind != "" && kind != "Hash" { // the library decodes any other type as an empty table
		return c, fmt.Errorf("%s:%d: vars must be a table: write [vars], then lines of NAME = \"value\"", path, lineOf(string(text), toml.Key{"vars"}))
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return c, unknownKey(path, string(text), unknown[0])
	}
	return c, nil
}

// readError returns the error for a file that cannot be read.
func readError(path string, err error) error {
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		err = failed.Err
	}
	return fmt.Errorf("%s: cannot be read: %w", path, err)
}

// configError adds the file, and the line if it is known, to an error of the TOML library: a syntax error, or a value
// of the wrong type.
func configError(path string, err error) error {
	wrong, ok := errors.AsType[toml.ParseError](err)
	switch {
	case !ok:
		return fmt.Errorf("%s: %s", path, strings.TrimPrefix(err.Error(), "toml: "))
	case strings.HasPrefix(wrong.Message, valueMustBe):
		return fmt.Errorf("%s:%d: %s %s", path, wrong.Position.Line, wrong.LastKey, wrong.Message)
	}
	return fmt.Errorf("%s:%d: %s", path, wrong.Position.Line, wrong.Message)
}

// unknownKey returns the error for a key that is not in configKeys.
func unknownKey(path, text string, key toml.Key) error {
	place := path
	if line := lineOf(text, key); line > 0 {
		place = fmt.Sprintf("%s:%d", path, line)
	}
	if near := spelling.Nearest(key[0], configKeys); near != "" {
		return fmt.Errorf("%s: unknown key %s: did you mean %s? Valid keys are %s", place, key, near, keysText)
	}
	return fmt.Errorf("%s: unknown key %s: valid keys are %s", place, key, keysText)
}

// keysText is configKeys in the words of an error message.
const keysText = "main, runtime, runtime_path, runtime_args, isolation, compatibility_date, compatibility_flags, egress and [vars]"

// tableHeader matches a line that begins a table or an array of tables.
var tableHeader = regexp.MustCompile(`^\s*\[+\s*([^\]]+?)\s*\]`)

// lineOf returns the number of the line that sets a key, counted from 1. It returns 0 if it does not find the key, which
// may be written in an unusual way.
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

// valueMustBe begins the errors for a value of the wrong type. configError puts the key before it.
const valueMustBe = "must be "

// typeError returns the error for a value whose type is not the expected one.
func typeError(expected string, got any) error {
	return errors.New(valueMustBe + expected + "; got " + wrangler.TypeName(got))
}

// configText is a string in a configuration file.
type configText string

// UnmarshalTOML implements toml.Unmarshaler.
func (t *configText) UnmarshalTOML(value any) error {
	text, ok := value.(string)
	if !ok {
		return typeError("a string", value)
	}
	*t = configText(text)
	return nil
}

// configDate is a date on the command line, in JSON, or in TOML with or without quotes. Its form is 2026-11-01.
type configDate string

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *configDate) UnmarshalText(text []byte) error {
	if _, err := time.Parse(time.DateOnly, string(text)); err != nil {
		return fmt.Errorf("%q is not a date: write it as 2026-11-01", text)
	}
	*d = configDate(text)
	return nil
}

// UnmarshalTOML implements toml.Unmarshaler.
func (d *configDate) UnmarshalTOML(value any) error {
	switch value := value.(type) {
	case string:
		return d.UnmarshalText([]byte(value))
	case time.Time:
		*d = configDate(value.Format(time.DateOnly))
	default:
		return typeError("a date, such as 2026-11-01", value)
	}
	return nil
}

// configTexts is an array of strings in a configuration file.
type configTexts []string

// UnmarshalTOML implements toml.Unmarshaler.
func (t *configTexts) UnmarshalTOML(value any) error {
	list, ok := value.([]any)
	if !ok {
		return typeError(`an array of strings, such as ["one", "two"]`, value)
	}
	for _, item := range list {
		text, ok := item.(string)
		if !ok {
			return typeError(`an array of strings, such as ["one", "two"]`, item)
		}
		*t = append(*t, text)
	}
	return nil
}

// configRules is an array of rules for outgoing connections in a configuration file.
type configRules []egressRule

// UnmarshalTOML implements toml.Unmarshaler.
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

// configure fills in what the command line leaves open: from the configuration file, which is the one given with
// --config or linger.toml in the application's folder; from a wrangler file; and from the files of variables.
func (c *runCommand) configure() error {
	file, path, err := c.readConfig()
	if err != nil {
		return err
	}
	c.applyConfig(file, filepath.Dir(path))
	project, found, err := c.readProject()
	if err != nil {
		return err
	}
	if found {
		if err := c.applyProject(project); err != nil {
			return err
		}
		path = project.Path
	}
	if c.App == "" {
		return errNoApp
	}
	c.warnOfEgress()
	c.setDataFolder(path)
	vars := project.Vars
	if vars == nil {
		vars = map[string]any{}
	}
	for name, v := range file.Vars {
		vars[name] = v.value
	}
	return c.collectVars(vars, filepath.Dir(path))
}

// readConfig reads the configuration file. The path is "" if there is none.
func (c *runCommand) readConfig() (file config, path string, err error) {
	path = c.Config
	if path == "" || isWrangler(path) {
		path = filepath.Join(folderOf(c.App), configName)
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return file, "", nil
		}
	}
	file, err = readConfig(path)
	return file, path, err
}

// errNoApp is returned if neither the command line nor the configuration file names the application.
var errNoApp = errors.New(`expected "<app>", the application's module, or a linger.toml, wrangler.jsonc or wrangler.toml that names it as main`)

// folderOf returns the folder of an application: "." if app is empty, and app itself if it is a folder.
func folderOf(app string) string {
	if info, err := os.Stat(app); err == nil && info.IsDir() {
		return app
	}
	return filepath.Dir(app)
}

// findForApp returns the absolute path of the file called name in the folder of the application's module, or in the
// nearest parent folder that has it, up to the working directory. It returns "" if there is no such file.
func findForApp(app, name string) string {
	folder, err := filepath.Abs(folderOf(app))
	if err != nil {
		return ""
	}
	workingDir, err := os.Getwd()
	if err != nil {
		workingDir = folder
	}
	for {
		if path := filepath.Join(folder, name); isFile(path) {
			return path
		}
		if !isAncestor(workingDir, folder) {
			return ""
		}
		folder = filepath.Dir(folder)
	}
}

// isFile reports whether path is that of a file and not of a folder.
func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}

// isAncestor reports whether folder is below ancestor.
func isAncestor(ancestor, folder string) bool {
	relative, err := filepath.Rel(ancestor, folder)
	return err == nil && relative != "." && relative != ".." && !strings.HasPrefix(relative, ".."+string(filepath.Separator))
}

// applyConfig fills in what the command line leaves open from a configuration file in folder.
func (c *runCommand) applyConfig(file config, folder string) {
	if c.App == "" && file.Main != "" {
		c.App = filepath.Join(folder, filepath.FromSlash(string(file.Main)))
	}
	c.runtimeFlags.applyConfig(file, folder)
	if c.CompatibilityDate == "" {
		c.CompatibilityDate = file.CompatibilityDate
	}
	if len(c.CompatibilityFlag) == 0 {
		c.CompatibilityFlag = file.CompatibilityFlags
	}
	c.Egress = slices.Concat(c.Egress, file.Egress) // the first rule that matches applies, so flags take precedence
}

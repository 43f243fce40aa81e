package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/BurntSushi/toml"
)

// configName is the file that is read without being asked for, beside the application.
const configName = "linger.toml"

// config is what the configuration file says. What the command line says wins.
type config struct {
	Main               string            `toml:"main"` // the application's module, from where the file is
	CompatibilityDate  string            `toml:"compatibility_date"`
	CompatibilityFlags []string          `toml:"compatibility_flags"`
	Egress             []egressRule      `toml:"egress"`
	Vars               map[string]string `toml:"vars"`
}

// readConfig reads a configuration file.
func readConfig(path string) (config, error) {
	var c config
	meta, err := toml.DecodeFile(path, &c)
	if err != nil {
		return c, configError(path, err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		names := make([]string, len(unknown))
		for i, key := range unknown {
			names[i] = key.String()
		}
		return c, fmt.Errorf("%s: %s is not known: there are main, compatibility_date, compatibility_flags, egress and [vars]", path, strings.Join(names, ", "))
	}
	return c, nil
}

func configError(path string, err error) error {
	if missing, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("%s: cannot be read: %w", path, missing.Err)
	}
	if syntax, ok := errors.AsType[toml.ParseError](err); ok {
		return fmt.Errorf("%s:%d: %s", path, syntax.Position.Line, syntax.Message)
	}
	return fmt.Errorf("%s: %w", path, err)
}

// configure completes the command line with the configuration file: the one that is named, or
// linger.toml beside the application, if there is one.
func (c *runCommand) configure() error {
	path := c.Config
	if path == "" {
		path = filepath.Join(folderOf(c.App), configName)
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			path = ""
		}
	}
	if path != "" {
		file, err := readConfig(path)
		if err != nil {
			return err
		}
		c.complete(file, filepath.Dir(path))
	}
	if c.App == "" {
		return errNoApp
	}
	return nil
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

// complete takes what the command line has left open from a file in a folder.
func (c *runCommand) complete(file config, folder string) {
	if c.App == "" && file.Main != "" {
		c.App = filepath.Join(folder, filepath.FromSlash(file.Main))
	}
	if c.CompatibilityDate == "" {
		c.CompatibilityDate = file.CompatibilityDate
	}
	if len(c.CompatibilityFlag) == 0 {
		c.CompatibilityFlag = file.CompatibilityFlags
	}
	c.Egress = append(c.Egress, file.Egress...) // the first that fits decides
	vars := make([]variable, 0, len(file.Vars)+len(c.Var))
	for name, value := range file.Vars {
		vars = append(vars, variable{name, value})
	}
	c.Var = append(vars, c.Var...) // the last one counts
}

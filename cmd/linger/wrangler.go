package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lingerws/linger/cmd/linger/internal/settings"
	"github.com/lingerws/linger/cmd/linger/internal/wrangler"
	"github.com/lingerws/linger/worker"
)

// dataName is the folder of stored data, beside the configuration file or the application's module.
const dataName = ".linger"

// readProject reads the application's wrangler file: the one given with --config, or the one in the folder of the
// module or the nearest parent folder that has one, up to the working directory. Without a file it returns false.
func (c *runCommand) readProject() (file wrangler.Config, found bool, err error) {
	path := c.wranglerPath()
	switch {
	case path != "":
		file, err = wrangler.Read(path, c.Env)
		return file, true, err
	case c.Env != "":
		return file, false, errors.New("--env: there is no wrangler file: environments are those of wrangler.jsonc or wrangler.toml")
	}
	return file, false, nil
}

// wranglerPath returns the path of the application's wrangler file, "" if it has none.
func (c *runCommand) wranglerPath() string {
	if isWrangler(c.Config) {
		return c.Config
	}
	for _, name := range wrangler.Names {
		if path := findForApp(c.App, name); path != "" {
			return relative(path)
		}
	}
	return ""
}

// isWrangler reports whether a configuration file is one of wrangler, by its name.
func isWrangler(path string) bool {
	name := filepath.Base(path)
	return strings.HasPrefix(name, "wrangler.") || strings.HasPrefix(filepath.Ext(name), ".json")
}

// relative returns a path in its form relative to the working directory, if it is below that.
func relative(path string) string {
	dir, err := os.Getwd()
	if err != nil {
		return path
	}
	if short, err := filepath.Rel(dir, path); err == nil && filepath.IsLocal(short) {
		return short
	}
	return path
}

// applyProject fills in what is left open from a wrangler file.
func (c *runCommand) applyProject(file wrangler.Config) error {
	if c.App == "" {
		if err := checkMain(file); err != nil {
			return err
		}
		c.App, c.mainSource = file.Main, settings.Source{Kind: settings.InFile, Name: file.Path}
	}
	name := filepath.Base(file.Path)
	for _, w := range file.Warnings {
		c.configWarnings = append(c.configWarnings, configWarning{w.Text, []any{"setting", w.Key, "file", name}})
	}
	if c.CompatibilityDate == "" && len(c.CompatibilityFlag) == 0 {
		c.CompatibilityDate = configDate(file.CompatibilityDate)
		c.applyCompatibilityFlags(file.CompatibilityFlags, name)
		if c.CompatibilityDate != "" {
			c.values.SetSource("compatibility-date", settings.Source{Kind: settings.InFile, Name: file.Path})
		}
		if len(c.CompatibilityFlag) > 0 {
			c.values.SetSource("compatibility-flag", settings.Source{Kind: settings.InFile, Name: file.Path})
		}
	}
	c.bindings, c.assets, c.crons, c.migrations = file.Bindings, file.Assets, file.Crons, file.Migrations
	return nil
}

// checkMain returns an error if a file has no module to run.
func checkMain(file wrangler.Config) error {
	switch {
	case file.Main != "":
		if _, err := os.Stat(file.Main); err != nil {
			return fmt.Errorf("%s: the module %s, which is main, cannot be read: if a build command writes it, run that first", file.Path, file.Main)
		}
		return nil
	case file.Assets.Directory != "":
		return fmt.Errorf("%s: main is missing: Linger needs a module even if there are only assets, such as export default { fetch: (request, env) => env.ASSETS.fetch(request) } with ASSETS as the binding of assets", file.Path)
	}
	return fmt.Errorf("%s: main is missing: set it to the path of the application's module, such as src/index.ts", file.Path)
}

// applyCompatibilityFlags sets the compatibility flags to those of a wrangler file called name. Flags that have no meaning for
// Linger cause warnings.
func (c *runCommand) applyCompatibilityFlags(flags []string, name string) {
	for _, flag := range flags {
		if worker.IsCompatibilityFlag(flag) {
			c.CompatibilityFlag = append(c.CompatibilityFlag, flag)
		} else {
			c.configWarnings = append(c.configWarnings, configWarning{"compatibility flag has no effect in Linger", []any{"flag", flag, "file", name}})
		}
	}
}

// setDataFolder sets the folder of stored data, unless it is given. config is the path of the configuration file, "" without
// one.
func (c *runCommand) setDataFolder(config string) {
	switch {
	case c.Data != "":
	case config != "":
		c.Data = filepath.Join(filepath.Dir(config), dataName)
	default:
		c.Data = filepath.Join(folderOf(c.App), dataName)
	}
}

// configWarning is a warning about the configuration.
type configWarning struct {
	text  string
	attrs []any // for slog: keys and values in turn
}

// String returns the warning as a line of text.
func (w configWarning) String() string {
	text := w.text
	for pair := range slices.Chunk(w.attrs, 2) {
		text += fmt.Sprintf(", %v %v", pair...)
	}
	return text
}

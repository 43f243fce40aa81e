package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/lingerws/linger/cmd/linger/internal/settings"
	"github.com/lingerws/linger/worker"
)

// configName is the configuration file that is read by default, if it exists in the application's folder.
const configName = "linger.toml"

// readError returns the error for a file that cannot be read.
func readError(path string, err error) error {
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		err = failed.Err
	}
	return fmt.Errorf("%s: cannot be read: %w", path, err)
}

// configDate is a flag value that is a date. Its form is 2026-11-01.
type configDate string

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *configDate) UnmarshalText(text []byte) error {
	if _, err := time.Parse(time.DateOnly, string(text)); err != nil {
		return fmt.Errorf("%q is not a date: write it as 2026-11-01", text)
	}
	*d = configDate(text)
	return nil
}

// configuration is what configure finds in addition to the values of flags.
type configuration struct {
	mainSource     settings.Source
	vars           map[string]any    // the variables of env from all sources
	varSources     map[string]string // their places
	bindings       worker.Bindings
	assets         worker.Assets
	crons          []string
	migrations     []worker.Migration
	configWarnings []configWarning
	configFiles    []string // the paths of the files that were read
}

// configure fills in what the flags leave open: from the configuration file, from a wrangler file, and from the files of
// variables.
func (c *runCommand) configure() error {
	var path string
	if c.file != nil {
		path = c.file.Path
		c.configFiles = append(c.configFiles, path)
	}
	c.setMain()
	c.configWarnings = append(c.configWarnings, c.variableWarnings()...)
	project, found, err := c.readProject()
	if err != nil {
		return err
	}
	if found {
		if err := c.applyProject(project); err != nil {
			return err
		}
		path = project.Path
		c.configFiles = append(c.configFiles, path)
	}
	if c.App == "" {
		return errNoApp
	}
	c.warnOfEgress()
	c.configWarnings = append(c.configWarnings, c.clusterFlags.warnings()...)
	c.setDataFolder(path)
	return c.collectVars(project, filepath.Dir(path))
}

// setMain sets the application, unless the command line has it, to that of the environment or of the configuration file.
func (c *runCommand) setMain() {
	if c.App != "" {
		c.mainSource = settings.Source{Kind: settings.CommandLine, Name: "<app>"}
		return
	}
	if app := os.Getenv(mainVariable); app != "" {
		c.App, c.mainSource = app, settings.Source{Kind: settings.Environment, Name: mainVariable}
		return
	}
	if main := c.file.Text("main"); main != "" {
		c.App, c.mainSource = c.file.Resolve(main), settings.Source{Kind: settings.InFile, Name: c.file.Path, Line: c.file.Line("main")}
	}
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

// files returns the absolute paths of the files that configure has read.
func (c *runCommand) files() []string {
	paths := make([]string, 0, len(c.configFiles))
	for _, path := range c.configFiles {
		if path, err := filepath.Abs(path); err == nil {
			paths = append(paths, path)
		}
	}
	return paths
}

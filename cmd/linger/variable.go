package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/lingerws/linger/cmd/linger/internal/wrangler"
)

// variable is a flag value that is a variable of the application: NAME=VALUE, or NAME for a variable of Linger's own
// environment.
type variable struct{ name, value string }

// Decode implements kong.MapperValue. Its errors do not contain values, which may be secrets.
func (v *variable) Decode(ctx *kong.DecodeContext) error {
	var text string
	if err := ctx.Scan.PopValueInto("variable", &text); err != nil {
		return err
	}
	name, value, given := strings.Cut(text, "=")
	if name == "" {
		return errors.New("the variable has no name: give NAME=VALUE, or NAME for a variable of the environment")
	}
	if !given {
		var ok bool
		if value, ok = os.LookupEnv(name); !ok {
			return fmt.Errorf("%s is not set in the environment: set it there, or give %s=VALUE", name, name)
		}
	}
	*v = variable{name, value}
	return nil
}

// envNames returns the names of the files of variables that are read by default, for an environment or none. A later one takes
// precedence, and the last ones exclude each other: only the first of them that exists is read.
func envNames(environment string) (merged, exclusive []string) {
	if environment == "" {
		return []string{".env", ".env.local"}, []string{".dev.vars"}
	}
	return []string{".env", ".env." + environment, ".env.local", ".env." + environment + ".local"}, []string{".dev.vars." + environment, ".dev.vars"}
}

// envFiles returns the paths of the files of variables that exist: in the folder of the module or the nearest parent folder that
// has the file, up to the working directory, or in the folder of the configuration file.
func (c *runCommand) envFiles(configFolder string) (files []string) {
	find := func(name string) bool {
		path := findForApp(c.App, name)
		if inFolder := filepath.Join(configFolder, name); path == "" && isFile(inFolder) {
			path = inFolder
		}
		if path != "" {
			files = append(files, path)
		}
		return path != ""
	}
	merged, exclusive := envNames(c.Env)
	for _, name := range merged {
		find(name)
	}
	for _, name := range exclusive {
		if find(name) {
			break
		}
	}
	return files
}

// collectVars sets c.vars to the variables from all sources, and c.varSources to their places. Each of the sources takes
// precedence over those before it: project, the configuration file, .env, .dev.vars, --env-file, LINGER_VAR_NAME, --var.
func (c *runCommand) collectVars(project wrangler.Config, configFolder string) error {
	c.vars, c.varSources = map[string]any{}, map[string]string{}
	add := func(vars map[string]any, place func(name string) string) {
		for name, value := range vars {
			c.vars[name], c.varSources[name] = value, place(name)
		}
	}
	add(project.Vars, func(string) string { return project.Path })
	add(c.fileVars, func(name string) string { return fmt.Sprintf("%s:%d", c.file.Path, c.file.Line("vars", name)) })
	for _, path := range append(c.envFiles(configFolder), c.EnvFile...) {
		c.configFiles = append(c.configFiles, path)
		vars, err := readEnvFile(path)
		if errors.Is(err, fs.ErrNotExist) { // the default files exist, as envFiles has found them
			return fmt.Errorf("--env-file: %w", err)
		}
		if err != nil {
			return err
		}
		add(vars, func(string) string { return relative(path) })
	}
	add(environmentVars(os.Environ()), func(name string) string { return varPrefix + name })
	for _, v := range c.Var {
		c.vars[v.name], c.varSources[v.name] = v.value, "--var"
	}
	return nil
}

// varPrefix begins the names of the environment variables that are variables of the application.
const varPrefix = variablePrefix + "VAR_"

// environmentVars returns the variables of the application in an environment, which has the form of os.Environ.
func environmentVars(environ []string) map[string]any {
	vars := map[string]any{}
	for _, line := range environ {
		if rest, ok := strings.CutPrefix(line, varPrefix); ok {
			name, value, _ := strings.Cut(rest, "=")
			vars[name] = value
		}
	}
	return vars
}

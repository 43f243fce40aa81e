package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/lingerws/linger/cmd/linger/internal/scaffold"
)

// initCommand makes a small application.
type initCommand struct {
	Dir        string      `arg:"" optional:"" default:"." help:"Folder of the application, which is created if it does not exist. Default: the working directory."`
	TypeScript bool        `name:"typescript" xor:"language" help:"Write TypeScript, which is the default."`
	JavaScript bool        `name:"javascript" xor:"language" help:"Write JavaScript."`
	Runtime    runtimeName `placeholder:"NAME" help:"What runs the application: embedded, node, bun or deno. Default: embedded."`
}

// Help returns the text at the end of the command's help. kong calls it.
func (initCommand) Help() string {
	return `Examples:

  linger init chat                 # a chat in TypeScript, in the folder chat
  linger init --javascript chat

The application has its events, a page, tests and a configuration. Nothing is overwritten.`
}

// Run writes the files, and prints what to do with them. If one of them exists, nothing is written.
func (c *initCommand) Run(out *streams) error {
	absolute, err := filepath.Abs(c.Dir)
	if err != nil {
		return err
	}
	runtime := string(c.Runtime)
	if c.Runtime == embedded {
		runtime = ""
	}
	files, err := scaffold.Files(scaffold.Options{Name: scaffold.PackageName(filepath.Base(absolute)), JavaScript: c.JavaScript, Runtime: runtime})
	if err != nil {
		return err
	}
	if err := checkNew(c.Dir, files); err != nil {
		return err
	}
	for _, file := range files {
		if err := writeNew(filepath.Join(c.Dir, filepath.FromSlash(file.Path)), file.Text); err != nil {
			return err
		}
	}
	c.printNext(out, files)
	return nil
}

// checkNew returns an error that names the files that exist.
func checkNew(dir string, files []scaffold.File) error {
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return fmt.Errorf("%s: is a file: give the path of a folder", dir)
	}
	var existing []string
	for _, file := range files {
		if _, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(file.Path))); err == nil {
			existing = append(existing, file.Path)
		}
	}
	if len(existing) > 0 {
		return fmt.Errorf("%s has %s already, and nothing is overwritten: give another folder, as in linger init my-app", dir, strings.Join(existing, ", "))
	}
	return nil
}

// writeNew writes a file that does not exist.
func writeNew(path string, text []byte) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // source files, which others may read
		return writeError(filepath.Dir(path), err)
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // as above
	if err != nil {
		return writeError(path, err)
	}
	_, err = file.Write(text)
	if err := errors.Join(err, file.Close()); err != nil {
		return writeError(path, err)
	}
	return nil
}

// purposes are the files that printNext explains; %s is the suffix of the language.
var purposes = [][2]string{
	{"app.%s", "the events of a chat: upgrade, message, close"},
	{"app.test.%s", "their tests"},
	{"public/", "the page"},
	{"linger.toml", "the configuration"},
}

// printNext prints what was made and what to do next.
func (c *initCommand) printNext(out *streams, files []scaffold.File) {
	style, suffix := out.outStyle, "ts"
	if c.JavaScript {
		suffix = "js"
	}
	where := c.Dir
	if where == "." {
		where = "the working directory"
	}
	out.out.printf("Made %d files in %s:\n\n", len(files), where)
	for _, p := range purposes {
		out.out.printf("  %-12s  %s\n", strings.ReplaceAll(p[0], "%s", suffix), style.paint(dim, p[1]))
	}
	out.out.printf("\nNext:\n\n")
	if c.Dir != "." {
		out.out.printf("  cd %s\n", c.Dir)
	}
	out.out.printf("  linger run --watch  %s\n  linger test\n", style.paint(dim, "# at http://127.0.0.1:8080/"))
}

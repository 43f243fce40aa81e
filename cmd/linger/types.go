package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/lingerws/linger/worker"
)

// typesCommand writes the TypeScript types of Linger.
type typesCommand struct {
	Path string `arg:"" optional:"" default:"." help:"Folder for linger.d.ts, or a file, or - for standard output. Default: the working directory."`
}

// typesName is the name of the file if the command is given a folder.
const typesName = "linger.d.ts"

// Run writes the file and prints its path. It overwrites only a file that linger types has written.
func (c *typesCommand) Run(out *streams) error {
	types := worker.Types()
	if c.Path == "-" {
		_, err := fmt.Fprint(out.out, types)
		return err
	}
	path := c.Path
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, typesName)
	}
	last, err := os.ReadFile(path)
	head, _, _ := bytes.Cut([]byte(types), []byte("\n"))
	switch {
	case err == nil && !bytes.HasPrefix(last, head):
		return fmt.Errorf("%s: was not written by `linger types` and is not overwritten: give another path, or remove it", path)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return readError(path, err)
	}
	if err := os.WriteFile(path, []byte(types), 0o644); err != nil { //nolint:gosec // a source file, which others may read
		return writeError(path, err)
	}
	_, err = fmt.Fprintln(out.out, path)
	return err
}

// writeError returns the error for a file that cannot be written.
func writeError(path string, err error) error {
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		err = failed.Err
	}
	return fmt.Errorf("%s: cannot be written: %w", path, err)
}

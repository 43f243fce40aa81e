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

// typesCommand writes the types of Linger for TypeScript.
type typesCommand struct {
	Path string `arg:"" optional:"" default:"." help:"Folder for linger.d.ts, this one if not given; or a file; or - for standard output."`
}

// typesName is the file that is written to a folder.
const typesName = "linger.d.ts"

// Run writes the file. It replaces an earlier version of it, and no other file.
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
		return fmt.Errorf("%s: is not a file of `linger types`: name another one, or remove it", path)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return unreadable(path, err)
	}
	if err := os.WriteFile(path, []byte(types), 0o644); err != nil { //nolint:gosec // a source file, which others may read
		return unwritable(path, err)
	}
	_, err = fmt.Fprintln(out.out, path)
	return err
}

// unwritable is the error for a file that cannot be written.
func unwritable(path string, err error) error {
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		err = failed.Err
	}
	return fmt.Errorf("%s: cannot be written: %w", path, err)
}

package process

import (
	"errors"
	"io/fs"
)

// Script returns the code that a child of Node, Bun or Deno runs: an ES module with the modules in files, which all runtimes share.
func Script(fs.FS) (string, error) { return "", errors.New("not built yet") }

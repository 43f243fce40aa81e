package process

import (
	"fmt"
	"os/exec"
)

// Found is a runtime that is installed.
type Found struct{ Path, Version string }

// Find returns the runtime with a name, at path or in PATH.
func Find(name, path string) (Found, error) {
	if path == "" {
		path = name
	}
	path, err := exec.LookPath(path)
	if err != nil {
		return Found{}, fmt.Errorf("%s is not installed, or not in PATH: %w", name, err)
	}
	return Found{Path: path}, nil
}

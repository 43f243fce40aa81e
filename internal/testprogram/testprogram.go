// Package testprogram builds the programs of the repository for tests that run them.
package testprogram

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// Command is the folder of the linger command in the repository.
const Command = "cmd/linger"

// Build builds the program in a folder of the repository, such as [Command], and returns the absolute path of its file, which is in the folder
// to. root is the root of the repository. If the environment variable TESTS_COMMAND is not empty it is the path of the command, which is
// not built then: .ci/check builds it once for all tests.
func Build(root, program, to string) (path string, err error) {
	if path := os.Getenv("TESTS_COMMAND"); path != "" && program == Command {
		return path, nil
	}
	if path, err = filepath.Abs(filepath.Join(to, filepath.Base(program))); err != nil {
		return "", err
	}
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	build := exec.Command("go", "build", "-buildvcs=false", "-o", path, "./"+program) //nolint:gosec // folders of tests
	build.Dir = root
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building %s: %w\n%s", program, err, output)
	}
	return path, nil
}

package interop_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// bunPath is the path at which npm installs Bun.
var bunPath = filepath.Join("node_modules", ".bin", "bun")

// installed installs the packages. It returns an empty string, or the reason why that is not possible. It also prints the
// reason, because skipped tests print nothing.
var installed = sync.OnceValue(func() string {
	why := install("testdata")
	if why != "" {
		fmt.Fprintln(os.Stderr, "NOT TESTED: the peers in Node and Bun:", why)
	}
	return why
})

// install installs the packages in the package-lock.json of a folder with npm, unless they are up to date. It returns an
// empty string, or the reason why that is not possible.
func install(folder string) string {
	lock := filepath.Join(folder, "package-lock.json")
	if isNewer(filepath.Join(folder, "node_modules", ".package-lock.json"), lock) {
		return ""
	}
	for _, name := range []string{"node", "npm"} {
		if _, err := exec.LookPath(name); err != nil {
			return name + " is not installed; install Node 20.18 or later, on Debian with: apt-get install nodejs npm"
		}
	}
	npm := exec.Command("npm", "ci", "--no-audit", "--no-fund", "--loglevel=error")
	npm.Dir = folder
	if output, err := npm.CombinedOutput(); err != nil {
		return "npm cannot install the packages of " + lock + ": " + err.Error() + "\n" + string(output)
	}
	return ""
}

func isNewer(file, than string) bool {
	a, err := os.Stat(file)
	if err != nil {
		return false
	}
	b, err := os.Stat(than)
	return err == nil && !a.ModTime().Before(b.ModTime())
}

// needPackages skips the test if the packages cannot be installed.
func needPackages(t *testing.T) {
	t.Helper()
	if why := installed(); why != "" {
		t.Skip("this peer is not tested: " + why)
	}
}

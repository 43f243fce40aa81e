package workerd_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
)

// program is the path of workerd after a successful call of installed.
var program string

// installed installs workerd. It returns an empty string, or the reason why workerd does not run on this machine. It also
// prints the reason, because skipped tests print nothing.
var installed = sync.OnceValue(func() string {
	why := install()
	if why != "" {
		fmt.Fprintln(os.Stderr, "NOT COMPARED with workerd:", why)
	}
	return why
})

// install installs the packages in testdata/package-lock.json with npm, unless they are up to date. It returns an empty
// string, or the reason why that is not possible.
func install() string {
	if !isNewer("testdata/node_modules/.package-lock.json", "testdata/package-lock.json") {
		if _, err := exec.LookPath("npm"); err != nil {
			return "npm is not installed; on Debian: apt-get install nodejs npm"
		}
		npm := exec.Command("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
		npm.Dir = "testdata"
		if output, err := npm.CombinedOutput(); err != nil {
			return "npm cannot install the package of testdata/package.json: " + err.Error() + "\n" + string(output)
		}
	}
	path, err := filepath.Abs("testdata/node_modules/@cloudflare/workerd-" + platform() + "/bin/workerd")
	if err != nil {
		return err.Error()
	}
	if output, err := exec.Command(path, "--version").CombinedOutput(); err != nil {
		return "workerd does not run: " + err.Error() + "\n" + string(output)
	}
	program = path
	return ""
}

// platform returns the name of this platform in the names of the packages of workerd.
func platform() string {
	if runtime.GOARCH == "amd64" {
		return runtime.GOOS + "-64"
	}
	return runtime.GOOS + "-" + runtime.GOARCH
}

func isNewer(file, than string) bool {
	a, err := os.Stat(file)
	if err != nil {
		return false
	}
	b, err := os.Stat(than)
	return err == nil && !a.ModTime().Before(b.ModTime())
}

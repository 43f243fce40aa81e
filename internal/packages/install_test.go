package packages_test

import (
	"fmt"
	"os"
	"os/exec"
	"sync"
)

// installed installs the packages. It returns an empty string, or the reason why that is not possible. It also prints the
// reason, because skipped tests print nothing.
var installed = sync.OnceValue(func() string {
	why := install("testdata")
	if why != "" {
		fmt.Fprintln(os.Stderr, "NOT TESTED: packages of npm:", why)
	}
	return why
})

// install installs the packages in package-lock.json of a folder with npm, unless they are up to date. It returns an empty string, or
// the reason why that is not possible.
func install(folder string) string {
	if isNewer(folder+"/node_modules/.package-lock.json", folder+"/package-lock.json") {
		return ""
	}
	if _, err := exec.LookPath("npm"); err != nil {
		return "npm is not installed; on Debian: apt-get install nodejs npm"
	}
	npm := exec.Command("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
	npm.Dir = folder
	if output, err := npm.CombinedOutput(); err != nil {
		return "npm cannot install the packages of " + folder + "/package.json: " + err.Error() + "\n" + string(output)
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

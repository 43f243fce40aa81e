package process

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// versionTime bounds the time in which an executable has to print its version.
const versionTime = 20 * time.Second

// A requirement is what Linger needs of a runtime.
type requirement struct {
	title        string // the name of the product
	major, minor int    // the oldest version
	download     string // the address of the instructions to install it
}

// requirements has the runtimes by the names of their executables.
var requirements = map[string]requirement{
	"node": {"Node.js", 20, 0, "https://nodejs.org/en/download"},
	"bun":  {"Bun", 1, 1, "https://bun.sh/docs/installation"},
	"deno": {"Deno", 2, 0, "https://docs.deno.com/runtime/getting_started/installation"},
}

// String returns the product with the oldest version.
func (r requirement) String() string {
	if r.minor == 0 {
		return fmt.Sprintf("%s %d", r.title, r.major)
	}
	return fmt.Sprintf("%s %d.%d", r.title, r.major, r.minor)
}

// install returns what to do about a runtime that is missing or unusable.
func (r requirement) install() string {
	return fmt.Sprintf("install %v or newer (%s), or set --runtime-path to its executable", r, r.download)
}

// Found is a runtime that is installed.
type Found struct {
	Path    string // of its executable, absolute
	Version string // such as "20.19.0"
}

// A fileKey identifies the state of an executable, so that an update of the file is recognised.
type fileKey struct {
	name, path string
	size       int64
	modified   time.Time
}

// versions has the executables whose versions were read. It has as many entries as paths and updates of runtimes.
var versions = struct {
	mu    sync.Mutex
	files map[fileKey]Found
}{files: map[fileKey]Found{}}

// Find returns the executable of node, bun or deno. path is the path or the name of the executable; if it is "", the
// executable with the name of the runtime is looked for in PATH. The error says what is missing and what to do.
func Find(name, path string) (Found, error) {
	required, ok := requirements[name]
	if !ok {
		return Found{}, fmt.Errorf("there is no runtime %q: node, bun and deno are available", name)
	}
	key, err := lookUp(name, path, required)
	if err != nil {
		return Found{}, err
	}
	versions.mu.Lock()
	defer versions.mu.Unlock() // a second call waits for the version that the first one reads
	if found, ok := versions.files[key]; ok {
		return found, nil
	}
	found := Found{Path: key.path}
	if found.Version, err = readVersion(key.path, required); err == nil {
		versions.files[key] = found
	}
	return found, err
}

// lookUp finds the executable of a runtime.
func lookUp(name, path string, required requirement) (fileKey, error) {
	wanted := path
	if path == "" {
		wanted = name
	}
	found, err := exec.LookPath(wanted)
	if err == nil {
		found, err = filepath.Abs(found) // a child may have another working directory
	}
	var info os.FileInfo
	if err == nil {
		info, err = os.Stat(found)
	}
	if err == nil {
		return fileKey{name: name, path: found, size: info.Size(), modified: info.ModTime()}, nil
	}
	if path == "" {
		return fileKey{}, fmt.Errorf("the runtime %s is not installed: no folder in PATH has its executable; %s", name, required.install())
	}
	return fileKey{}, fmt.Errorf("the executable %s of the runtime %s cannot be used: %w; %s", path, name, err, required.install())
}

// versionPattern matches a version in the output of the option --version, which is the first one for all runtimes.
var versionPattern = regexp.MustCompile(`(\d+)\.(\d+)\.\d+\S*`)

// readVersion returns the version of an executable. The error says why it cannot be used.
func readVersion(path string, required requirement) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), versionTime)
	defer cancel()
	command := exec.CommandContext(ctx, path, "--version")
	command.WaitDelay = time.Second // another process may keep its output open
	out, err := command.Output()
	if ctx.Err() != nil {
		err = fmt.Errorf("it has not ended within %v", versionTime)
	}
	if err != nil {
		return "", fmt.Errorf("%s --version, which should print the version of %s, has failed: %w; %s", path, required.title, err, required.install())
	}
	match := versionPattern.FindStringSubmatch(string(out))
	if match == nil {
		first, _, _ := strings.Cut(string(out), "\n")
		return "", fmt.Errorf("%s --version has printed %.100q, which is not a version of %s; %s", path, first, required.title, required.install())
	}
	major, _ := strconv.Atoi(match[1]) // digits; a number too large for an int is still large
	minor, _ := strconv.Atoi(match[2])
	if major < required.major || major == required.major && minor < required.minor {
		return "", fmt.Errorf("%s is %s %s, which is too old: Linger needs %v; %s", path, required.title, match[0], required, required.install())
	}
	return match[0], nil
}

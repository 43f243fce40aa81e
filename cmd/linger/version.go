package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/lingerws/linger/websocket/driver"
	"github.com/lingerws/linger/worker"
)

// versionCommand prints the version.
type versionCommand struct{}

// Run prints the version, how connections are read and written here, and the runtimes that are installed.
func (versionCommand) Run(out *streams) error { //nolint:unparam // kong calls methods of this form
	out.out.printf("%s\nio: %s\n", version(), bestWay(driver.CheckRings()))
	if installed := installedRuntimes(); installed != "" {
		out.out.printf("installed: %s\n", installed)
	}
	return nil
}

// installedRuntimes returns the runtimes in PATH that can be used, with their versions.
func installedRuntimes() string {
	var found []string
	for _, name := range runtimeNames {
		if name == embedded {
			continue
		}
		if version, err := (worker.Runtime{Name: string(name)}).Version(); err == nil {
			found = append(found, string(name)+" "+version)
		}
	}
	return strings.Join(found, ", ")
}

// versionFlag is the flag --version.
type versionFlag bool

// BeforeReset prints the version and exits, regardless of the rest of the command line. kong calls it.
func (versionFlag) BeforeReset(k *kong.Kong) error { //nolint:unparam // kong calls methods of this form
	_, _ = fmt.Fprintln(k.Stdout, version()) // a stream, whose Write never fails
	k.Exit(0)
	return nil
}

// versionNumber returns the version that the Go tool has recorded in the binary.
func versionNumber() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

// version returns the version and revision that the Go tool has recorded in the binary, and the versions of Go and of the
// JavaScript engine.
func version() string {
	revision := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		revision = revisionOf(info.Settings)
	}
	return fmt.Sprintf("linger %s%s\n%s %s/%s, %s", versionNumber(), revision, runtime.Version(), runtime.GOOS, runtime.GOARCH, worker.EngineVersion)
}

// revisionOf returns the revision in the settings of a build, with its date, or "" if there is none.
func revisionOf(settings []debug.BuildSetting) string {
	values := map[string]string{}
	for _, s := range settings {
		values[s.Key] = s.Value
	}
	revision := values["vcs.revision"]
	if revision == "" {
		return ""
	}
	day, _, _ := strings.Cut(values["vcs.time"], "T")
	text := fmt.Sprintf(", revision %.12s of %s", revision, day)
	if values["vcs.modified"] == "true" {
		text += ", modified"
	}
	return text
}

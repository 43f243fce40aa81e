package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/lingerws/linger/worker"
)

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run(out *streams) error { //nolint:unparam // kong calls methods of this form
	out.out.printf("%s\n", version())
	return nil
}

// versionFlag is --version.
type versionFlag bool

// BeforeReset prints the version, whatever else the command line has; kong calls it.
func (versionFlag) BeforeReset(k *kong.Kong) error { //nolint:unparam // kong calls methods of this form
	_, _ = fmt.Fprintln(k.Stdout, version()) // a stream, which never fails
	k.Exit(0)
	return nil
}

// version returns the module's version and revision as the Go tool recorded them, and what they were built with.
func version() string {
	number, revision := "(devel)", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		if info.Main.Version != "" {
			number = info.Main.Version
		}
		revision = revisionOf(info.Settings)
	}
	return fmt.Sprintf("linger %s%s\n%s %s/%s, %s", number, revision, runtime.Version(), runtime.GOOS, runtime.GOARCH, worker.EngineVersion)
}

// revisionOf returns the revision in the settings of a build, empty if it is not known.
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
		text += ", changed"
	}
	return text
}

package main

import (
	"regexp"
	"runtime/debug"
	"testing"
)

func TestVersion(t *testing.T) {
	if want := regexp.MustCompile(`^linger \S+.*\ngo1\S* \w+/\w+, QuickJS \d{4}-\d\d-\d\d$`); !want.MatchString(version()) {
		t.Errorf("the version must match %s; got %q", want, version())
	}
}

func TestRevisionOf(t *testing.T) {
	settings := []debug.BuildSetting{{Key: "vcs", Value: "git"}, {Key: "vcs.revision", Value: "0123456789abcdef0123"}, {Key: "vcs.time", Value: "2026-11-28T16:00:00Z"}}
	for want, settings := range map[string][]debug.BuildSetting{
		"":                                      settings[:1],
		", revision 0123456789ab of 2026-11-28": append(settings[:3:3], debug.BuildSetting{Key: "vcs.modified", Value: "false"}),
		", revision 0123456789ab of 2026-11-28, modified": append(settings[:3:3], debug.BuildSetting{Key: "vcs.modified", Value: "true"}),
	} {
		if got := revisionOf(settings); got != want {
			t.Errorf("the revision must be %q; got %q", want, got)
		}
	}
}

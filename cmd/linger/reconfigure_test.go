package main

import (
	"os"
	"strings"
	"testing"
)

// The table of the settings that change in place names each of them, and no others.
func TestDocumentedLiveSettings(t *testing.T) {
	page, err := os.ReadFile("../../docs/running.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(page), "\n### Settings that change in place\n")
	table, rest, ended := strings.Cut(section, "| all others")
	if !found || !ended {
		t.Fatal("docs/running.md has no table of the settings that change in place")
	}
	others, _, _ := strings.Cut(rest, "\n")
	for _, setting := range settingsOf(t, "run").Settings {
		name, section := "`"+setting.Path()+"`", "`["+setting.Section+"]`"
		if setting.Key == "" {
			continue
		}
		named := strings.Contains(table, name) || setting.Section != "" && strings.Contains(table, section)
		if live := isLive(setting); live && setting.Name != "env-file" && setting.Name != "env" && !named {
			t.Errorf("%s changes in place: name it in the table of docs/running.md", setting.Path())
		} else if !live && named {
			t.Errorf("%s needs a restart: the table of docs/running.md says that it changes in place", setting.Path())
		} else if live && strings.Contains(others, name) {
			t.Errorf("%s changes in place: the table of docs/running.md names it among those that need a restart", setting.Path())
		}
	}
}

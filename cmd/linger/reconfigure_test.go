package main

import (
	"os"
	"strings"
	"testing"
)

// The tables of the settings that change in place name each of them, and no others.
func TestDocumentedLiveSettings(t *testing.T) {
	for command, file := range map[string]string{"run": "../../docs/running.md", "proxy": "../../docs/proxy.md"} {
		t.Run(command, func(t *testing.T) { checkLiveSettings(t, command, file) })
	}
}

// checkLiveSettings compares the table in a file with the settings of a command.
func checkLiveSettings(t *testing.T, command, file string) {
	t.Helper()
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(page), "## Settings that change in place\n")
	table, rest, ended := strings.Cut(section, "| all others")
	if !found || !ended {
		t.Fatalf("%s has no table of the settings that change in place", file)
	}
	others, _, _ := strings.Cut(rest, "\n")
	for _, setting := range settingsOf(t, command).Settings {
		name, section := "`"+setting.Path()+"`", "`["+setting.Section+"]`"
		if setting.Key == "" {
			continue
		}
		named := strings.Contains(table, name) || setting.Section != "" && strings.Contains(table, section)
		if live := isLive(setting); live && setting.Name != "env-file" && setting.Name != "env" && !named {
			t.Errorf("%s changes in place: name it in the table of %s", setting.Path(), file)
		} else if !live && named {
			t.Errorf("%s needs a restart: the table of %s says that it changes in place", setting.Path(), file)
		} else if live && strings.Contains(others, name) {
			t.Errorf("%s changes in place: the table of %s names it among those that need a restart", setting.Path(), file)
		}
	}
}

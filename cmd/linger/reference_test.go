package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/lingerws/linger/cmd/linger/internal/settings"
)

var update = flag.Bool("update", false, "write the tables of docs/configuration.md instead of comparing them")

// TestReference compares the tables of docs/configuration.md with the flags.
func TestReference(t *testing.T) {
	const path = "../../docs/configuration.md"
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := string(page)
	for _, command := range []string{"run", "proxy"} {
		begin, end := "<!-- "+command+": go test ./cmd/linger -run TestReference -update -->\n", "\n<!-- end of "+command+" -->"
		before, rest, found := strings.Cut(text, begin)
		_, after, closed := strings.Cut(rest, end)
		if !found || !closed {
			t.Fatalf("%s must have the lines %q and %q", path, begin, end)
		}
		text = before + begin + reference(settingsOf(t, command), command == "run") + end + after
	}
	if *update {
		overwrite(t, path, text)
	} else if text != string(page) {
		t.Errorf("the tables of %s are not those of the flags: run go test ./cmd/linger -run TestReference -update", path)
	}
}

// reference returns tables of settings, one for each group of flags. reloads reports whether the command has reloads.
func reference(schema *settings.Schema, reloads bool) string {
	var b strings.Builder
	for _, group := range schema.Groups() {
		if group.Title != "" {
			fmt.Fprintf(&b, "\n### %s\n", group.Title)
		}
		if reloads {
			b.WriteString("\n| flag | key | default | | reload |\n|---|---|---|---|---|\n")
		} else {
			b.WriteString("\n| flag | key | default | |\n|---|---|---|---|\n")
		}
		for _, setting := range group.Settings {
			switch {
			case setting.Variable == "":
			case reloads && isLive(setting):
				b.WriteString(referenceRow(setting) + " yes |\n")
			case reloads:
				b.WriteString(referenceRow(setting) + " |\n")
			default:
				b.WriteString(referenceRow(setting) + "\n")
			}
		}
	}
	return b.String()
}

// referenceRow returns the row of a setting, without the column of reloads.
func referenceRow(setting *settings.Setting) string {
	help, standard := setting.Help, setting.Default
	if setting.IsBool() {
		standard = "off"
	}
	if before, after, ok := strings.Cut(help, "Default: "); ok {
		var rest string
		if standard, rest, ok = strings.Cut(after, ". "); !ok {
			standard = strings.TrimSuffix(after, ".")
		}
		help = strings.TrimSpace(before + rest)
	}
	key := ""
	switch {
	case setting.Section != "":
		key = fmt.Sprintf("`%s` in `[%s]`", setting.Key, setting.Section)
	case setting.Key != "":
		key = "`" + setting.Key + "`"
	}
	return fmt.Sprintf("| `--%s` | %s | %s | %s |", setting.Name, key, markdown(standard), markdown(help))
}

// codeInHelp matches the parts of a help text that are code: flags, and patterns with an asterisk.
var codeInHelp = regexp.MustCompile(`--[a-z][a-z-]*(=[^\s,;]*[^\s,;.])?|[^\s,]*\*[^\s,]*`)

// markdown returns a help text for a cell of a table.
func markdown(text string) string {
	return codeInHelp.ReplaceAllString(strings.NewReplacer("|", `\|`, "<", "&lt;").Replace(text), "`$0`")
}

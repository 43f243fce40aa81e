package packages_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the errors of the scenarios that fail, and the tables of docs/packages.md")

const page = "../../docs/packages.md"

// TestPageHasTheTable compares the tables of docs/packages.md with the table of the tests, and with testdata/package.json.
func TestPageHasTheTable(t *testing.T) {
	content, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	versions := declaredVersions(t)
	want := string(content)
	want = replaceTable(t, want, "works", workingPackages(t, versions))
	want = replaceTable(t, want, "node", nodePackages(t, versions))
	want = replaceTable(t, want, "fails", failingPackages(t, versions))
	for name := range versions {
		if !slices.ContainsFunc(table, func(p npmPackage) bool { return p.name == name }) {
			t.Errorf("testdata/package.json has %s, which has no row in the table", name)
		}
	}
	checkScenarios(t)
	if want == string(content) {
		return
	}
	if !*update {
		t.Fatalf("%s differs from the table of the tests: run go test -update", page)
	}
	if err := os.WriteFile(page, []byte(want), 0o644); err != nil { //nolint:gosec // a page of the documentation
		t.Fatal(err)
	}
}

// supportPackages are needed by clients of scenarios, and by TestTypes.
var supportPackages = []string{"@cloudflare/workers-types", "@orpc/client", "@trpc/client", "typescript"}

// installedVersion is a version that testdata/package.json declares.
type installedVersion struct{ name, version string }

// declaredVersions returns the packages of testdata/package.json by the name under which they are imported. A package that is
// installed under another name, such as zod3, has its own.
func declaredVersions(t *testing.T) map[string]installedVersion {
	t.Helper()
	content, err := os.ReadFile("testdata/package.json")
	if err != nil {
		t.Fatal(err)
	}
	var declared struct{ Dependencies map[string]string }
	if err := json.Unmarshal(content, &declared); err != nil {
		t.Fatal(err)
	}
	versions := map[string]installedVersion{}
	for name, version := range declared.Dependencies {
		installed := installedVersion{name, version}
		if alias, ok := strings.CutPrefix(version, "npm:"); ok {
			at := strings.LastIndex(alias, "@")
			installed = installedVersion{alias[:at], alias[at+1:]}
		}
		versions[name] = installed
	}
	maps.DeleteFunc(versions, func(name string, _ installedVersion) bool {
		return slices.Contains(supportPackages, name) || strings.HasPrefix(name, "@types/")
	})
	return versions
}

// nodePackages returns the rows of the packages that need Node.
func nodePackages(t *testing.T, versions map[string]installedVersion) string {
	t.Helper()
	rows := "| package | version | what is tested |\n|---|---|---|\n"
	for _, p := range table {
		if p.fails != "" && p.tried != "" {
			installed := versionOf(t, versions, p.name)
			rows += fmt.Sprintf("| `%s` | %s | %s |\n", installed.name, installed.version, p.tried)
		}
	}
	return rows
}

// workingPackages returns the rows of the packages that the embedded engine can run.
func workingPackages(t *testing.T, versions map[string]installedVersion) string {
	t.Helper()
	rows := "| package | version | what is tested | condition |\n|---|---|---|---|\n"
	for _, p := range table {
		if p.fails == "" {
			installed := versionOf(t, versions, p.name)
			rows += fmt.Sprintf("| `%s` | %s | %s | %s |\n", installed.name, installed.version, p.tried, p.condition)
		}
	}
	return rows
}

// failingPackages returns the descriptions of the packages that the embedded engine cannot run.
func failingPackages(t *testing.T, versions map[string]installedVersion) string {
	t.Helper()
	rows := ""
	for _, p := range table {
		if p.fails != "" {
			installed := versionOf(t, versions, p.name)
			message, err := os.ReadFile(errorFile(p.scenario))
			if err != nil {
				t.Fatal(err)
			}
			rows += fmt.Sprintf("`%s` %s: %s.\n\n```\n%s```\n\n", installed.name, installed.version, p.fails, message)
		}
	}
	return strings.TrimSuffix(rows, "\n")
}

// versionOf returns the version of a package of the table.
func versionOf(t *testing.T, versions map[string]installedVersion, name string) installedVersion {
	t.Helper()
	installed, ok := versions[name]
	if !ok {
		t.Errorf("testdata/package.json has no %s", name)
	}
	return installed
}

// checkScenarios checks that each application in testdata/scenarios belongs to a row of the table.
func checkScenarios(t *testing.T) {
	t.Helper()
	files, err := filepath.Glob("testdata/scenarios/*.ts*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !slices.ContainsFunc(table, func(p npmPackage) bool { return p.scenario == filepath.Base(file) }) {
			t.Errorf("%s does not belong to a row of the table", file)
		}
	}
}

// replaceTable replaces the part of a page between the comments "<!-- NAME -->" and "<!-- end -->".
func replaceTable(t *testing.T, page, name, table string) string {
	t.Helper()
	start := "<!-- " + name + " -->\n"
	before, rest, found := strings.Cut(page, start)
	_, after, ended := strings.Cut(rest, "<!-- end -->")
	if !found || !ended {
		t.Fatalf("the page has no part %q", strings.TrimSpace(start))
	}
	return before + start + table + "<!-- end -->" + after
}

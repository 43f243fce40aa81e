package workerd_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

const page = "../../docs/workerd.md"

// TestPageHasTheTables compares the tables of docs/workerd.md with the rows.
func TestPageHasTheTables(t *testing.T) {
	groups, err := readGroups()
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	want := replaceTable(t, string(content), "rows", rowsTable(groups))
	want = replaceTable(t, want, "differences", differencesTable(groups))
	if want == string(content) {
		return
	}
	if !*update {
		t.Fatalf("%s differs from the rows: run go test -update", page)
	}
	if err := os.WriteFile(page, []byte(want), 0o644); err != nil { //nolint:gosec // a page of the documentation
		t.Fatal(err)
	}
}

// count returns the number of rows and of those in which Linger differs.
func count(rows []*row) (all, differ int) {
	for _, r := range rows {
		if r.differs != "" {
			differ++
		}
	}
	return len(rows), differ
}

// plainTable returns the number of rows of each group, for a terminal.
func plainTable(groups []group) string {
	var b strings.Builder
	var total []*row
	for _, g := range groups {
		all, differ := count(g.rows)
		fmt.Fprintf(&b, "%-28s %3d rows, %2d of them with a difference\n", g.title, all, differ)
		total = append(total, g.rows...)
	}
	all, differ := count(total)
	fmt.Fprintf(&b, "%-28s %3d rows, %2d of them with a difference\n", "all", all, differ)
	return b.String()
}

// rowsTable returns the number of rows of each group, as a table of Markdown.
func rowsTable(groups []group) string {
	var b strings.Builder
	fmt.Fprint(&b, "| group | rows | differences |\n|---|---|---|\n")
	for _, g := range groups {
		all, differ := count(g.rows)
		fmt.Fprintf(&b, "| [%s](../internal/workerd/testdata/rows/%s.md) | %d | %d |\n", g.title, g.name, all, differ)
	}
	return b.String()
}

// differencesTable returns the rows in which Linger differs, as a table of Markdown.
func differencesTable(groups []group) string {
	var b strings.Builder
	fmt.Fprint(&b, "| behaviour | workerd answers | Linger answers | reason |\n|---|---|---|---|\n")
	for _, g := range groups {
		for _, r := range g.rows {
			if r.differs != "" {
				workerd, linger := differing(r)
				fmt.Fprintf(&b, "| %s: %s | %s | %s | %s |\n", g.title, r.name, workerd, linger, r.differs)
			}
		}
	}
	return b.String()
}

// differing returns the lines in which the answers of a row differ, as cells of a table.
func differing(r *row) (workerd, linger string) {
	var left, right []string
	for line := range strings.Lines(diff(r.linger, r.answers)) {
		line = strings.TrimSuffix(line, "\n")
		if text, ok := strings.CutPrefix(line, "  - "); ok {
			left = append(left, cell(text))
		} else if text, ok := strings.CutPrefix(line, "  + "); ok {
			right = append(right, cell(text))
		}
	}
	return join(left), join(right)
}

// join joins the lines of a cell, without the last ones if there are many.
func join(lines []string) string {
	const limit = 6
	if len(lines) > limit {
		lines = append(lines[:limit:limit], "…")
	}
	return strings.Join(lines, "<br>")
}

// cell returns a line as code in a cell, without its end if it is long.
func cell(line string) string {
	const limit = 120
	if runes := []rune(line); len(runes) > limit {
		line = string(runes[:limit]) + " …"
	}
	line = strings.ReplaceAll(line, "|", "\\|")
	if strings.Contains(line, "`") {
		return "`` " + line + " ``"
	}
	return "`" + line + "`"
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

package workerd_test

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the answers of the runtimes into the rows, and the tables of docs/workerd.md")

// TestMain lets many rows run at the same time, because most of them wait.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "32"); err != nil {
		panic(err)
	}
	code := m.Run()
	if groups, err := readGroups(); err == nil {
		fmt.Print(plainTable(groups))
	}
	os.Exit(code)
}

// TestRows plays the rows of testdata/rows on workerd and on Linger.
func TestRows(t *testing.T) {
	groups, err := readGroups()
	if err != nil {
		t.Fatal(err)
	}
	why := installed()
	if why != "" && os.Getenv("TESTS_REQUIRE_WORKERD") != "" {
		t.Error("workerd does not run, and TESTS_REQUIRE_WORKERD is set: " + why)
	}
	var rows []*row
	for _, g := range groups {
		rows = append(rows, g.rows...)
	}
	slices.SortStableFunc(rows, func(a, b *row) int { return cmp.Compare(b.slowness(), a.slowness()) })
	linger := buildLinger(t)
	t.Cleanup(func() {
		if *update && !t.Failed() {
			writeAnswers(t, groups)
		}
	})
	for _, r := range rows {
		t.Run(r.group+"/"+r.name, func(t *testing.T) {
			t.Parallel()
			if *update {
				r.answers, _ = play(startWorkerd, project(t, r), r.answers)
				if r.differs != "" {
					r.linger, _ = play(linger, project(t, r), r.answers)
				}
				return
			}
			t.Run("workerd", func(t *testing.T) {
				t.Parallel()
				if why != "" {
					t.Skip("workerd does not run: " + why)
				}
				compare(t, startWorkerd, r, r.answers)
			})
			t.Run("Linger", func(t *testing.T) {
				t.Parallel()
				compare(t, linger, r, r.expected())
			})
		})
	}
}

// slowGroups have rows that wait. These start first, so that the others run in the meantime.
var slowGroups = []string{"sockets", "alarms", "closing", "eviction", "scheduled"}

// slowness returns a greater number for a row that should start earlier.
func (r *row) slowness() int { return slices.Index(slowGroups, r.group) }

// project writes the project of a row into a new folder, and returns that.
func project(t *testing.T, r *row) string {
	t.Helper()
	folder := t.TempDir()
	if err := r.write(folder); err != nil {
		t.Fatal(err)
	}
	return folder
}

// compare plays a row and compares the answers.
func compare(t *testing.T, start starter, r *row, want []exchange) {
	t.Helper()
	got, log := play(start, project(t, r), want)
	if difference := diff(got, want); difference != "" {
		t.Errorf("lines with - are missing, and lines with + are not expected:\n%s\nlog:\n%s", difference, log)
	}
}

// diff returns the lines in which two conversations differ, after the step to which they belong, or an empty string.
func diff(got, want []exchange) string {
	var b strings.Builder
	for i := range max(len(got), len(want)) {
		var g, w exchange
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if !slices.Equal(g.answer, w.answer) || g.step != w.step {
			fmt.Fprintln(&b, cmp.Or(w.step, g.step))
			diffLines(&b, g.answer, w.answer)
		}
	}
	return b.String()
}

func diffLines(b *strings.Builder, got, want []string) {
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			fmt.Fprintln(b, "  -", want[i])
		case i >= len(want):
			fmt.Fprintln(b, "  +", got[i])
		case got[i] != want[i]:
			fmt.Fprintln(b, "  -", want[i])
			fmt.Fprintln(b, "  +", got[i])
		}
	}
}

// writeAnswers writes the answers of the rows into their files.
func writeAnswers(t *testing.T, groups []group) {
	t.Helper()
	for _, g := range groups {
		file := filepath.Join("testdata/rows", g.name+".md")
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		page := string(content)
		for _, r := range g.rows {
			page = replaceAnswers(page, r)
		}
		if err := os.WriteFile(file, []byte(page), 0o644); err != nil { //nolint:gosec // a file of the repository
			t.Fatal(err)
		}
	}
}

// replaceAnswers replaces the conversations of a row in a page.
func replaceAnswers(page string, r *row) string {
	heading := "\n## " + r.name + "\n"
	before, rest, _ := strings.Cut(page, heading)
	section, after, more := strings.Cut(rest, "\n## ")
	if more {
		after = "\n## " + after
	}
	conversations := [][]exchange{r.answers, r.linger}
	section = block.ReplaceAllStringFunc(section, func(text string) string {
		if !strings.HasPrefix(text, "```\n") || len(conversations) == 0 {
			return text
		}
		text = "```\n" + format(conversations[0]) + "```\n"
		conversations = conversations[1:]
		return text
	})
	return before + heading + section + after
}

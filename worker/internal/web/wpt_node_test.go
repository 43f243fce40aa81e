package web_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

var tableWPT = flag.Bool("table", false, "run the files of TestWPT in Node too, and write the table of docs/web-platform.md")

// wptOutcomes has the results of all files that TestWPT has run, for the table.
type wptOutcomes struct {
	mu      sync.Mutex
	results map[string]map[string]wptResult // by file and test
}

func (o *wptOutcomes) record(file string, results map[string]wptResult) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.results[file] = results
}

// writeTable writes the table of passes.
func (o *wptOutcomes) writeTable(t *testing.T, set wptSet) {
	version, err := exec.Command("node", "--version").Output()
	if err != nil {
		t.Fatalf("the table needs node: %v", err)
	}
	files := slices.Sorted(maps.Keys(o.results))
	inNode := runWPTInNode(t, set, files)
	var table strings.Builder
	fmt.Fprintf(&table, "| folder | files | tests | Linger | Node %s |\n|---|---:|---:|---:|---:|\n", strings.TrimSpace(string(version)))
	var all wptCount
	for _, area := range wptAreas {
		var sum wptCount
		for _, file := range files {
			if strings.HasPrefix(file, area+"/") {
				sum.add(countWPT(o.results[file], inNode[file]))
			}
		}
		if sum.files == 0 {
			continue
		}
		fmt.Fprintf(&table, "| `%s` | %s |\n", area, sum)
		all.add(sum)
	}
	fmt.Fprintf(&table, "| all | %s |\n", all)
	const page = "../../../docs/web-platform.md"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := bytes.Cut(text, []byte("<!-- passes -->\n"))
	_, after, ok2 := bytes.Cut(rest, []byte("<!-- end of passes -->\n"))
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the table", page)
	}
	text = slices.Concat(before, []byte("<!-- passes -->\n"), []byte(table.String()), []byte("<!-- end of passes -->\n"), after)
	if err := os.WriteFile(page, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// wptCount is a row of the table.
type wptCount struct{ files, tests, here, node int }

func (c *wptCount) add(other wptCount) {
	c.files += other.files
	c.tests += other.tests
	c.here += other.here
	c.node += other.node
}

func (c wptCount) String() string {
	return fmt.Sprintf("%d | %d | %d | %d", c.files, c.tests, c.here, c.node)
}

// countWPT counts the tests of a file that at least one of the two has run, and their passes. The failure of a file as a
// whole is not a test.
func countWPT(here, node map[string]wptResult) wptCount {
	names := map[string]bool{}
	count := wptCount{files: 1, here: passes(here), node: passes(node)}
	for _, results := range []map[string]wptResult{here, node} {
		for name := range results {
			names[name] = name != wptFileTest
		}
	}
	for _, isTest := range names {
		if isTest {
			count.tests++
		}
	}
	return count
}

func passes(results map[string]wptResult) (n int) {
	for _, result := range results {
		if result.Status == 0 {
			n++
		}
	}
	return n
}

// runWPTInNode runs all variants of files in Node.
func runWPTInNode(t *testing.T, set wptSet, files []string) map[string]map[string]wptResult {
	type run struct {
		File    string   `json:"file"`
		Search  string   `json:"search"`
		Scripts []string `json:"scripts"`
	}
	var runs []run
	for _, file := range files {
		source, err := set.read(file)
		if err != nil {
			t.Fatal(err)
		}
		meta := parseWPTMeta(file, source)
		for _, variant := range meta.variants {
			runs = append(runs, run{file, variant, append([]string{}, meta.scripts...)})
		}
	}
	folder, err := filepath.Abs(string(set))
	if err != nil {
		t.Fatal(err)
	}
	input, err := json.Marshal(map[string]any{"set": folder, "files": runs})
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command("node", "testdata/wpt/node.mjs")
	command.Stdin, command.Stderr = bytes.NewReader(input), os.Stderr
	output, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	results := map[string]map[string]wptResult{}
	decoder := json.NewDecoder(bytes.NewReader(output))
	for _, run := range runs {
		var report wptReport
		if err := decoder.Decode(&report); err != nil {
			t.Fatal(err)
		}
		if results[run.File] == nil {
			results[run.File] = map[string]wptResult{}
		}
		mergeWPT(results[run.File], report)
	}
	return results
}

// mergeWPT adds the results of a variant. The result of a test that several variants have is a failure if one of them has
// failed.
func mergeWPT(results map[string]wptResult, report wptReport) {
	for _, result := range report.results() {
		if before, ok := results[result.Name]; !ok || before.Status == 0 {
			results[result.Name] = result
		}
	}
}

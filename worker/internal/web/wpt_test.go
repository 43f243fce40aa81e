package web_test

import (
	"errors"
	"flag"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/lingerws/linger/internal/race"
)

var updateWPT = flag.Bool("update", false, "write the lists of expected failures in testdata/wpt")

// wptAreas are the folders of web-platform-tests that are run. Each has a list of expected failures in testdata/wpt.
var wptAreas = []string{
	"FileAPI",
	"WebCryptoAPI",
	"console",
	"dom/abort",
	"dom/events",
	"encoding",
	"fetch/data-urls",
	"hr-time",
	"html/webappapis/atob",
	"html/webappapis/microtask-queuing",
	"html/webappapis/structured-clone",
	"html/webappapis/timers",
	"performance-timeline",
	"resource-timing",
	"streams",
	"url",
	"urlpattern",
	"user-timing",
	"wasm/jsapi",
	"wasm/webapi",
	"webidl",
	"webmessaging",
}

// wptLargeAreas are the areas that take most of the time.
var wptLargeAreas = []string{"WebCryptoAPI", "encoding", "streams", "url"}

// TestWPT runs the .any.js files of web-platform-tests in the engine, and compares the tests that fail with the lists in
// testdata/wpt. It is skipped if the files are missing, unless TESTS_REQUIRE_WPT is set.
//
// With the race detector it leaves out wptLargeAreas.
func TestWPT(t *testing.T) {
	set := findWPT(t)
	checkWPTAreas(t, set)
	outcomes := &wptOutcomes{results: map[string]map[string]wptResult{}}
	for _, area := range wptAreas {
		t.Run(area, func(t *testing.T) {
			if race.Enabled && slices.Contains(wptLargeAreas, area) {
				t.Skip("the race detector makes this area several times as slow, and its code runs on one goroutine")
			}
			t.Parallel()
			testWPTArea(t, set, area, outcomes)
		})
	}
	if *tableWPT {
		t.Cleanup(func() { outcomes.writeTable(t, set) })
	}
}

// checkWPTAreas reports files of the set that are in no area, and lists of areas that do not exist.
func checkWPTAreas(t *testing.T, set wptSet) {
	for _, file := range filesOfWPT(t, set, ".") {
		if !slices.ContainsFunc(wptAreas, func(area string) bool { return strings.HasPrefix(file, area+"/") }) {
			t.Errorf("%s is in no area", file)
		}
	}
	lists, err := filepath.Glob("testdata/wpt/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, list := range lists {
		if !slices.ContainsFunc(wptAreas, func(area string) bool { return wptListName(area) == filepath.ToSlash(list) }) {
			t.Errorf("%s is a list of no area", list)
		}
	}
}

// findWPT returns the folder with the tests: WPT_FOLDER, or the one that .ci/wpt fills.
func findWPT(t *testing.T) wptSet {
	folder := os.Getenv("WPT_FOLDER")
	if folder == "" {
		folder = "../../../.cache/wpt"
	}
	if _, err := os.Stat(filepath.Join(folder, "resources", "testharness.js")); err == nil {
		return wptSet(folder)
	}
	if os.Getenv("TESTS_REQUIRE_WPT") != "" {
		t.Fatalf("%s has no web-platform-tests, and TESTS_REQUIRE_WPT is set: run .ci/wpt", folder)
	}
	t.Skipf("%s has no web-platform-tests: run .ci/wpt to fetch them", folder)
	return ""
}

// testWPTArea runs the files of an area, in parallel.
func testWPTArea(t *testing.T, set wptSet, area string, outcomes *wptOutcomes) {
	list := readWPTList(t, area)
	files := filesOfWPT(t, set, area)
	if len(files) == 0 {
		t.Fatal("the set has no files of this area")
	}
	for _, file := range slices.Sorted(maps.Keys(list)) {
		if !slices.Contains(files, file) {
			t.Errorf("the list has %s, which the set does not have", file)
		}
	}
	var mu sync.Mutex // guards updated
	updated := wptList{}
	t.Cleanup(func() {
		if *updateWPT {
			writeWPTList(t, area, list, updated)
		}
	})
	for _, file := range files {
		t.Run(strings.TrimPrefix(file, area+"/"), func(t *testing.T) {
			t.Parallel()
			expected := list[file]
			if expected.Skip == "" {
				results := runWPTFile(t, set, file, expected.Variants)
				outcomes.record(file, results)
				if *updateWPT {
					expected = expected.update(results)
				}
				for _, problem := range expected.problems(results) {
					t.Error(problem)
				}
			}
			mu.Lock()
			defer mu.Unlock()
			updated[file] = expected
		})
	}
}

// filesOfWPT returns the test files of an area, as paths from the root of the set.
func filesOfWPT(t *testing.T, set wptSet, area string) (files []string) {
	for _, folder := range []string{string(set), ownWPT} {
		err := fs.WalkDir(os.DirFS(folder), area, func(name string, _ fs.DirEntry, err error) error {
			if strings.HasSuffix(name, ".any.js") {
				files = append(files, name)
			}
			return err
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
	return files
}

// wptRealTimeAreas are the folders whose tests compare the clock with that of Date, so that timers must not be skipped.
var wptRealTimeAreas = []string{"hr-time"}

// runWPTFile runs variants of a file: all of them if variants is empty, and for the table.
func runWPTFile(t *testing.T, set wptSet, file string, variants []string) map[string]wptResult {
	source, err := set.read(file)
	if err != nil {
		t.Fatal(err)
	}
	realTime := slices.Contains(wptRealTimeAreas, strings.Split(file, "/")[0])
	results := map[string]wptResult{}
	for _, variant := range parseWPTMeta(file, source).variants {
		if len(variants) > 0 && !*tableWPT && !slices.Contains(variants, variant) {
			continue
		}
		report, err := runWPT(t, set, file, variant, realTime)
		if err != nil {
			results[wptFileTest] = wptResult{wptFileTest, 1, err.Error()}
		}
		mergeWPT(results, report)
	}
	return results
}

// wptListName returns the path of the list of an area.
func wptListName(area string) string {
	return path.Join("testdata/wpt", strings.ReplaceAll(area, "/", "-")+".json")
}

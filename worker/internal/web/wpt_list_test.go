package web_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// wptList is the list of expected failures of an area, by file.
type wptList map[string]wptExpected

// wptExpected is what is expected of a file.
type wptExpected struct {
	// Skip is the reason why the file is not run.
	Skip string `json:"skip,omitempty"`

	// Variants are the variants of the file that are run, if not all are. Those of some files take minutes.
	Variants []string `json:"variants,omitempty"`

	// Fails has the names of the tests that fail, by reason. A name that ends in "*" stands for all tests with this
	// prefix.
	Fails map[string][]string `json:"fails,omitempty"`
}

// wptNoReason is the reason of failures that -update has added to a list. It must be replaced.
const wptNoReason = "TODO: explain"

func readWPTList(t *testing.T, area string) wptList {
	text, err := os.ReadFile(wptListName(area))
	if errors.Is(err, fs.ErrNotExist) {
		return wptList{}
	}
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var list wptList
	if err := decoder.Decode(&list); err != nil {
		t.Fatalf("%s: %v", wptListName(area), err)
	}
	return list
}

// writeWPTList writes the list of an area. Files that were not run keep what is in old.
func writeWPTList(t *testing.T, area string, old, updated wptList) {
	list := maps.Clone(old)
	maps.Copy(list, updated)
	maps.DeleteFunc(list, func(_ string, e wptExpected) bool { return e.Skip == "" && len(e.Fails) == 0 && len(e.Variants) == 0 })
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(list); err != nil {
		t.Fatal(err)
	}
	if len(list) == 0 {
		if err := os.Remove(wptListName(area)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Error(err)
		}
		return
	}
	if err := os.WriteFile(wptListName(area), text.Bytes(), 0o644); err != nil {
		t.Error(err)
	}
}

// matches reports whether an entry of Fails stands for a test.
func (wptExpected) matches(entry, name string) bool {
	prefix, isPrefix := strings.CutSuffix(entry, "*")
	return entry == name || isPrefix && strings.HasPrefix(name, prefix)
}

// reasonFor returns the reason for which a test is expected to fail, or "". Exact names precede prefixes.
func (e wptExpected) reasonFor(name string) string {
	for reason, entries := range e.Fails {
		if slices.Contains(entries, name) {
			return reason
		}
	}
	for reason, entries := range e.Fails {
		if slices.ContainsFunc(entries, func(entry string) bool { return e.matches(entry, name) }) {
			return reason
		}
	}
	return ""
}

// problems returns what differs from the expectation: failures that are not listed, listed failures that do not occur, and
// reasons that are missing.
func (e wptExpected) problems(results map[string]wptResult) (problems []string) {
	add := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	for _, name := range slices.Sorted(maps.Keys(results)) {
		result := results[name]
		if result.Status != 0 && e.reasonFor(name) == "" {
			add("%q fails: %s", name, result.Message)
		}
	}
	for _, reason := range slices.Sorted(maps.Keys(e.Fails)) {
		entries := e.Fails[reason]
		if reason == wptNoReason {
			add("the list gives no reason for %q", entries)
		}
		for _, entry := range entries {
			if problem := e.problemOf(entry, results); problem != "" {
				add("the list has %q (%s), but %s", entry, reason, problem)
			}
		}
	}
	return problems
}

// problemOf returns why an entry of Fails is not correct, or "".
func (e wptExpected) problemOf(entry string, results map[string]wptResult) string {
	found := false
	for name, result := range results {
		if !e.matches(entry, name) {
			continue
		}
		if result.Status == 0 {
			return "the test " + name + " passes"
		}
		found = true
	}
	if !found {
		return "the file has no such test"
	}
	return ""
}

// update returns the expectation that is correct for results. Failures keep their reasons.
func (e wptExpected) update(results map[string]wptResult) wptExpected {
	updated := wptExpected{Variants: e.Variants, Fails: map[string][]string{}}
	for reason, entries := range e.Fails {
		for _, entry := range entries {
			if strings.HasSuffix(entry, "*") && e.problemOf(entry, results) == "" {
				updated.Fails[reason] = append(updated.Fails[reason], entry)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(results)) {
		if results[name].Status == 0 || updated.reasonFor(name) != "" {
			continue
		}
		reason := e.reasonFor(name)
		if reason == "" {
			reason = wptNoReason
		}
		updated.Fails[reason] = append(updated.Fails[reason], name)
	}
	for reason, entries := range updated.Fails {
		slices.Sort(entries)
		if len(entries) == len(results) && len(entries) > 1 {
			updated.Fails[reason] = []string{"*"}
		}
	}
	return updated
}

// someWPTResults are the results of a file in which one test passes and two fail.
var someWPTResults = map[string]wptResult{"a": {Name: "a"}, "b 1": {"b 1", 1, "one"}, "b 2": {"b 2", 1, "two"}}

func TestWPTExpectedProblems(t *testing.T) {
	for _, c := range []struct {
		name  string
		fails map[string][]string
		want  []string
	}{
		{"failures listed by name", map[string][]string{"reason": {"b 1", "b 2"}}, nil},
		{"failures listed by prefix", map[string][]string{"reason": {"b *"}}, nil},
		{"failures that are not listed", nil, []string{`"b 1" fails: one`, `"b 2" fails: two`}},
		{"a listed test that passes", map[string][]string{"reason": {"a", "b *"}}, []string{`the list has "a" (reason), but the test a passes`}},
		{"a prefix with a test that passes", map[string][]string{"reason": {"*"}}, []string{`the list has "*" (reason), but the test a passes`}},
		{"a listed test that does not exist", map[string][]string{"reason": {"b *", "c"}}, []string{`the list has "c" (reason), but the file has no such test`}},
		{"failures without a reason", map[string][]string{wptNoReason: {"b *"}}, []string{`the list gives no reason for ["b *"]`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := (wptExpected{Fails: c.fails}).problems(someWPTResults); !slices.Equal(got, c.want) {
				t.Errorf("the problems are %q, expected %q", got, c.want)
			}
		})
	}
}

func TestWPTExpectedUpdate(t *testing.T) {
	expected := wptExpected{Fails: map[string][]string{"reason": {"a", "b 1", "c", "c*"}}}
	got := expected.update(someWPTResults).Fails
	want := map[string][]string{"reason": {"b 1"}, wptNoReason: {"b 2"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the updated list is %q, expected %q", got, want)
	}
}

package bundle

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func testBundle(t *testing.T) *Bundle {
	t.Helper()
	b, err := New(filepath.Join(project(t, map[string]string{"app.js": "1"}), "app.js"), false, Node)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func testFolder(t *testing.T, parent string) *Folder {
	t.Helper()
	f, err := newFolder(parent)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFolderIsRemovedWithItsBundles(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	f, b := testFolder(t, parent), testBundle(t)
	var files []string
	for range 3 {
		file, err := f.Write(b, files...)
		if err != nil {
			t.Fatal(err)
		}
		files = []string{file}
	}
	if _, err := f.Write(b, files...); err != nil {
		t.Fatal(err)
	}
	if written, _ := filepath.Glob(filepath.Join(f.Path(), "*", "*.mjs")); len(written) != 2 || !slices.Contains(written, files[0]) {
		t.Errorf("a new bundle replaces those that are not in use any more; got %v, of which %v are in use", written, files)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(parent); err != nil || len(entries) > 0 {
		t.Errorf("nothing remains of a folder that is closed; got %v, %v", entries, err)
	}
}

// The test does not run beside those that start processes: a new process has the locked files until it executes its program.
func TestNewFolderRemovesThoseOfProcessesThatHaveEnded(t *testing.T) {
	parent := t.TempDir()
	used, abandoned := testFolder(t, parent), testFolder(t, parent)
	if _, err := abandoned.Write(testBundle(t)); err != nil {
		t.Fatal(err)
	}
	if err := abandoned.lock.Close(); err != nil { // as the end of the process does
		t.Fatal(err)
	}
	other := filepath.Join(parent, "other")
	if err := os.Mkdir(other, 0o700); err != nil {
		t.Fatal(err)
	}
	next := testFolder(t, parent)
	for path, want := range map[string]bool{used.path: true, abandoned.path: false, other: true, next.path: true} {
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("whether %s remains is %t; got %v", path, want, err)
		}
	}
}

func TestNewFolderReportsThatItCannotWrite(t *testing.T) {
	t.Parallel()
	if _, err := newFolder(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a folder that cannot be made is an error")
	}
}

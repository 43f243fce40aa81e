package repo_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// mostLines keeps every file small enough to be read in one sitting.
const mostLines = 500

func TestFilesStaySmall(t *testing.T) {
	for _, p := range listPackages(t) {
		if !p.ours() {
			continue
		}
		for _, name := range slices.Concat(p.GoFiles, p.CgoFiles, p.IgnoredGoFiles, p.TestGoFiles, p.XTestGoFiles) {
			text, err := os.ReadFile(filepath.Join(p.Dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if lines := bytes.Count(text, []byte("\n")); lines > mostLines {
				t.Errorf("%s/%s has %d lines; more than %d are more than one concept: split it", p.folder(), name, lines, mostLines)
			}
		}
	}
}

func TestEveryFileHasATestTwin(t *testing.T) {
	for _, p := range listPackages(t) {
		if !p.ours() || layerOf(p.folder()) == "examples" {
			continue
		}
		tests := slices.Concat(p.TestGoFiles, p.XTestGoFiles)
		for _, name := range slices.Concat(p.GoFiles, p.CgoFiles) {
			if !hasTwin(tests, name) && declaresFunction(t, filepath.Join(p.Dir, name)) {
				t.Errorf("%s/%s has no test twin; write %s_test.go", p.folder(), name, strings.TrimSuffix(name, ".go"))
			}
		}
	}
}

// hasTwin looks for the test beside a file. A family of files may share one: frame_test.go serves frame_header.go as
// well, and transport_test.go serves transport_unix.go.
func hasTwin(tests []string, name string) bool {
	for name = strings.TrimSuffix(name, ".go"); ; {
		if slices.Contains(tests, name+"_test.go") {
			return true
		}
		family := strings.LastIndexByte(name, '_')
		if family < 0 {
			return false
		}
		name = name[:family]
	}
}

// declaresFunction tells files with behaviour from those that only document or define.
func declaresFunction(t *testing.T, file string) bool {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(parsed.Decls, func(d ast.Decl) bool {
		_, is := d.(*ast.FuncDecl)
		return is
	})
}

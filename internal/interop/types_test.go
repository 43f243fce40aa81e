package interop_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// typed is an application in TypeScript that uses most of the API, with lines that must have type errors, and typedTests are tests of
// one.
var (
	typed      = filepath.Join("testdata", "typed.ts")
	typedTests = filepath.Join("testdata", "tests.ts")
)

// libraries are the sets of TypeScript libraries with which the types of Linger are checked.
var libraries = map[string][]string{
	"none for browsers": {"es2023"},
	"webworker":         {"es2023", "webworker", "webworker.iterable"},
	"the default":       nil, // includes dom
}

func TestTypes(t *testing.T) {
	needPackages(t)
	types := writeTypes(t)
	app, err := filepath.Abs(typed)
	if err != nil {
		t.Fatal(err)
	}
	tests, err := filepath.Abs(typedTests)
	if err != nil {
		t.Fatal(err)
	}
	for name, list := range libraries {
		t.Run(name, func(t *testing.T) {
			compile(t, list, map[string]any{"noUncheckedIndexedAccess": true}, app, tests, types)
		})
	}
}

func TestTypesOfExamples(t *testing.T) {
	needPackages(t)
	if why := install(yjsFolder); why != "" {
		t.Skip("the examples are not checked: " + why)
	}
	examples, err := filepath.Abs(filepath.Join("..", "..", "examples"))
	if err != nil {
		t.Fatal(err)
	}
	scripts, err := filepath.Glob(filepath.Join(examples, "*", "*.[jt]s"))
	scripts = slices.DeleteFunc(scripts, func(script string) bool { // those of a project are checked with it
		_, err := os.Stat(filepath.Join(filepath.Dir(script), "tsconfig.json"))
		return err == nil
	})
	if err != nil || len(scripts) < 5 {
		t.Fatalf("the examples in JavaScript are %q with error %v", scripts, err)
	}
	for _, script := range scripts {
		text, err := os.ReadFile(script)
		if err != nil || strings.Contains(string(text), "{any}") || strings.Contains(string(text), ": any") {
			t.Errorf("%s uses any, or cannot be read: %v", script, err)
		}
	}
	compile(t, []string{"es2023"}, map[string]any{"skipLibCheck": true}, append(scripts, writeTypes(t))...) // skipLibCheck ignores errors of the packages
}

// writeTypes writes the types with linger types and returns the path of the file.
func writeTypes(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "linger.d.ts")
	if output, err := exec.Command(buildLinger(t), "types", path).CombinedOutput(); err != nil {
		t.Fatalf("linger types fails: %v\n%s", err, output)
	}
	return path
}

// compile type-checks files with the TypeScript compiler.
func compile(t *testing.T, libraries []string, more map[string]any, files ...string) {
	t.Helper()
	options := map[string]any{
		"noEmit": true, "strict": true, "target": "es2023", "module": "esnext", "moduleResolution": "bundler", "types": []string{},
		"allowJs": true, "checkJs": true, "resolveJsonModule": true,
	}
	if libraries != nil {
		options["lib"] = libraries
	}
	for name, value := range more {
		options[name] = value
	}
	project, err := json.Marshal(map[string]any{"compilerOptions": options, "files": files})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "tsconfig.json")
	if err := os.WriteFile(path, project, 0o600); err != nil {
		t.Fatal(err)
	}
	if output, err := exec.Command("node", filepath.Join("testdata", "node_modules", "typescript", "bin", "tsc"), "-p", path).CombinedOutput(); err != nil {
		t.Errorf("type checking fails: %v\n%s", err, output)
	}
}

// TestTypesOfInit checks the application of linger init, and its tests, with its own tsconfig.json.
func TestTypesOfInit(t *testing.T) {
	needPackages(t)
	folder := filepath.Join(t.TempDir(), "app")
	if output, err := exec.Command(buildLinger(t), "init", folder).CombinedOutput(); err != nil {
		t.Fatalf("linger init fails: %v\n%s", err, output)
	}
	if output, err := exec.Command("node", filepath.Join("testdata", "node_modules", "typescript", "bin", "tsc"), "-p", folder).CombinedOutput(); err != nil {
		t.Errorf("type checking fails: %v\n%s", err, output)
	}
}

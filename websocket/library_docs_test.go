package websocket_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var goSnippet = regexp.MustCompile("(?ms)^```go\n(.*?)^```$")

// TestDocsLibrarySnippets checks that the snippets of docs/library.md are parts of examples,
// which are compiled, and most of which are run.
func TestDocsLibrarySnippets(t *testing.T) {
	page, err := os.ReadFile("../docs/library.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("*example*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var examples strings.Builder
	for _, name := range files {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		examples.WriteString(withoutIndent(string(source)))
	}
	snippets := goSnippet.FindAllStringSubmatch(string(page), -1)
	if len(snippets) < 10 {
		t.Errorf("the page must have at least 10 snippets; it has %d", len(snippets))
	}
	for _, s := range snippets {
		if !strings.Contains(examples.String(), withoutIndent(s[1])) {
			t.Errorf("each snippet of docs/library.md must be part of an example, line by line; this is not:\n%s", s[1])
		}
	}
}

func withoutIndent(source string) string {
	var b strings.Builder
	for line := range strings.Lines(source) {
		b.WriteString(strings.TrimSpace(line) + "\n")
	}
	return b.String()
}

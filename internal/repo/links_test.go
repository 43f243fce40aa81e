package repo_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/lingerws/linger/internal/repo"
)

// TestLinks checks each relative link of each page: the file exists, and so does the
// heading after "#".
func TestLinks(t *testing.T) {
	pages := filesNamed(t, repo.Root, "*.md")
	if len(pages) < 20 {
		t.Fatalf("found the pages %v, expected at least 20", pages)
	}
	for _, page := range pages {
		for _, problem := range brokenLinks(page) {
			t.Error(problem)
		}
	}
}

// TestNamedPages checks the pages that comments, messages and settings name, as in
// "docs/limits.md has the rules".
func TestNamedPages(t *testing.T) {
	named := 0
	files := filesNamed(t, repo.Root, "*.go", "*.js", "*.ts", "*.html", "*.yml", "*.toml", "*.md", "Makefile", "check", "run")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(file, filepath.Join(repo.Root, "internal/repo")) {
			continue // has made-up names
		}
		for _, page := range namedPage.FindAllString(string(text), -1) {
			named++
			if _, err := os.Stat(filepath.Join(repo.Root, page)); err != nil {
				t.Errorf("%s names %s, which does not exist", file, page)
			}
		}
	}
	if named < 20 {
		t.Errorf("found %d names of pages, expected at least 20", named)
	}
}

// TestIndex checks that docs/README.md links to each page in docs.
func TestIndex(t *testing.T) {
	docs := filepath.Join(repo.Root, "docs")
	index, err := os.ReadFile(filepath.Join(docs, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range filesNamed(t, docs, "*.md") {
		name, err := filepath.Rel(docs, page)
		if err != nil {
			t.Fatal(err)
		}
		if link := "](" + filepath.ToSlash(name) + ")"; name != "README.md" && !strings.Contains(string(index), link) {
			t.Errorf("docs/README.md does not link to %s", name)
		}
	}
}

func TestBrokenLinks(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("other.md", "# The *title* of `it`, and more\n\n## Twice\n\n## Twice\n\n```\n# not a heading\n```\n\n<a id=\"placed\"></a>\n\n## [Linked](x)-up\n")
	for _, c := range []struct {
		link   string
		broken bool
	}{
		{"[a](other.md)", false},
		{"[a](./other.md)", false},
		{"[a](https://example.com/missing.md#x)", false},
		{"[a](mailto:a@example.com)", false},
		{"[a](other.md#the-title-of-it-and-more)", false},
		{"[a](other.md#twice) [b](other.md#twice-1)", false},
		{"[a](other.md#placed)", false},
		{"[a](other.md#linked-up)", false},
		{"[a](#here)\n\n# Here", false},
		{"`[a](missing.md)`", false},
		{"```\n[a](missing.md)\n```", false},
		{"[a](other.md \"a title\")", false},
		{"[a](missing.md)", true},
		{"![a](missing.png)", true},
		{"<img src=\"missing.png\">", true},
		{"[a]: missing.md", true},
		{"[a\nb](missing.md)", true},
		{"[a](missing.md \"a title\")", true},
		{"[![a](https://example.com/a.png)](missing.md)", true},
		{"[a](other.md#missing)", true},
		{"[a](other.md#twice-2)", true},
		{"[a](other.md#not-a-heading)", true},
		{"[a](other.md#Twice)", true},
		{"[a](#missing)", true},
		{"[a](/other.md)", true},
	} {
		if got := brokenLinks(write("page.md", c.link+"\n")); (len(got) > 0) != c.broken {
			t.Errorf("brokenLinks of %q returns %q, expected a problem: %v", c.link, got, c.broken)
		}
	}
}

var (
	namedPage  = regexp.MustCompile(`\bdocs/[\w/-]+\.md\b`)
	fence      = regexp.MustCompile("(?ms)^ *```.*?^ *```")
	inlineCode = regexp.MustCompile("`[^`\n]*`")
	links      = regexp.MustCompile(`\]\(\s*([^()\s]+)[^()]*\)|(?m:^\[[^\]]+\]:\s*(\S+))|(?:src|href)="([^"]+)"`)
	scheme     = regexp.MustCompile(`^[a-z][a-z0-9+.-]*:`)
	heading    = regexp.MustCompile(`(?m)^#{1,6} +(.+?) *$`)
	placed     = regexp.MustCompile(`<\w+ (?:id|name)="([^"]+)"`)
	linkText   = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
)

// brokenLinks returns a message for each broken relative link of a page.
func brokenLinks(page string) (problems []string) {
	text, err := os.ReadFile(page)
	if err != nil {
		return []string{err.Error()}
	}
	prose := inlineCode.ReplaceAllString(fence.ReplaceAllString(string(text), ""), "")
	for _, found := range links.FindAllStringSubmatch(prose, -1) {
		target := found[1] + found[2] + found[3]
		if scheme.MatchString(target) {
			continue
		}
		if problem := checkLink(page, target); problem != "" {
			problems = append(problems, fmt.Sprintf("%s links to %s: %s", page, target, problem))
		}
	}
	return problems
}

// checkLink returns the problem of a relative link of a page, or "" if it is valid.
func checkLink(page, target string) string {
	name, anchor, hasAnchor := strings.Cut(target, "#")
	if strings.HasPrefix(name, "/") {
		return "the link must be relative to the page"
	}
	file := page
	if name != "" {
		file = filepath.Join(filepath.Dir(page), name)
	}
	text, err := os.ReadFile(file)
	if _, missing := os.Stat(file); missing != nil {
		return "the file does not exist"
	}
	if !hasAnchor {
		return "" // a link to a file or a folder as a whole
	}
	if err != nil || filepath.Ext(file) != ".md" {
		return "only pages have headings"
	}
	if !slices.Contains(anchors(string(text)), anchor) {
		return "the page has no such heading"
	}
	return ""
}

// anchors returns the fragments that links to parts of a page may have. For headings they
// are those that GitHub generates: a second heading with the same text has the suffix "-1".
func anchors(text string) (all []string) {
	text = fence.ReplaceAllString(text, "")
	seen := map[string]int{}
	for _, found := range heading.FindAllStringSubmatch(text, -1) {
		name := slug(found[1])
		if n := seen[name]; n > 0 {
			all = append(all, fmt.Sprintf("%s-%d", name, n))
		} else {
			all = append(all, name)
		}
		seen[name]++
	}
	for _, found := range placed.FindAllStringSubmatch(text, -1) {
		all = append(all, found[1])
	}
	return all
}

// slug returns the anchor of a heading: letters, digits, "_" and "-" in lower case, and "-"
// for each space.
func slug(heading string) string {
	heading = linkText.ReplaceAllString(heading, "$1")
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return -1
	}, heading)
}

// filesNamed returns the paths below a folder whose base names match one of the patterns.
// It skips node_modules and folders that begin with a dot, except .ci.
func filesNamed(t *testing.T, folder string, patterns ...string) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			hidden := strings.HasPrefix(name, ".") && name != ".ci" && path != folder
			if hidden || name == "node_modules" {
				return filepath.SkipDir
			}
			return nil
		}
		if slices.ContainsFunc(patterns, func(p string) bool { ok, _ := filepath.Match(p, name); return ok }) {
			paths = append(paths, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

package bundle

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/lingerws/linger/internal/spelling"
)

// unresolvedImport is an import that cannot be resolved.
type unresolvedImport struct {
	name    string // as written in the import
	message api.Message
}

var (
	unresolvedText = regexp.MustCompile(`^Could not resolve "(.*)"`)
	noExportText   = regexp.MustCompile(`^No matching export in "(?:` + lingerNamespace + `|` + lingerPackageNamespace + `):(.*)" for import "(.*)"`)
	noNodeExport   = regexp.MustCompile(`^No matching export in "(?:` + nodeNamespace + `|` + nodePackageNamespace + `):(.*)" for import "(.*)"`)
)

// problemsOfBundler returns the bundler's errors as problems, in the order of their positions. Imports that cannot be
// resolved for the same reason become one problem.
func problemsOfBundler(messages []api.Message, options api.BuildOptions) *Error {
	var unresolved []unresolvedImport
	var e Error
	for _, m := range messages {
		if found := unresolvedText.FindStringSubmatch(m.Text); found != nil {
			unresolved = append(unresolved, unresolvedImport{found[1], m})
			continue
		}
		e.add(problemOf(m, explainExport(m.Text)))
	}
	if len(unresolved) > 0 {
		graph := newImportGraph(options)
		for _, group := range graph.group(unresolved) {
			e.add(group.problem())
		}
	}
	slices.SortStableFunc(e.Problems, func(a, b Problem) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return &e
}

// add appends a problem, unless e contains it already.
func (e *Error) add(p Problem) {
	if !slices.Contains(e.Problems, p) {
		e.Problems = append(e.Problems, p)
	}
}

// problemOf returns a problem with the position of a bundler's message and the given text.
func problemOf(m api.Message, text string) Problem {
	p := Problem{Text: text}
	if l := m.Location; l != nil {
		p.Position = Position{File: l.File, Line: l.Line, Column: l.Column + 1}
		p.Source, p.Length = l.LineText, l.Length
	}
	return p
}

// explainExport returns the text of a bundler's message. If it reports that a module of Linger lacks an export, the text names
// what to use instead.
func explainExport(text string) string {
	if found := noNodeExport.FindStringSubmatch(text); found != nil {
		return fmt.Sprintf("%q of Node has no %s in Linger: it has %s", "node:"+found[1], found[2], strings.Join(nodeExportNames(found[1]), ", "))
	}
	found := noExportText.FindStringSubmatch(text)
	if found == nil {
		return text
	}
	module, name := found[1], found[2]
	return fmt.Sprintf("%q has no %s here: it exports %s", module, name, strings.Join(lingerModules[module], ", "))
}

// importGroup is a set of imports that cannot be resolved for the same reason.
type importGroup struct {
	kind     importKind
	imported *importEdge // the import in the application's own files that leads to imports; nil if they are in those files
	through  []string    // the files of packages between imported and the first of imports
	imports  []unresolvedImport
}

// importKind is the reason why an import cannot be resolved.
type importKind int

const (
	missingFile importKind = iota
	nodeModule
	missingPackage
	missingExport // a path that an installed package does not have
	unknownAlias
	workersModule // a module of the Workers runtime
)

// group groups imports by the import of the application that leads to them and by the package they name.
func (g *importGraph) group(unresolved []unresolvedImport) []*importGroup {
	var groups []*importGroup
	byKey := map[string]*importGroup{}
	for _, m := range unresolved {
		file := fileOf(m.message)
		imported, through := g.applicationImport(file)
		kind := kindOf(m.name, file)
		key := fmt.Sprint(kind, m.name, file)
		switch {
		case kind == nodeModule && imported != nil:
			key = fmt.Sprint(kind, imported.from, imported.name)
		case kind == nodeModule:
			key = fmt.Sprint(kind, strings.TrimPrefix(m.name, "node:"))
		case kind == missingPackage:
			key = fmt.Sprint(kind, packageOf(m.name))
		}
		if byKey[key] == nil {
			byKey[key] = &importGroup{kind: kind, imported: imported, through: through}
			groups = append(groups, byKey[key])
		}
		byKey[key].imports = append(byKey[key].imports, m)
	}
	return groups
}

// fileOf returns the absolute path of the file that a message is about, "" if there is none.
func fileOf(m api.Message) string {
	if m.Location == nil {
		return ""
	}
	file, err := filepath.Abs(m.Location.File)
	if err != nil {
		return m.Location.File
	}
	return file
}

// packageName matches the names that npm accepts for packages.
var packageName = regexp.MustCompile(`^(@[a-z0-9-][a-z0-9-._]*/)?[a-zA-Z0-9-][a-zA-Z0-9-._]*$`)

// kindOf returns why the import name in the file importer cannot be resolved.
func kindOf(name, importer string) importKind {
	switch {
	case strings.HasPrefix(name, ".") || filepath.IsAbs(name):
		return missingFile
	case isNodeModule(name):
		return nodeModule
	case strings.HasPrefix(name, workersPrefix):
		return workersModule
	case !packageName.MatchString(packageOf(name)):
		return unknownAlias
	case isInstalled(packageOf(name), filepath.Dir(importer)):
		return missingExport
	}
	return missingPackage
}

// packageOf returns the package of an import such as "name/path" or "@scope/name/path".
func packageOf(name string) string {
	parts := strings.SplitN(name, "/", 3)
	if strings.HasPrefix(name, "@") && len(parts) > 1 {
		return parts[0] + "/" + parts[1]
	}
	return parts[0]
}

// isInstalled reports whether a package is installed in a folder or in one of its parents.
func isInstalled(name, folder string) bool {
	for {
		if _, err := os.Stat(filepath.Join(folder, "node_modules", filepath.FromSlash(name), "package.json")); err == nil {
			return true
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			return false
		}
		folder = parent
	}
}

// problem returns the problem, at the import in the application's own files where there is one.
func (l *importGroup) problem() Problem {
	if l.imported == nil || l.imported.at == nil {
		return problemOf(l.imports[0].message, l.reason()+l.runtimeHint("", false))
	}
	p := problemOf(api.Message{Location: l.imported.at}, "")
	p.Text = fmt.Sprintf("%q cannot be used: %s%s", l.imported.name, l.reason(), l.way())
	if l.kind == nodeModule {
		hint := nodePackageHint(l.imported.name)
		p.Text += hint + l.runtimeHint(l.imported.name, hint != "")
	}
	return p
}

// runtimeHint returns the end of the problem's text if another runtime has what is missing. hinted reports whether the text ends
// with a hint about the imported package.
func (l *importGroup) runtimeHint(imported string, hinted bool) string {
	if l.kind != nodeModule {
		return ""
	}
	replacement := nodeReplacement(l.imports[0].name)
	return nodeRuntimeHint(imported, hinted || replacement != "" && strings.HasSuffix(l.reason(), replacement))
}

// way returns the files of packages through which the first of the imports is reached, for the end of a text.
func (l *importGroup) way() string {
	names := make([]string, 0, len(l.through))
	for _, file := range l.through {
		names = append(names, relativeName(file))
	}
	at := l.imports[0].message.Location
	if len(names) == 0 || at == nil {
		return ""
	}
	names[len(names)-1] += fmt.Sprintf(":%d:%d", at.Line, at.Column+1)
	return " (imported by way of " + strings.Join(names, " > ") + ")"
}

// relativeName returns a file relative to the working directory, with slashes.
func relativeName(file string) string {
	here, err := os.Getwd()
	if err != nil {
		return file
	}
	relative, err := filepath.Rel(here, file)
	if err != nil {
		return file
	}
	return filepath.ToSlash(relative)
}

// reason returns why the imports cannot be resolved.
func (l *importGroup) reason() string {
	name := l.imports[0].name
	switch l.kind {
	case nodeModule:
		return nodeReason(l.imports)
	case missingPackage:
		return fmt.Sprintf("the package %q is not installed: run npm install %s", packageOf(name), packageOf(name))
	case missingExport:
		return fmt.Sprintf("the package %q is installed, but has no %q: the exports in its package.json are what can be imported", packageOf(name), name)
	case unknownAlias:
		if strings.HasPrefix(name, "#") {
			return fmt.Sprintf("Could not resolve %q: it is not among the imports in package.json", name)
		}
		return fmt.Sprintf("Could not resolve %q: it is neither a relative path nor a package, and no package.json or tsconfig.json defines it", name)
	case workersModule:
		return workersReason(name)
	case missingFile:
	}
	if near := nearestFile(name, fileOf(l.imports[0].message)); near != "" {
		return fmt.Sprintf("Could not resolve %q: there is no such file; did you mean %q?", name, near)
	}
	return fmt.Sprintf("Could not resolve %q: there is no such file", name)
}

// nearestFile returns the relative import that a misspelt one most likely stands for, or "".
func nearestFile(name, importer string) string {
	path := filepath.Join(filepath.Dir(importer), filepath.FromSlash(name))
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return ""
	}
	var names []string
	for _, entry := range entries {
		file := entry.Name()
		if filepath.Ext(path) == "" && formatOf(file) == script { // imports may omit the suffix of a script
			file = strings.TrimSuffix(file, filepath.Ext(file))
		}
		if !entry.IsDir() {
			names = append(names, file)
		}
	}
	near := spelling.Nearest(filepath.Base(path), names)
	if near == "" {
		return ""
	}
	return name[:strings.LastIndexByte(name, '/')+1] + near
}

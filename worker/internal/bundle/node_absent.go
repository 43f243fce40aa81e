package bundle

import (
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/evanw/esbuild/pkg/api"
)

// A package may import a module of Node or of the Workers runtime that Linger does not have, and use it only there. So such an
// import is not an error by itself: the package gets a substitute, which throws when it is used, or, with require and import(), when it is loaded. The
// error contains the chain of imports, which is known after the application has been bundled.

// absentNamespace is the namespace of esbuild of the substitutes. Their paths are the indexes of the imports.
const absentNamespace = "node-absent"

// absentImport is an import of a module that does not exist, in a file of a package.
type absentImport struct {
	name   string // as written in the import
	throws bool   // when it is loaded
}

// absentImports collects the imports of modules that do not exist in one run of the bundler.
type absentImports struct {
	mu   sync.Mutex // the bundler resolves imports from several goroutines
	list []absentImport
}

// resolve adds an import, and returns its substitute. The bundler adds the position of the import to the warning.
func (a *absentImports) resolve(i absentImport) api.OnResolveResult {
	a.mu.Lock()
	defer a.mu.Unlock()
	index := absentIndex(len(a.list))
	a.list = append(a.list, i)
	result := api.OnResolveResult{Path: strconv.Itoa(int(index)), Namespace: absentNamespace, Warnings: []api.Message{{Text: "absent", Detail: index}}}
	if !i.throws {
		result.SideEffects = api.SideEffectsFalse
	}
	return result
}

// absentIndex is the index of an import in absentImports.list, as the detail of a warning.
type absentIndex int

// placeholder stands for the error of an import in the bundle.
func (a *absentImports) placeholder(index int) string { return fmt.Sprintf("linger:absent:%d:", index) }

// load returns the module of a substitute.
func (a *absentImports) load(args api.OnLoadArgs) (api.OnLoadResult, error) {
	index, err := strconv.Atoi(args.Path)
	if err != nil {
		return api.OnLoadResult{}, err
	}
	a.mu.Lock()
	absent := a.list[index]
	a.mu.Unlock()
	contents := fmt.Sprintf("module.exports = __linger_node(\"errors/absentModule\")(%q, %q);",
		strings.TrimPrefix(absent.name, "node:"), a.placeholder(index))
	if absent.throws {
		contents = fmt.Sprintf("throw __linger_node(\"errors/absentError\")(%q);", a.placeholder(index))
	}
	return api.OnLoadResult{Contents: &contents, Loader: api.LoaderJS}, nil
}

// describe replaces the placeholders in a bundle by the errors. warnings are those of the bundler. The errors of substitutes that
// throw when they are loaded are added to b.Refusals, and warnings about the others to b.Warnings.
func (a *absentImports) describe(b *Bundle, options api.BuildOptions, warnings []api.Message) {
	var throwing, others []unresolvedImport
	for _, m := range warnings {
		index, ok := m.Detail.(absentIndex)
		if !ok || !strings.Contains(b.Code, literal(a.placeholder(int(index)))) { // one that is not used has been removed
			continue
		}
		found := unresolvedImport{a.list[index].name, m}
		if a.list[index].throws {
			throwing = append(throwing, found)
		} else {
			others = append(others, found)
		}
	}
	if len(throwing)+len(others) == 0 {
		return
	}
	graph := newImportGraph(options)
	b.Refusals = map[string]Problem{}
	for _, group := range graph.group(throwing) {
		p := group.problem()
		b.Refusals[p.Text] = p
		a.fill(b, group, p.Text)
	}
	for _, group := range graph.group(others) {
		for _, one := range group.imports {
			single := &importGroup{kind: group.kind, imported: group.imported, through: group.through, imports: []unresolvedImport{one}}
			a.fill(b, single, single.reason()+single.way())
		}
		if len(b.Warnings) < maxWarnings {
			b.Warnings = append(b.Warnings, group.warning())
		}
	}
}

// fill replaces the placeholders of the imports of a group.
func (a *absentImports) fill(b *Bundle, group *importGroup, text string) {
	for _, i := range group.imports {
		if index, ok := i.message.Detail.(absentIndex); ok {
			b.Code = strings.ReplaceAll(b.Code, literal(a.placeholder(int(index))), literal(text))
		}
	}
}

// warning returns the warning about a package that works without the modules that it imports, except for what it calls of them.
func (l *importGroup) warning() Problem {
	if l.imported == nil || l.imported.at == nil {
		return problemOf(l.imports[0].message, l.reason())
	}
	return problemOf(api.Message{Location: l.imported.at}, fmt.Sprintf("%q may work in part only: %s%s", l.imported.name, l.reason(), l.way()))
}

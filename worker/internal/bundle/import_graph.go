package bundle

import (
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/evanw/esbuild/pkg/api"
)

// importEdge is an import of one file by another.
type importEdge struct {
	from, to string        // absolute paths
	name     string        // as written in the import
	at       *api.Location // the position of the import; nil until the bundler has reported it
}

// importGraph has the imports between the files that can be found.
type importGraph struct {
	mu       sync.Mutex // the bundler resolves imports from several goroutines
	edges    []*importEdge
	importer map[string]*importEdge // the first import of a file on the shortest chain from the entry
}

// newImportGraph finds the imports of an application that could not be bundled. It bundles the application once more with
// the missing modules declared external, so that the bundler reports every import with its position.
func newImportGraph(options api.BuildOptions) *importGraph {
	g := &importGraph{importer: map[string]*importEdge{}}
	options.Plugins = append([]api.Plugin{{Name: "graph", Setup: g.record}}, options.Plugins...)
	for _, m := range api.Build(options).Warnings {
		if edge, ok := m.Detail.(*importEdge); ok {
			edge.at = m.Location
		}
	}
	g.findImporters(options.EntryPoints[0])
	return g
}

// resolving is the plugin data of the resolutions of resolveAgain.
type resolving struct{}

// resolveAgain resolves an import from within a plugin that handles it. Plugins must ignore imports with the plugin data
// resolving, or they would handle the same import without end.
func resolveAgain(build api.PluginBuild, args api.OnResolveArgs) api.ResolveResult {
	return build.Resolve(args.Path, api.ResolveOptions{
		Importer: args.Importer, Namespace: args.Namespace, ResolveDir: args.ResolveDir, Kind: args.Kind, With: args.With, PluginData: resolving{},
	})
}

// record is the plugin that adds each import to the graph.
func (g *importGraph) record(build api.PluginBuild) {
	build.OnResolve(api.OnResolveOptions{Filter: `.*`}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
		if _, internal := args.PluginData.(resolving); internal || args.Kind == api.ResolveEntryPoint || args.Importer == "" {
			return api.OnResolveResult{}, nil
		}
		found := resolveAgain(build, args)
		if len(found.Errors) > 0 || found.External || found.Namespace != "file" || !filepath.IsAbs(found.Path) {
			return api.OnResolveResult{Path: args.Path, External: true}, nil
		}
		edge := &importEdge{from: args.Importer, to: found.Path, name: args.Path}
		g.mu.Lock()
		g.edges = append(g.edges, edge)
		g.mu.Unlock()
		return api.OnResolveResult{
			Path: found.Path, Namespace: found.Namespace, Suffix: found.Suffix,
			Warnings: []api.Message{{Text: "import", Detail: edge}},
		}, nil
	})
}

// findImporters sets importer, with a breadth-first search from the entry.
func (g *importGraph) findImporters(entry string) {
	slices.SortFunc(g.edges, func(a, b *importEdge) int { return strings.Compare(a.name, b.name) }) // the bundler resolves in any order
	for queue := []string{entry}; len(queue) > 0; queue = queue[1:] {
		for _, edge := range g.edges {
			if edge.from != queue[0] || edge.to == entry || g.importer[edge.to] != nil {
				continue
			}
			g.importer[edge.to] = edge
			queue = append(queue, edge.to)
		}
	}
}

// chainTo returns the chain of imports from the entry to a file.
func (g *importGraph) chainTo(file string) []*importEdge {
	var chain []*importEdge
	for edge := g.importer[file]; edge != nil; edge = g.importer[edge.from] {
		chain = append(chain, edge)
	}
	slices.Reverse(chain)
	return chain
}

// applicationImport returns the last import in the application's own files on the chain to a file, and the files of packages between
// it and that file. The import is nil if the file itself is one of the application's own.
func (g *importGraph) applicationImport(file string) (last *importEdge, through []string) {
	for _, edge := range g.chainTo(file) {
		if !inPackage(edge.to) {
			last, through = nil, nil
			continue
		}
		if last == nil {
			last = edge
		}
		through = append(through, edge.to)
	}
	return last, through
}

// inPackage reports whether a file belongs to an installed package.
func inPackage(file string) bool {
	return strings.Contains(filepath.ToSlash(file), "/node_modules/")
}

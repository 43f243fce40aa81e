package worker

import (
	"cmp"
	"encoding/json"
	"slices"
)

// Bindings are what an application finds in env besides its variables. The names are those of a
// wrangler file, from which cmd/linger fills them in.
type Bindings struct {
	Objects  []ObjectNamespace
	KV       []KVNamespace
	D1       []D1Database
	Services []Service
}

// ObjectNamespace is a binding to the Durable Objects of a class that the application's module exports.
type ObjectNamespace struct{ Name, Class string }

// KVNamespace is a binding to a KV namespace. Bindings with the same ID have the same keys; without an
// ID the namespace is that of the name.
type KVNamespace struct{ Name, ID string }

// D1Database is a binding to a D1 database. Bindings with the same ID are the same database; without an ID the database is that of
// the name.
type D1Database struct {
	Name, ID string

	// Migrations is a folder with files NUMBER_NAME.sql, which are applied when the application is loaded, each once; "" for none. The
	// database records them in the table MigrationsTable, by default d1_migrations.
	Migrations      string
	MigrationsTable string
}

// Service is a binding to the application itself: to the class that its module exports as Entrypoint or,
// if that is empty, to its default export.
type Service struct{ Name, Entrypoint string }

// Migration is a change of the classes whose objects have stored data. Migrations are applied in order,
// each once for a data directory, which records their tags.
type Migration struct {
	Tag     string
	New     []string // the names of new classes
	Renamed []RenamedClass
	Deleted []string // the names of classes whose objects are deleted with what they have stored
}

// RenamedClass gives the stored objects of the class From to the class To.
type RenamedClass struct{ From, To string }

// Assets are static files that are served to GET and HEAD requests before the application gets them. The zero
// value has none.
type Assets struct {
	Directory string // the folder of the files; "" for no assets
	Binding   string // the name in env of an object whose fetch method answers with a file; "" for none

	// HTMLHandling decides how the path of a request leads to a file .html: "auto-trailing-slash", the default,
	// "force-trailing-slash", "drop-trailing-slash" or "none".
	HTMLHandling string

	// NotFoundHandling is the answer to a request for which there is neither a file nor a script: "none", the
	// default; "404-page" for the nearest 404.html; or "single-page-application" for /index.html.
	NotFoundHandling string

	// CacheControl is the Cache-Control of the answers with files, "public, max-age=0, must-revalidate" by default. A file _headers
	// in the folder can set it for some of them.
	CacheControl string

	// RunWorkerFirst has the paths whose requests the application gets before files are considered. An asterisk
	// matches any text, and a path after ! is an exception. "/*" stands for all requests.
	RunWorkerFirst []string
}

// bindingsText returns the bindings of an application as a JSON list of objects, each with the type and the name of a binding.
// The error is about a name.
func bindingsText(o *Options) (string, error) {
	list := []map[string]string{}
	for _, b := range o.Bindings.Objects {
		list = append(list, map[string]string{"type": "objects", "name": b.Name, "class": b.Class})
	}
	for _, b := range o.Bindings.KV {
		list = append(list, map[string]string{"type": "kv", "name": b.Name, "id": b.namespace()})
	}
	for i := range o.Bindings.D1 {
		b := &o.Bindings.D1[i]
		list = append(list, map[string]string{"type": "d1", "name": b.Name, "id": b.database()})
	}
	for _, b := range o.Bindings.Services {
		list = append(list, map[string]string{"type": "service", "name": b.Name, "entrypoint": cmp.Or(b.Entrypoint, "default")})
	}
	if o.Assets.Binding != "" {
		list = append(list, map[string]string{"type": "assets", "name": o.Assets.Binding})
	}
	if err := checkBindings(o, list); err != nil {
		return "", err
	}
	text, err := json.Marshal(list)
	return string(text), err
}

// checkBindings returns an error if a binding has no name, or that of another binding or of a variable.
func checkBindings(o *Options, list []map[string]string) error {
	seen := map[string]bool{}
	for _, binding := range list {
		name := binding["name"]
		_, isVar := o.Vars[name]
		switch {
		case name == "":
			return problem("a binding of the type " + binding["type"] + " has no name")
		case seen[name]:
			return problem("two bindings have the name " + name + ": give each of them another one")
		case isVar:
			return problem("a variable and a binding have the name " + name + ": rename one of them")
		}
		seen[name] = true
	}
	if o.Assets.Binding != "" && o.Assets.Directory == "" {
		return problem("the binding " + o.Assets.Binding + " needs the directory of the assets")
	}
	return nil
}

// hasClass reports whether a namespace has the objects of a class.
func (b *Bindings) hasClass(class string) bool {
	return slices.ContainsFunc(b.Objects, func(o ObjectNamespace) bool { return o.Class == class })
}

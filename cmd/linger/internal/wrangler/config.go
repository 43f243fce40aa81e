package wrangler

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/lingerws/linger/worker"
)

// Names are the names of wrangler files, in the order in which wrangler looks for them.
var Names = []string{"wrangler.json", "wrangler.jsonc", "wrangler.toml"}

// Config is what a wrangler file asks for in one environment.
type Config struct {
	Path string // of the file
	Name string // of the Worker
	Main string // the path of the application's module; "" if the file has none

	CompatibilityDate  string
	CompatibilityFlags []string

	Vars       map[string]any // values that JSON can represent
	Bindings   worker.Bindings
	Migrations []worker.Migration
	Assets     worker.Assets
	Crons      []string

	Warnings []Warning
}

// Warning is about a part of a file that has no effect.
type Warning struct {
	Text string
	Key  string // the key, such as "env.staging.kv_namespaces"
}

// Read reads the wrangler file at path, for the environment with the given name, or for none. Relative paths in the file
// are relative to its folder. The error names the file and, if possible, the line; it has a line of text for each
// fault.
func Read(path, environment string) (Config, error) {
	document, err := readDocument(path)
	if err != nil {
		return Config{}, err
	}
	return read(document, environment)
}

// read is Read for a file that is parsed.
func read(document document, environment string) (Config, error) {
	r := &reader{document: document}
	selected := r.selectEnvironment(r.root(), environment)
	c := Config{Path: document.path}
	r.readConfig(&c, selected, environment)
	r.checkKeys(selected, settings)
	r.refuse(selected)
	r.checkNames(&c)
	c.Warnings = r.warnings
	return c, r.err()
}

// readConfig reads all settings that Linger uses.
func (r *reader) readConfig(c *Config, t table, environment string) {
	folder := filepath.Dir(c.Path)
	c.Name = t.text("name")
	c.Main = inFolder(folder, t.text("main"))
	c.CompatibilityDate = t.date("compatibility_date")
	c.CompatibilityFlags = t.texts("compatibility_flags")
	c.Vars = t.values("vars")
	self := []string{c.Name, c.Name + "-" + environment} // wrangler deploys an environment under the second name by default
	c.Bindings = worker.Bindings{Objects: readObjects(t, self), KV: readKV(t), D1: readD1(t, folder), Services: readServices(t, self)}
	c.Migrations = readMigrations(t)
	c.Assets = readAssets(t, folder)
	triggers := t.table("triggers")
	c.Crons = triggers.texts("crons")
	r.checkKeys(triggers, []string{"crons"})
}

// inFolder returns a path that is relative to folder; "" stays "".
func inFolder(folder, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(folder, filepath.FromSlash(path))
}

// readObjects reads durable_objects.bindings. self are the names of the Worker.
func readObjects(t table, self []string) (list []worker.ObjectNamespace) {
	objects := t.table("durable_objects")
	objects.r.checkKeys(objects, []string{"bindings"})
	for _, b := range objects.tables("bindings") {
		name, class := b.required("name"), b.required("class_name")
		if script := b.text("script_name"); script != "" && !slices.Contains(self, script) {
			b.fail("script_name", fmt.Sprintf("the objects of env.%s belong to another Worker, %s: Linger runs one Worker, so export the class %s from its module and remove script_name", name, script, class))
		}
		b.r.checkKeys(b, []string{"name", "class_name", "script_name", "environment"})
		list = append(list, worker.ObjectNamespace{Name: name, Class: class})
	}
	return list
}

// readKV reads kv_namespaces.
func readKV(t table) (list []worker.KVNamespace) {
	for _, b := range t.tables("kv_namespaces") {
		list = append(list, worker.KVNamespace{Name: b.required("binding"), ID: b.text("id")})
		b.r.checkKeys(b, []string{"binding", "id", "preview_id", "remote", "experimental_remote"})
	}
	return list
}

// defaultMigrations is the folder of the migrations of D1 databases.
const defaultMigrations = "migrations"

// readD1 reads d1_databases.
func readD1(t table, folder string) (list []worker.D1Database) {
	for _, b := range t.tables("d1_databases") {
		list = append(list, worker.D1Database{
			Name: b.required("binding"), ID: cmp.Or(b.text("database_id"), b.text("database_name")),
			Migrations: inFolder(folder, cmp.Or(b.text("migrations_dir"), defaultMigrations)), MigrationsTable: b.text("migrations_table"),
		})
		b.r.checkKeys(b, []string{"binding", "database_name", "database_id", "preview_database_id", "database_internal_env", "migrations_dir", "migrations_pattern", "migrations_table", "remote", "experimental_remote"})
	}
	return list
}

// readServices reads services, which may only be bindings to the Worker itself. self are its names.
func readServices(t table, self []string) (list []worker.Service) {
	for _, b := range t.tables("services") {
		name, service := b.required("binding"), b.required("service")
		if service != "" && !slices.Contains(self, service) {
			b.fail("service", fmt.Sprintf("env.%s is a binding to another Worker, %s (services): Linger runs one Worker, so only bindings to itself are possible", name, service))
		}
		b.r.checkKeys(b, []string{"binding", "service", "entrypoint", "environment", "props", "remote", "experimental_remote"})
		list = append(list, worker.Service{Name: name, Entrypoint: b.text("entrypoint")})
	}
	return list
}

// readMigrations reads migrations.
func readMigrations(t table) (list []worker.Migration) {
	for _, m := range t.tables("migrations") {
		migration := worker.Migration{Tag: m.required("tag")}
		migration.New = append(m.texts("new_classes"), m.texts("new_sqlite_classes")...)
		migration.Deleted = m.texts("deleted_classes")
		for _, renamed := range m.tables("renamed_classes") {
			migration.Renamed = append(migration.Renamed, worker.RenamedClass{From: renamed.required("from"), To: renamed.required("to")})
			m.r.checkKeys(renamed, []string{"from", "to"})
		}
		if m.has("transferred_classes") {
			m.fail("transferred_classes", "classes cannot be transferred from another Worker: their objects are not in this data directory")
		}
		m.r.checkKeys(m, []string{"tag", "new_classes", "new_sqlite_classes", "renamed_classes", "deleted_classes", "transferred_classes"})
		list = append(list, migration)
	}
	return list
}

// The values of the settings of assets.
var (
	htmlHandlings     = []string{"auto-trailing-slash", "force-trailing-slash", "drop-trailing-slash", "none"}
	notFoundHandlings = []string{"none", "404-page", "single-page-application"}
)

// readAssets reads assets.
func readAssets(t table, folder string) worker.Assets {
	a := t.table("assets")
	if !t.has("assets") {
		return worker.Assets{}
	}
	a.r.checkKeys(a, []string{"directory", "binding", "html_handling", "not_found_handling", "run_worker_first"})
	return worker.Assets{
		Directory:        inFolder(folder, a.required("directory")),
		Binding:          a.text("binding"),
		HTMLHandling:     a.oneOf("html_handling", htmlHandlings),
		NotFoundHandling: a.oneOf("not_found_handling", notFoundHandlings),
		RunWorkerFirst:   a.routes("run_worker_first"),
	}
}

// checkNames reports names in env that are given twice.
func (r *reader) checkNames(c *Config) {
	seen := map[string]string{}
	add := func(name, what string) {
		if first := seen[name]; first != "" && name != "" {
			r.problem(nil, fmt.Sprintf("env.%s is given twice: as %s and as %s", name, first, what))
		}
		seen[name] = what
	}
	for name := range c.Vars {
		add(name, "a variable")
	}
	for _, b := range c.Bindings.Objects {
		add(b.Name, "a namespace of Durable Objects")
	}
	for _, b := range c.Bindings.KV {
		add(b.Name, "a KV namespace")
	}
	for _, b := range c.Bindings.D1 {
		add(b.Name, "a D1 database")
	}
	for _, b := range c.Bindings.Services {
		add(b.Name, "a service")
	}
	if c.Assets.Binding != "" {
		add(c.Assets.Binding, "assets")
	}
}

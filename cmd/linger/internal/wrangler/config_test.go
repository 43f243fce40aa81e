package wrangler

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/lingerws/linger/worker"
)

// write writes a file of a project and returns its path.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// projectTOML uses every setting of which Linger takes notice.
const projectTOML = `
name = "chat"
main = "src/index.ts"
compatibility_date = 2026-11-01
compatibility_flags = ["nodejs_compat"]
workers_dev = true

[vars]
GREETING = "hello"
LIMITS = { rooms = 10, names = ["a"] }

[[durable_objects.bindings]]
name = "ROOMS"
class_name = "Room"
script_name = "chat"

[[migrations]]
tag = "v1"
new_classes = ["Old"]
new_sqlite_classes = ["Room"]
[[migrations]]
tag = "v2"
renamed_classes = [{ from = "Old", to = "New" }]
deleted_classes = ["Gone"]

[[kv_namespaces]]
binding = "NAMES"
id = "0f"

[[d1_databases]]
binding = "DB"
database_name = "names"
migrations_dir = "sql"

[[services]]
binding = "SELF"
service = "chat"
entrypoint = "Admin"

[assets]
directory = "./public"
binding = "ASSETS"
not_found_handling = "404-page"
html_handling = "none"
run_worker_first = ["/api/*", "!/api/docs/*"]

[triggers]
crons = ["*/5 * * * *"]
`

// projectJSON is the same project.
const projectJSON = `{
	// comments and trailing commas are allowed
	"$schema": "node_modules/wrangler/config-schema.json",
	"name": "chat", "main": "src/index.ts", "compatibility_date": "2026-11-01", "compatibility_flags": ["nodejs_compat"],
	"vars": { "GREETING": "hello", "LIMITS": { "rooms": 10, "names": ["a"] } },
	"durable_objects": { "bindings": [{ "name": "ROOMS", "class_name": "Room", "script_name": "chat" }] },
	"migrations": [
		{ "tag": "v1", "new_classes": ["Old"], "new_sqlite_classes": ["Room"] },
		{ "tag": "v2", "renamed_classes": [{ "from": "Old", "to": "New" }], "deleted_classes": ["Gone"] },
	],
	"kv_namespaces": [{ "binding": "NAMES", "id": "0f" }],
	"d1_databases": [{ "binding": "DB", "database_name": "names", "migrations_dir": "sql" }],
	"services": [{ "binding": "SELF", "service": "chat", "entrypoint": "Admin" }],
	"assets": { "directory": "./public", "binding": "ASSETS", "not_found_handling": "404-page", "html_handling": "none", "run_worker_first": ["/api/*", "!/api/docs/*"] },
	"triggers": { "crons": ["*/5 * * * *"] },
}`

func TestRead(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text string }{{"wrangler.toml", projectTOML}, {"wrangler.jsonc", projectJSON}, {"wrangler.json", "\ufeff" + projectJSON}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := write(t, c.name, c.text)
			folder := filepath.Dir(path)
			got, err := Read(path, "")
			if err != nil {
				t.Fatal(err)
			}
			vars, err := json.Marshal(got.Vars)
			if want := `{"GREETING":"hello","LIMITS":{"names":["a"],"rooms":10}}`; string(vars) != want || err != nil {
				t.Errorf("the variables must be %s; got %s %v", want, vars, err)
			}
			got.Vars = nil
			want := Config{
				Path: path, Name: "chat", Main: filepath.Join(folder, "src", "index.ts"),
				CompatibilityDate: "2026-11-01", CompatibilityFlags: []string{"nodejs_compat"},
				Bindings: worker.Bindings{
					Objects:  []worker.ObjectNamespace{{Name: "ROOMS", Class: "Room"}},
					KV:       []worker.KVNamespace{{Name: "NAMES", ID: "0f"}},
					D1:       []worker.D1Database{{Name: "DB", ID: "names", Migrations: filepath.Join(folder, "sql")}},
					Services: []worker.Service{{Name: "SELF", Entrypoint: "Admin"}},
				},
				Migrations: []worker.Migration{
					{Tag: "v1", New: []string{"Old", "Room"}},
					{Tag: "v2", Renamed: []worker.RenamedClass{{From: "Old", To: "New"}}, Deleted: []string{"Gone"}},
				},
				Assets: worker.Assets{
					Directory: filepath.Join(folder, "public"), Binding: "ASSETS", NotFoundHandling: "404-page", HTMLHandling: "none",
					RunWorkerFirst: []string{"/api/*", "!/api/docs/*"},
				},
				Crons: []string{"*/5 * * * *"},
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("the configuration must be\n%+v; got\n%+v", want, got)
			}
		})
	}
}

// An environment inherits the settings at the top, except for variables and bindings.
func TestReadEnvironment(t *testing.T) {
	t.Parallel()
	path := write(t, "wrangler.toml", `
name = "chat"
main = "index.js"
compatibility_date = "2026-01-01"
vars = { A = "top" }
[[kv_namespaces]]
binding = "NAMES"
[triggers]
crons = ["* * * * *"]
[[r2_buckets]]
binding = "FILES"
[env.test]
compatibility_date = "2026-02-02"
vars = { A = "test" }
[env.test.triggers]
crons = []
[env.other]
`)
	c, err := Read(path, "test")
	if err != nil {
		t.Fatal(err)
	}
	if c.CompatibilityDate != "2026-02-02" || c.Vars["A"] != "test" || len(c.Crons) != 0 || filepath.Base(c.Main) != "index.js" || len(c.Bindings.KV) != 0 {
		t.Errorf("the environment must override date, variables and crons, inherit main, and not inherit bindings; got %+v", c)
	}
	if got := warningsOf(c); got != "env.test.kv_namespaces setting is missing in the environment, which does not inherit it\nenv.test.r2_buckets setting is missing in the environment, which does not inherit it" {
		t.Errorf("there must be a warning for each binding that is not inherited; got\n%s", got)
	}
	if _, err := Read(path, "tset"); err == nil || !strings.Contains(err.Error(), `there is no environment "tset": there are other, test`) {
		t.Errorf("an unknown environment must be an error that lists those of the file; got %v", err)
	}
}

// The Worker of an environment has its name after that of the file.
func TestReadBindingsToTheEnvironmentItself(t *testing.T) {
	t.Parallel()
	c, err := Read(write(t, "wrangler.toml", `
name = "chat"
[env.test]
services = [{ binding = "SELF", service = "chat-test" }]
durable_objects.bindings = [{ name = "ROOMS", class_name = "Room", script_name = "chat-test" }]
`), "test")
	if err != nil || len(c.Bindings.Services) != 1 || len(c.Bindings.Objects) != 1 {
		t.Errorf("bindings to chat-test must be those to the Worker itself; got %+v %v", c.Bindings, err)
	}
}

// warningsOf returns the warnings as lines of text, sorted as they are in c.
func warningsOf(c Config) string {
	var lines []string
	for _, w := range c.Warnings {
		lines = append(lines, w.Key+" "+w.Text)
	}
	return strings.Join(lines, "\n")
}

func TestReadWarns(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, want string }{
		{"an unknown setting", `compatibility_dat = "2026-01-01"`, "compatibility_dat unknown setting: did you mean compatibility_date?"},
		{"an unknown setting without a similar one", `xyzzy = 1`, "xyzzy unknown setting"},
		{"an unknown setting in a table", "[[kv_namespaces]]\nbinding = \"A\"\nidd = \"x\"", "kv_namespaces[0].idd unknown setting: did you mean id?"},
		{"a build command", `build = { command = "make" }`, "build setting has no effect in Linger: run the build command first"},
		{"settings of deployment", "account_id = \"x\"\nroutes = []\n[observability]\nenabled = true", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := Read(write(t, "wrangler.toml", c.text), "")
			if err != nil || warningsOf(got) != c.want {
				t.Errorf("the warnings must be %q; got %q %v", c.want, warningsOf(got), err)
			}
		})
	}
}

func TestReadErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, file, text, want string }{
		{"TOML syntax", "wrangler.toml", "\na = ", "wrangler.toml:2: "},
		{"JSON syntax", "wrangler.jsonc", "{\n// x\n\"a\" 1}", "wrangler.jsonc:3: "},
		{"JSON that is not an object", "wrangler.json", "[]", "must have an object, { ... }; got an array"},
		{"a date of the wrong type", "wrangler.json", "{\n\"compatibility_date\": 1}", "wrangler.json:2: compatibility_date must be a date, such as 2026-11-01; got a number"},
		{"an invalid date", "wrangler.toml", `compatibility_date = "today"`, `wrangler.toml:1: compatibility_date: "today" is not a date: write it as 2026-11-01`},
		{"a table instead of an array", "wrangler.toml", "\n[kv_namespaces]\nbinding = \"A\"", "wrangler.toml:2: kv_namespaces must be an array of tables"},
		{"an array with another type", "wrangler.toml", `compatibility_flags = ["a", 1]`, "compatibility_flags must be an array of strings"},
		{"a binding without a name", "wrangler.toml", "[[kv_namespaces]]\nbinding = \"A\"\n[[kv_namespaces]]\nid = \"x\"", "wrangler.toml:3: kv_namespaces[1] must have a binding"},
		{"a choice", "wrangler.toml", "[assets]\ndirectory = \"a\"\nhtml_handling = \"auto\"", `wrangler.toml:3: assets.html_handling must be one of auto-trailing-slash, force-trailing-slash, drop-trailing-slash, none; got "auto"`},
		{"a route", "wrangler.toml", "[assets]\ndirectory = \"a\"\nrun_worker_first = [\"api/*\"]", `assets.run_worker_first must have paths that begin with / or !/; got "api/*"`},
		{"assets without a directory", "wrangler.toml", "[assets]\nbinding = \"A\"", "wrangler.toml:1: assets must have a directory"},
		{"a number that JSON does not have", "wrangler.toml", "[vars]\nA = nan", "wrangler.toml:2: vars.A must be a finite number"},
		{"objects of another Worker", "wrangler.toml", "[[durable_objects.bindings]]\nname = \"A\"\nclass_name = \"B\"\nscript_name = \"other\"", "wrangler.toml:4: the objects of env.A belong to another Worker, other"},
		{"another Worker", "wrangler.json", "{\"services\": [{\n\"binding\": \"AUTH\", \"service\": \"auth\"}]}", "wrangler.json:2: env.AUTH is a binding to another Worker, auth (services)"},
		{"a transfer", "wrangler.toml", "[[migrations]]\ntag = \"v1\"\ntransferred_classes = []", "wrangler.toml:3: classes cannot be transferred from another Worker"},
		{"a name that is given twice", "wrangler.toml", "vars = { A = \"x\" }\n[[kv_namespaces]]\nbinding = \"A\"", "env.A is given twice: as a variable and as a KV namespace"},
		{"an R2 bucket", "wrangler.toml", "[[r2_buckets]]\nbinding = \"FILES\"", "wrangler.toml:1: env.FILES is an R2 bucket (r2_buckets), which Linger does not have: remove the binding"},
		{"AI", "wrangler.jsonc", `{ "ai": { "binding": "AI" } }`, "wrangler.jsonc:1: env.AI is Workers AI (ai), which Linger does not have"},
		{"a queue", "wrangler.toml", "[[queues.producers]]\nbinding = \"JOBS\"\nqueue = \"jobs\"", "wrangler.toml:1: env.JOBS is a queue (queues.producers)"},
		{"a consumer of a queue", "wrangler.toml", "[[queues.consumers]]\nqueue = \"jobs\"", "wrangler.toml:1: jobs is a consumer of a queue (queues.consumers)"},
		{"a WebAssembly module", "wrangler.toml", "[wasm_modules]\nMODULE = \"a.wasm\"", "env.MODULE is a WebAssembly module (wasm_modules)"},
		{"a binding of the wrong type", "wrangler.toml", "r2_buckets = 1", "r2_buckets asks for an R2 bucket, which Linger does not have"},
		{"a D1 database without a name", "wrangler.toml", "[[d1_databases]]\ndatabase_id = \"x\"", "wrangler.toml:1: d1_databases[0] must have a binding"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := Read(write(t, c.file, c.text), "")
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("the error must be one line that contains %q; got %v", c.want, err)
			}
		})
	}
}

// Every binding that Linger does not have is named, one on each line.
func TestReadNamesEveryAbsentBinding(t *testing.T) {
	t.Parallel()
	_, err := Read(write(t, "wrangler.toml", "[ai]\nbinding = \"AI\"\n[[r2_buckets]]\nbinding = \"A\"\n[[r2_buckets]]\nbinding = \"B\"\n[browser]\nbinding = \"BROWSER\""), "")
	for i, name := range []string{"env.AI", "env.BROWSER", "env.A ", "env.B "} {
		if err == nil || !strings.Contains(err.Error(), name) || strings.Count(err.Error(), "\n") != 3 {
			t.Errorf("the error must have four lines and name %s (%d); got %v", name, i, err)
		}
	}
}

func TestReadLimitsFiles(t *testing.T) {
	t.Parallel()
	if _, err := Read(write(t, "wrangler.toml", strings.Repeat("# \n", maxFile/3+1)), ""); err == nil || !strings.Contains(err.Error(), "at most 4194304 are read") {
		t.Errorf("a file of more than 4 MiB must be refused; got %v", err)
	}
	if _, err := Read(filepath.Join(t.TempDir(), "wrangler.toml"), ""); err == nil || !strings.Contains(err.Error(), "cannot be read: ") {
		t.Errorf("a missing file must be an error; got %v", err)
	}
}

// FuzzRead checks that no file causes a panic, that an error names the file, and that variables can be represented in JSON.
func FuzzRead(f *testing.F) {
	f.Add(projectTOML, true, "")
	f.Add(projectJSON, false, "x")
	f.Add("[[env.x]]\na = 1", true, "x")
	f.Add("[env.x]\n[[env.x.kv_namespaces]]\nbinding='a'", true, "x")
	f.Add(`{"vars": 1, "assets": [], "triggers": {"crons": [1]}, "queues": {"producers": {}}}`, false, "")
	f.Fuzz(func(t *testing.T, text string, isTOML bool, environment string) {
		name := "wrangler.jsonc"
		if isTOML {
			name = "wrangler.toml"
		}
		document, err := parse(name, []byte(text))
		if err != nil {
			if !strings.HasPrefix(err.Error(), name+":") {
				t.Errorf("the error must begin with the file; got %v", err)
			}
			return
		}
		c, err := read(document, environment)
		if _, failed := json.Marshal(c.Vars); failed != nil && err == nil {
			t.Errorf("the variables cannot be represented in JSON: %v", failed)
		}
	})
}

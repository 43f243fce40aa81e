package wrangler

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/lingerws/linger/internal/spelling"
)

// used are the settings that Linger uses.
var used = []string{
	"name", "main", "compatibility_date", "compatibility_flags", "vars", "durable_objects", "migrations", "kv_namespaces", "d1_databases", "services", "assets", "triggers", "env",
}

// ignored are the settings that are about deployment, development with wrangler, or an account: they do not change what
// the application does.
var ignored = []string{
	"$schema", "account_id", "base_dir", "compliance_region", "dev", "first_party_worker", "jsx_factory", "jsx_fragment", "keep_names", "keep_vars", "legacy_env", "limits",
	"logpush", "minify", "no_bundle", "node_compat", "observability", "pages_build_output_dir", "placement", "preserve_file_names", "preview_urls", "route", "routes",
	"secrets", "send_metrics", "streaming_tail_consumers", "tail_consumers", "upload_source_maps", "usage_model", "workers_dev", "zone_id", "find_additional_modules", "preview", "previews",
	"python_modules", "cache", "dependencies_instrumentation",
}

// ineffective are the settings that change what the application does, but not in Linger, with what to do instead.
var ineffective = map[string]string{
	"alias":    "setting has no effect in Linger: use the imports of package.json",
	"build":    "setting has no effect in Linger: run the build command first",
	"define":   "setting has no effect in Linger: use vars",
	"rules":    "setting has no effect in Linger: the type of a module follows from the suffix of its file",
	"tsconfig": "setting has no effect in Linger: the nearest tsconfig.json applies",
}

// absent is a kind of binding that Linger does not have.
type absent struct {
	key  string // the setting
	list string // the key of the list within the setting; "" for the setting itself
	name string // the key of the name in env
	what string
}

// absents are the kinds of bindings that Linger does not have.
var absents = []absent{
	{"ai", "", "binding", "Workers AI"},
	{"ai_search", "", "binding", "an AI Search instance"},
	{"ai_search_namespaces", "", "binding", "an AI Search namespace"},
	{"analytics_engine_datasets", "", "binding", "an Analytics Engine dataset"},
	{"browser", "", "binding", "Browser Rendering"},
	{"containers", "", "class_name", "a container"},
	{"data_blobs", "", "", "a blob of data"},
	{"dispatch_namespaces", "", "binding", "a dispatch namespace of Workers for Platforms"},
	{"hyperdrive", "", "binding", "a Hyperdrive configuration"},
	{"images", "", "binding", "Cloudflare Images"},
	{"logfwdr", "bindings", "name", "a log forwarder"},
	{"media", "", "binding", "Media Transformations"},
	{"mtls_certificates", "", "binding", "an mTLS certificate"},
	{"pipelines", "", "binding", "a pipeline"},
	{"queues", "producers", "binding", "a queue"},
	{"queues", "consumers", "queue", "a consumer of a queue"},
	{"r2_buckets", "", "binding", "an R2 bucket"},
	{"ratelimits", "", "name", "a rate limiter"},
	{"secrets_store_secrets", "", "binding", "a secret of the Secrets Store"},
	{"send_email", "", "name", "a sender of email"},
	{"site", "", "bucket", "a Workers Site"},
	{"stream", "", "binding", "Cloudflare Stream"},
	{"text_blobs", "", "", "a blob of text"},
	{"unsafe", "bindings", "name", "an unsafe binding"},
	{"unsafe_hello_world", "", "binding", "a test binding"},
	{"vectorize", "", "binding", "a Vectorize index"},
	{"version_metadata", "", "binding", "version metadata"},
	{"vpc_networks", "", "binding", "a VPC network"},
	{"vpc_services", "", "binding", "a VPC service"},
	{"wasm_modules", "", "", "a WebAssembly module"},
	{"worker_loaders", "", "binding", "a loader of Workers"},
	{"workflows", "", "binding", "a workflow"},
}

// settings are all settings of a file that are known.
var settings = slices.Concat(used, ignored, slices.Collect(maps.Keys(ineffective)), absentKeys())

func absentKeys() (keys []string) {
	for _, a := range absents {
		keys = append(keys, a.key)
	}
	return slices.Compact(keys)
}

// refuse reports each binding that Linger does not have, and warns of settings without an effect.
func (r *reader) refuse(t table) {
	for _, key := range slices.Sorted(maps.Keys(ineffective)) {
		if t.has(key) {
			r.warn(t.path(key), ineffective[key])
		}
	}
	for _, a := range absents {
		from, key := t, a.key
		if a.list != "" && t.has(a.key) {
			from, key = t.table(a.key), a.list
		}
		for path, name := range from.bindings(key, a.name) {
			r.refuseBinding(path, a, name)
		}
	}
}

// refuseBinding reports a binding that Linger does not have. Its name is empty if the file has none.
func (r *reader) refuseBinding(path []string, a absent, name string) {
	setting := strings.TrimSuffix(a.key+"."+a.list, ".")
	switch {
	case name == "":
		r.problem(path, fmt.Sprintf("%s asks for %s, which Linger does not have: remove it", setting, a.what))
	case a.list == "consumers" || a.key == "site" || a.key == "containers":
		r.problem(path, fmt.Sprintf("%s is %s (%s), which Linger does not have: remove it", name, a.what, setting))
	default:
		r.problem(path, fmt.Sprintf("env.%s is %s (%s), which Linger does not have: remove the binding", name, a.what, setting))
	}
}

// checkKeys warns of the keys of a table that are not in known.
func (r *reader) checkKeys(t table, known []string) {
	for _, key := range slices.Sorted(maps.Keys(t.content)) {
		if slices.Contains(known, key) {
			continue
		}
		text := "unknown setting"
		if near := spelling.Nearest(key, known); near != "" {
			text += ": did you mean " + near + "?"
		}
		r.warn(t.path(key), text)
	}
}

// notInherited are the settings that an environment does not inherit from the top of the file: its variables and bindings.
var notInherited = append([]string{"vars", "durable_objects", "kv_namespaces", "d1_databases", "services", "define"}, absentKeys()...)

// selectEnvironment returns the settings of an environment: its own, and those that it inherits. An empty name selects the top of
// the file.
func (r *reader) selectEnvironment(top table, name string) table {
	environments := top.table("env")
	if name == "" {
		return top
	}
	if !environments.has(name) {
		names := slices.Sorted(maps.Keys(environments.content))
		r.problem(nil, fmt.Sprintf("there is no environment %q: %s", name, describeNames(names)))
		return top
	}
	own := environments.table(name)
	selected := table{r: r, at: own.at, content: map[string]any{}, inherited: map[string]bool{}}
	maps.Copy(selected.content, own.content)
	for _, key := range slices.Sorted(maps.Keys(top.content)) {
		switch {
		case key == "env" || own.has(key):
		case !slices.Contains(notInherited, key):
			selected.content[key], selected.inherited[key] = top.content[key], true
		default:
			r.warn(own.path(key), "setting is missing in the environment, which does not inherit it")
		}
	}
	return selected
}

func describeNames(names []string) string {
	if len(names) == 0 {
		return "the file has none"
	}
	return "there are " + strings.Join(names, ", ")
}

package worker

import (
	"fmt"
	"slices"
	"strings"
)

// nodeModules are the modules of Node that need no prefix, with what takes their place here, where something does.
var nodeModules = map[string]string{
	"assert":              "the package assert can be installed",
	"async_hooks":         "",
	"buffer":              "use Uint8Array; the package buffer can be installed",
	"child_process":       "",
	"cluster":             "--workers runs the application several times",
	"console":             "console is a global",
	"constants":           "",
	"crypto":              "use the global crypto",
	"dgram":               "",
	"diagnostics_channel": "",
	"dns":                 "",
	"domain":              "",
	"events":              "use EventTarget; the package events can be installed",
	"fs":                  "import a file to read it, as text or bytes",
	"http":                "use fetch, and listen to fetch events",
	"http2":               "use fetch, and listen to fetch events",
	"https":               "use fetch, and listen to fetch events",
	"inspector":           "",
	"module":              "",
	"net":                 "use fetch or WebSocket",
	"os":                  "",
	"path":                "the package path can be installed",
	"perf_hooks":          "performance is a global",
	"process":             "variables are in env",
	"punycode":            "use URL; the package punycode can be installed",
	"querystring":         "use URLSearchParams",
	"readline":            "",
	"repl":                "",
	"stream":              "the package readable-stream can be installed",
	"string_decoder":      "use TextDecoder",
	"sys":                 "",
	"timers":              "timers are globals",
	"tls":                 "use fetch or WebSocket",
	"trace_events":        "",
	"tty":                 "",
	"url":                 "URL and URLSearchParams are globals",
	"util":                "the package util can be installed",
	"v8":                  "",
	"vm":                  "",
	"wasi":                "",
	"worker_threads":      "--workers runs the application several times",
	"zlib":                "",
}

// isNodeModule reports whether an import names a module of Node, with or without "node:".
func isNodeModule(name string) bool {
	if strings.HasPrefix(name, "node:") {
		return true
	}
	module, _, _ := strings.Cut(name, "/")
	_, ok := nodeModules[module]
	return ok
}

// nodeReason says that modules of Node are not there.
func nodeReason(lost []missing) string {
	var names []string
	for _, m := range lost {
		name := strings.TrimPrefix(m.name, "node:")
		if len(lost) == 1 || !strings.Contains(m.name, ":") {
			name = m.name
		}
		if quoted := fmt.Sprintf("%q", name); !slices.Contains(names, quoted) {
			names = append(names, quoted)
		}
	}
	slices.Sort(names)
	if len(names) > 1 {
		return strings.Join(names, ", ") + " are modules of Node, which Linger does not have"
	}
	module, _, _ := strings.Cut(strings.TrimPrefix(lost[0].name, "node:"), "/")
	if instead := nodeModules[module]; instead != "" {
		return names[0] + " is a module of Node, which Linger does not have: " + instead
	}
	return names[0] + " is a module of Node, which Linger does not have"
}

package repo_test

const module = "github.com/lingerws/linger"

// layer has the imports that a folder may have. It also applies to folders below it without
// a separate layer. The standard library may be imported except for denied packages.
// Tests may import anything.
type layer struct {
	folders []string // other folders of the repository that may be imported
	modules []string // outside modules that may be imported; each belongs to one folder and those below it
	denied  []string // packages of the standard library that must not be imported, nor those below them
	allowed []string // exceptions to denied
	why     string   // the reason, for the failure message
}

var (
	inputAndOutput = []string{"context", "log", "net", "os", "sync", "time"}
	core           = []string{"protocol", "protocol/handshake", "protocol/deflate"}
)

// layers has the layer of each folder, as docs/dev/architecture.md describes them.
var layers = map[string]layer{
	"telemetry": {
		folders: []string{"internal/loglimit"}, modules: []string{
			"go.opentelemetry.io/otel", "go.opentelemetry.io/otel/trace", "go.opentelemetry.io/otel/sdk", "go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp",
		},
		why: "telemetry sends spans to OpenTelemetry; the command connects it with the worker that makes them",
	},
	"protocol": {
		folders: []string{"internal/wire"}, denied: inputAndOutput,
		why: "the protocol is a pure state machine: bytes and commands in, events and bytes out; its driver has the socket, the clock and the lock",
	},
	"protocol/handshake": {
		denied: inputAndOutput, allowed: []string{"net/netip"}, // for its values only
		why: "the opening handshake only checks header values; its caller does HTTP",
	},
	"protocol/deflate": {
		folders: []string{"internal/wire", "protocol", "protocol/handshake"}, modules: []string{"github.com/klauspost/compress"},
		denied: []string{"compress/flate", "context", "log", "net", "os", "time"}, // sync is allowed: connections share its state
		why:    "compression works on the payloads of messages and uses one flate library",
	},
	"websocket/internal": {
		why: "shared helpers need the standard library only",
	},
	"websocket/internal/opening": {
		folders: []string{"websocket/internal", "internal/httprule", "protocol", "protocol/handshake"},
		why:     "the opening handshake of a client returns a transport and does not depend on its user",
	},
	"websocket/internal/accept": {
		folders: []string{"websocket/internal", "internal/lazycontext", "protocol/handshake"}, modules: []string{"golang.org/x/sys"},
		why: "accepting a connection needs its descriptor and net/http; running it is the task of a driver",
	},
	"websocket/internal/uring": {
		modules: []string{"golang.org/x/sys"},
		why:     "a ring makes system calls with descriptors and buffers, and knows nothing of connections",
	},
	"websocket/internal/wiretest": {
		folders: []string{"websocket/internal", "protocol", "internal/testclient"}, modules: []string{"golang.org/x/sys"},
		why: "the peer in tests of connections shares the frame header with them, and no other code",
	},
	"websocket/driver": {
		folders: append([]string{"websocket/internal", "websocket/internal/accept", "websocket/internal/opening", "websocket/internal/uring", "internal/httprule", "internal/latch", "internal/race", "internal/wire"}, core...), modules: []string{"golang.org/x/sys"},
		why: "the driver gives the protocol a transport and does not depend on the events above it",
	},
	"websocket": {
		folders: append([]string{"websocket/driver", "websocket/internal", "websocket/internal/accept", "internal/latch", "internal/queue"}, core...),
		modules: []string{"golang.org/x/sys"}, // for the folders below
		why:     "the library is a Conn on a driver and does not depend on the events above it",
	},
	".": {
		folders: append([]string{"websocket", "websocket/driver", "internal/drain", "internal/forwarding", "internal/handover", "internal/hooks", "internal/httprule", "internal/ident", "internal/idtable", "internal/latch", "internal/lazycontext", "internal/loglimit", "internal/pace", "internal/queue", "internal/race", "internal/rate", "internal/wire"}, core...),
		why:     "the runtime has sockets and events; worker and cmd add JavaScript",
	},
	"proxy": {
		folders: append([]string{"websocket", "websocket/driver", "internal/drain", "internal/forwarding", "internal/httprule", "internal/pace"}, core...),
		why:     "a proxy connects a client to a backend and needs no events",
	},
	"worker": {
		folders: append([]string{
			".", "websocket/driver", "worker/internal/assets", "worker/internal/bundle", "worker/internal/cron", "worker/internal/egress", "worker/internal/embedded", "worker/internal/fetch", "worker/internal/loop", "worker/internal/process", "worker/internal/script", "worker/internal/storage",
			"worker/internal/web/weburl", "internal/hooks", "internal/ident", "internal/latch", "internal/lease", "internal/loglimit", "internal/netaddr", "internal/ordered", "internal/pace", "internal/queue", "internal/replica", "internal/spelling", "internal/wire",
		}, core...),
		why: "a worker supervises script runtimes and uses them through worker/internal/script; values of a JavaScript engine stay below it",
	},
	"worker/internal/assets": {
		why: "static files are served with net/http and know nothing of a script",
	},
	"worker/internal/bundle": {
		folders: []string{"internal/filelock", "internal/spelling"}, modules: []string{"github.com/evanw/esbuild", "github.com/go-sourcemap/sourcemap"},
		why: "bundling turns files into a script; it depends neither on engines nor on events",
	},
	"worker/internal/cron": {
		why: "a schedule is text, and its times follow from it",
	},
	"worker/internal/egress": {
		folders: []string{"internal/netaddr"},
		why:     "rules for outgoing connections need addresses and nothing of a worker",
	},
	"worker/internal/engine": {
		modules: []string{"modernc.org/libquickjs", "modernc.org/libc", "modernc.org/memory"},
		why:     "the binding of the engine depends neither on events nor on sockets, so that the engine can be replaced",
	},
	"worker/internal/fetch": {
		folders: append([]string{
			"websocket/driver", "worker/internal/egress", "worker/internal/web/contentcoding", "worker/internal/web/textcodec", "worker/internal/web/weburl", "internal/httprule",
		}, core...),
		why: "requests of scripts are plain values; passing the response to the script is the task of the worker",
	},
	"worker/internal/loop": {
		why: "the parts of an event loop are used on both sides of the boundary to a script",
	},
	"worker/internal/script": {
		folders: append([]string{".", "worker/internal/fetch", "worker/internal/storage"}, core...),
		why:     "a worker and a script runtime exchange plain Go data, so that a runtime can be another process",
	},
	"worker/internal/storage": {
		folders: []string{"worker/internal/storage/sqlite", "internal/filelock", "internal/replica"},
		why:     "what objects store are bytes and rows; it depends neither on scripts nor on events",
	},
	"worker/internal/storage/sqlite": {
		modules: []string{"modernc.org/sqlite", "modernc.org/libc"},
		why:     "the binding of SQLite depends on nothing else, so that it can be replaced",
	},
	"worker/internal/modules": {
		folders: append([]string{
			".", "worker/internal/engine", "worker/internal/fetch", "worker/internal/script", "worker/internal/storage", "worker/internal/web/textcodec",
		}, core...),
		why: "what Linger's JavaScript modules call and expose is the same for all runtimes",
	},
	"worker/internal/process": {
		folders: append([]string{
			"worker/internal/bundle", "worker/internal/embedded", "worker/internal/engine", "worker/internal/loop", "worker/internal/modules", "worker/internal/script", "worker/internal/web", "internal/loglimit", "internal/queue", "websocket",
		}, core...), modules: []string{"golang.org/x/sys"},
		why: "a runtime in another process implements worker/internal/script with frames on pipes",
	},
	"worker/internal/embedded": {
		folders: append([]string{
			"worker/internal/engine", "worker/internal/modules", "worker/internal/script", "worker/internal/web",
		}, core...),
		why: "the embedded runtime implements worker/internal/script with the engine; it depends neither on workers nor on generations",
	},
	"worker/internal/web": {
		folders: []string{
			"worker/internal/bundle", "worker/internal/engine", "worker/internal/web/compression", "worker/internal/web/contentcoding", "worker/internal/web/formdata", "worker/internal/web/intl", "worker/internal/web/mimetype",
			"worker/internal/web/textcodec", "worker/internal/web/wasm", "worker/internal/web/webcrypto", "worker/internal/web/weburl",
		},
		modules: []string{"golang.org/x/text"}, // for the folders below
		why:     "the globals of the web platform are modules on the engine; they depend neither on events nor on sockets",
	},
	"worker/internal/web/compression": {
		why: "the formats of the Compression Standard convert bytes to bytes",
	},
	"worker/internal/web/contentcoding": {
		why: "the content codings of HTTP convert bytes to bytes",
	},
	"worker/internal/web/formdata": {
		folders: []string{"worker/internal/web/textcodec"},
		why:     "the bodies of forms are bytes and names",
	},
	"worker/internal/web/intl": {
		modules: []string{"golang.org/x/text", "github.com/clipperhouse/uax29/v2"},
		why:     "the formats of Intl convert numbers, dates and lists to text",
	},
	"worker/internal/web/mimetype": {
		why: "MIME types are text",
	},
	"worker/internal/web/textcodec": {
		modules: []string{"golang.org/x/text"},
		why:     "text encodings convert bytes to text",
	},
	"worker/internal/web/wasm": {
		modules: []string{"github.com/tetratelabs/wazero"},
		why:     "WebAssembly modules call functions, which may be those of a script",
	},
	"worker/internal/web/webcrypto": {
		modules: []string{"filippo.io/bigmod"},
		why:     "the algorithms of the Web Cryptography API convert bytes to bytes, so that they can run on any goroutine",
	},
	"worker/internal/web/weburl": {
		folders: []string{"worker/internal/web/textcodec"}, modules: []string{"golang.org/x/net"},
		why: "URLs are text; scripts and their requests share them",
	},
	"admin": {
		folders: append([]string{".", "websocket/driver", "internal/netaddr", "internal/rate", "internal/wire"}, core...),
		why:     "the administration of a server needs the server only; the command gives it the rest as values and functions",
	},
	"admin/dashboard": {
		why: "the dashboard is one page, which is a client of the admin API",
	},
	"cmd/linger/internal/adminclient": {
		folders: []string{"websocket"},
		why:     "a client of the admin API needs HTTP and WebSockets; the command prints the answers",
	},
	"cmd/linger/internal/apptest": {
		folders: []string{"websocket", "worker"},
		why:     "tests run with an application that is loaded for them; flags and output are the command's",
	},
	"cmd/linger/internal/settings": {
		folders: []string{"cmd/linger/internal/tomlfile", "internal/spelling"}, modules: []string{"github.com/alecthomas/kong"},
		why: "the sources of settings are the same for every flag of every command",
	},
	"cmd/linger/internal/tomlfile": {
		modules: []string{"github.com/pelletier/go-toml/v2"},
		why:     "the values of TOML and their lines have no dependency on what they mean",
	},
	"cmd/linger/internal/scaffold": {
		folders: []string{"worker"},
		why:     "the files of a new application are templates, and the types of a worker",
	},
	"metrics": {
		folders: append([]string{".", "websocket/driver"}, core...), modules: []string{"github.com/prometheus/client_golang"},
		why: "metrics need a server and one technology; the command gives them the rest as values and functions",
	},
	"cmd/linger/internal/wrangler": {
		folders: []string{"worker", "cmd/linger/internal/tomlfile", "internal/spelling"}, modules: []string{"github.com/tailscale/hujson"},
		why: "a wrangler file becomes options of a worker; flags and other files are the command's",
	},
	"cmd/linger/internal/certs": {
		modules: []string{"github.com/caddyserver/certmagic", "go.uber.org/zap"},
		why:     "certificates are files, and the protocol of certificate authorities; what is served with them is the command's",
	},
	"cmd/linger/internal/listen": {
		why: "listeners need the operating system only",
	},
	"cmd/linger/internal/systemd": {
		modules: []string{"github.com/coreos/go-systemd/v22"},
		why:     "a service manager gets text; what it says is the command's",
	},
	"cmd": {
		folders: append([]string{
			".",
			"admin",
			"admin/dashboard",
			"cluster",
			"metrics",
			"websocket",
			"websocket/driver",
			"proxy",
			"telemetry",
			"worker",
			"cmd/linger/internal/adminclient",
			"cmd/linger/internal/apptest",
			"cmd/linger/internal/certs",
			"cmd/linger/internal/listen",
			"cmd/linger/internal/scaffold",
			"cmd/linger/internal/settings",
			"cmd/linger/internal/systemd",
			"cmd/linger/internal/wrangler",
			"internal/forwarding", "internal/handover", "internal/httprule", "internal/ident", "internal/loglimit", "internal/netaddr", "internal/spelling",
		}, core...),
		modules: []string{"github.com/alecthomas/kong", "github.com/alecthomas/mango-kong", "github.com/muesli/roff", "github.com/jotaen/kong-completion", "github.com/fsnotify/fsnotify"},
		why:     "the command combines the packages; code that belongs to one of them stays there",
	},
	"internal": {
		why: "test helpers need the standard library only, so that the tests of every folder can use them",
	},
	"internal/drain": {
		folders: []string{"internal/latch", "internal/pace", "protocol"},
		why:     "when connections are closed does not depend on what they are; servers and proxies share it",
	},
	"internal/handover": {
		folders: []string{"internal/latch", "internal/wire"}, modules: []string{"golang.org/x/sys"},
		why: "connections are bytes and descriptors on the link; what they are is up to those who give and take them",
	},
	"internal/lease": {
		folders: []string{"internal/ident", "internal/latch", "internal/wire"}, modules: []string{"golang.org/x/sys"},
		why: "who owns what in a cluster is decided by times and revisions; the store is given to it",
	},
	"internal/replica": {
		folders: []string{"internal/wire"}, modules: []string{"github.com/superfly/ltx"},
		why: "the pages of a database and their log need neither SQLite nor the store of the log; both are given to it",
	},
	"internal/memcluster": {
		folders: []string{".", "internal/lease", "internal/replica"},
		why:     "a cluster in memory is for tests of everything above it",
	},
	"cluster": {
		folders: []string{".", "internal/filelock", "internal/ident", "internal/lease", "internal/loglimit", "internal/replica", "internal/wire"}, modules: []string{"github.com/nats-io/nats.go", "github.com/nats-io/nats-server/v2"},
		why: "a cluster sends records and stores entries with one technology; what they mean is up to servers and workers",
	},
	"internal/clustertest": {
		folders: []string{".", "internal/lease", "internal/replica"},
		why:     "what every implementation of a cluster does is tested by what it implements",
	},
	"internal/wire": {
		why: "records are bytes; what their fields mean is up to those who write them",
	},
	"internal/filelock": {
		why: "a locked file needs the operating system only; a worker locks its stored data and its temporary files",
	},
	"internal/forwarding": {
		folders: []string{"internal/netaddr"},
		why:     "forwarding fields need addresses only; servers and proxies share the rules",
	},
	"internal/httprule": {
		why: "the rules of HTTP are values and need net/http only; clients, servers and proxies share them",
	},
	"internal/ident": {
		why: "IDs need random bytes only",
	},
	"internal/idtable": {
		why: "the table finds values by their ids and knows nothing of them",
	},
	"internal/hooks": {
		why: "joining functions needs the language only",
	},
	"internal/latch": {
		why: "waiting for a change of guarded state needs a channel only; every layer uses it",
	},
	"internal/lazycontext": {
		why: "a context needs package context only",
	},
	"internal/loglimit": {
		why: "counting log lines needs the clock only; the server and the command log in different ways",
	},
	"internal/netaddr": {
		why: "normal forms of addresses need net/netip only; all code that compares addresses uses them",
	},
	"internal/ordered": {
		folders: []string{"internal/wire"},
		why:     "numbers and acknowledgements need no network; the functions that send and receive are given to it",
	},
	"internal/pace": {
		why: "pauses between calls need the clock only; servers, proxies and workers share them",
	},
	"internal/queue": {
		why: "a bounded queue needs memory only; every layer uses it",
	},
	"internal/race": {
		why: "whether the race detector is enabled is a constant; every layer uses it",
	},
	"internal/rate": {
		why: "a rate limit needs the clock only",
	},
	"internal/spelling": {
		why: "the edit distance of words needs the standard library only",
	},
	"internal/proxyends": {
		folders: []string{"protocol", "protocol/handshake"},
		why:     "the ends of a proxy in tests send and receive frames, without the rules under test",
	},
	"internal/testprogram": {
		why: "programs are built with the go command",
	},
	"internal/testclient": {
		folders: []string{"protocol", "protocol/handshake"},
		why:     "a client that tests programs uses the protocol and no other code of theirs",
	},
	"bench": {
		folders: []string{".", "cluster", "websocket", "websocket/driver"},
		why:     "the benchmark measures the public API; peers are in a separate module, bench/peers, so that the main module does not depend on them",
	},
	"examples": {
		folders: []string{".", "cluster", "proxy", "websocket", "worker"},
		why:     "examples use the public API only",
	},
}

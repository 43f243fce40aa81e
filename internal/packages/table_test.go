package packages_test

// npmPackage is a package of npm, and what is tried with it.
type npmPackage struct {
	name      string // as in testdata/package.json
	scenario  string // a file in testdata/scenarios
	tried     string // empty if no runtime can use it
	objects   string // the classes of Durable Objects, separated by spaces, which are bound by their names
	condition string // what an application has to observe, if anything
	fails     string // why the embedded engine cannot run it; the error that an application gets is in a file with the suffix .error
}

// table has the packages, in the order of docs/packages.md.
var table = []npmPackage{
	// Frameworks and protocols.
	{name: "hono", scenario: "hono.tsx", tried: "routes, errors, `cors`, `csrf`, `jwt`, `bearerAuth`, `basicAuth`, `bodyLimit`, `timeout`, `etag`, `compress`, `contextStorage`, cookies, forms and uploads, `proxy`, `stream`, `streamText`, `streamSSE`, JSX with `Suspense`, `upgradeWebSocket` of `hono/cloudflare-workers`"},
	{name: "hono", scenario: "objects.tsx", objects: "Board Poll", tried: "in a Durable Object, with its storage: routes, errors, JSX, `upgradeWebSocket` of `hono/cloudflare-workers`; requests to objects"},
	{name: "@hono/zod-validator", scenario: "hono.tsx", tried: "JSON bodies"},
	{name: "itty-router", scenario: "itty-router.ts", tried: "`AutoRouter` with `cors`, `withContent`, `withCookies`, errors"},
	{name: "itty-router", scenario: "objects.tsx", objects: "Board Poll", tried: "in a Durable Object that sleeps while its connections are open"},
	{name: "@trpc/server", scenario: "trpc.ts", tried: "the fetch adapter with its own client: queries, mutations, batches, streams, subscriptions as server-sent events; the same over WebSockets, with `getWSConnectionHandler` on the functional events", condition: "`adapters/ws` needs an emitter for each connection (`node:events`), as in the test"},
	{name: "@orpc/server", scenario: "orpc.ts", tried: "with its own client: calls, batches, files and event iterators over HTTP; the same over WebSockets, with the functional events and with `WebSocketPair`"},
	{name: "elysia", scenario: "elysia.ts", tried: "routes, validation, cookies, errors, groups", condition: "export an object with its `fetch` instead of `listen`"},
	{name: "@modelcontextprotocol/sdk", scenario: "mcp.ts", tried: "`WebStandardStreamableHTTPServerTransport` with its own client: tools, resources, errors"},
	{name: "graphql", scenario: "graphql.ts", tried: "schemas, queries, fragments, errors, introspection, subscriptions"},
	{name: "graphql-ws", scenario: "graphql-ws.ts", tried: "`makeServer` on the functional events, with its own client: queries, subscriptions, their ends, refusal", condition: "the message event must not wait for a subscription; accept with [`reload: \"close\"`](workers.md#where-state-goes)"},
	{name: "partysocket", scenario: "partysocket.ts", tried: "a client in Node, and one in the application: rooms, reconnection, buffered messages"},
	{name: "partyserver", scenario: "partyserver.ts", objects: "Room Counter", tried: "with `partysocket`: `routePartykitRequest` with its options, `getServerByName`, tags, state, `broadcast`, `sql`, alarms, ends of connections; with `hibernate` the object sleeps between"},
	{name: "agents", scenario: "agents.ts", objects: "TaskList", tried: "with its own client: state, `callable` methods and streams, `sql`, `schedule`, `queue`, `routeAgentRequest`, `getAgentByName`; the agent sleeps between", condition: "sub-agents need `ctx.facets`, email and workflows need Cloudflare: they throw an error. Its bundle has 2.2 MiB, and each engine needs 25 MiB after loading"},
	{name: "socket.io-parser", scenario: "socket.io-parser.ts", tried: "packets of text and with attachments"},
	{name: "superjson", scenario: "superjson.ts", tried: "dates, maps, bigints, references, errors, classes"},

	// Shared documents and state.
	{name: "yjs", scenario: "yjs.ts", tried: "two clients edit a document through the server; undo, observers", condition: "[documents in variables](workers.md#where-state-goes): `reload: \"close\"`, one worker"},
	{name: "y-websocket", scenario: "yjs.ts", tried: "its provider as a client in Node"},
	{name: "y-partyserver", scenario: "y-partyserver.ts", objects: "Document", tried: "two clients with its provider edit a stored document, and the object sleeps between; awareness, messages of the application, clients that may only read"},
	{name: "y-protocols", scenario: "yjs.ts", tried: "synchronization, awareness"},
	{name: "lib0", scenario: "yjs.ts", tried: "encoding, decoding"},
	{name: "@automerge/automerge", scenario: "automerge.ts", tried: "two clients synchronize a document through the server; history, counters, saving", condition: "up to 3.3: later versions need exceptions of WebAssembly"},
	{name: "loro-crdt", scenario: "loro-crdt.ts", tried: "documents merge, observers", condition: "import `loro-crdt/base64`"},
	{name: "immer", scenario: "immer.ts", tried: "`produce`, patches, maps and sets, drafts"},
	{name: "fast-json-patch", scenario: "fast-json-patch.ts", tried: "patches, comparison, observers, validation"},
	{name: "rxjs", scenario: "rxjs.ts", tried: "operators, time, errors, subjects, `fromEvent`, `webSocket`, `fromFetch`"},
	{name: "effect", scenario: "effect.ts", tried: "errors, retries, fibers, schemas, streams"},
	{name: "mitt", scenario: "emitters.ts", tried: "listeners"},
	{name: "eventemitter3", scenario: "emitters.ts", tried: "listeners"},

	// Validation and formats.
	{name: "zod", scenario: "zod.ts", tried: "objects, formats, unions, recursion, asynchronous checks, codecs, JSON Schema"},
	{name: "zod3", scenario: "zod.ts", tried: "objects, unions, sets, errors"},
	{name: "valibot", scenario: "valibot.ts", tried: "pipes, variants, maps, asynchronous checks"},
	{name: "ajv", scenario: "ajv.ts", tried: "schemas, which it compiles with `new Function`; references, defaults, coercion, asynchronous keywords, draft 2020-12"},
	{name: "msgpackr", scenario: "msgpack.ts", tried: "values, records, extensions"},
	{name: "@msgpack/msgpack", scenario: "msgpack.ts", tried: "values, extensions, bigints"},
	{name: "protobufjs", scenario: "protobufjs.ts", tried: "`protobufjs` with a .proto source, `protobufjs/light` with a JSON descriptor (both compile with `Function`), `protobufjs/minimal`"},
	{name: "fast-xml-parser", scenario: "text.ts", tried: "parsing, building, validation"},
	{name: "qs", scenario: "text.ts", tried: "parsing, formatting"},
	{name: "cookie", scenario: "text.ts", tried: "parsing, formatting"},
	{name: "semver", scenario: "text.ts", tried: "ranges, order"},
	{name: "marked", scenario: "marked.ts", tried: "markdown, renderers, asynchronous tokens"},
	{name: "handlebars", scenario: "templates.ts", tried: "templates, which it compiles with `Function`; helpers"},
	{name: "mustache", scenario: "templates.ts", tried: "templates"},
	{name: "i18next", scenario: "templates.ts", tried: "languages, plurals"},
	{name: "fflate", scenario: "templates.ts", tried: "gzip, zip"},
	{name: "react", scenario: "react.tsx", tried: "components with hooks, `Suspense`, `use`"},
	{name: "react-dom", scenario: "react.tsx", tried: "`renderToString`, `renderToStaticMarkup`, `renderToReadableStream`"},
	{name: "preact", scenario: "preact-render-to-string.tsx", tried: "components with hooks, contexts, `lazy`"},
	{name: "preact-render-to-string", scenario: "preact-render-to-string.tsx", tried: "text, asynchronous text, a stream"},

	// Identity and cryptography.
	{name: "jose", scenario: "jose.ts", tried: "tokens with HS, RS, PS, ES and EdDSA, checked against Node's; encryption with RSA-OAEP, ECDH-ES, AES-KW, AES-GCM and passwords; key sets, import and export of keys; tokens of WebSocket upgrades"},
	{name: "jsonwebtoken", scenario: "jsonwebtoken.ts", tried: "tokens with HS, RS and ES, also verified with `jose`; claims, errors, callbacks", condition: "PS algorithms fail, because it asks for the version of Node; it computes on the event loop, `jose` outside of it"},
	{name: "bcryptjs", scenario: "passwords.ts", tried: "`hash`, `compare`", condition: "it computes in the interpreter: a hash of cost 10 takes more than ten seconds of a processor"},
	{name: "otplib", scenario: "passwords.ts", tried: "TOTP, checked against RFC 6238"},
	{name: "nanoid", scenario: "ids.ts", tried: "ids, alphabets"},
	{name: "uuid", scenario: "ids.ts", tried: "versions 1 and 3 to 7"},
	{name: "ulid", scenario: "ids.ts", tried: "ids, monotonic ids"},

	// Time and collections.
	{name: "date-fns", scenario: "dates.ts", tried: "parsing, formatting, differences, locales, `intlFormat`"},
	{name: "dayjs", scenario: "dates.ts", tried: "parsing, formatting, durations, locales, time zones"},
	{name: "luxon", scenario: "dates.ts", tried: "parsing, formatting, intervals, locales, time zones"},
	{name: "pino", scenario: "logging.ts", tried: "levels, children, objects", condition: "it is the version for browsers: options are in `browser`"},
	{name: "debug", scenario: "logging.ts", tried: "namespaces"},
	{name: "lodash-es", scenario: "lodash-es.ts", tried: "collections, objects, text, `debounce`, `throttle`"},

	// Clients and databases.
	{name: "openai", scenario: "openai.ts", tried: "calls, streams, structured output, pages, uploads, retries, timeouts, against a local server"},
	{name: "@anthropic-ai/sdk", scenario: "anthropic.ts", tried: "calls, streams, errors, against a local server"},
	{name: "stripe", scenario: "stripe.ts", tried: "calls, pages, retries, errors, against a local server; signatures of webhooks", condition: "`constructEventAsync`, because `crypto.subtle` is asynchronous"},
	{name: "ky", scenario: "ky.ts", tried: "JSON, hooks, retries, timeouts, progress"},
	{name: "axios", scenario: "axios.ts", tried: "JSON, forms, timeouts, aborts, streams, interceptors", condition: "a form needs `headers: { \"content-type\": false }`"},
	{name: "@upstash/redis", scenario: "databases.ts", tried: "commands, pipelines, errors, against a local server"},
	{name: "@neondatabase/serverless", scenario: "databases.ts", tried: "`neon` over HTTP, also with `drizzle-orm`, against a local server", condition: "`Pool` and `Client` need a WebSocket proxy, and are not tested"},
	{name: "@supabase/supabase-js", scenario: "databases.ts", tried: "queries, errors, sign-in, against a local server"},
	{name: "kysely", scenario: "kysely.ts", tried: "compiled queries, a driver without a database", condition: "a dialect whose driver uses `fetch`"},
	{name: "drizzle-orm", scenario: "drizzle-orm.ts", tried: "compiled queries, the driver `pg-proxy`", condition: "a driver that uses `fetch`"},

	// Packages that the embedded engine cannot run.
	{name: "pg", scenario: "pg.ts", tried: "types of values, a pool, transactions, errors, notifications, against PostgreSQL 15", fails: "applications have no TCP connections"},
	{name: "ioredis", scenario: "ioredis.ts", tried: "values, pipelines, transactions, scripts, streams; a subscription that reaches the connections of Linger, against Redis 7", fails: "applications have no TCP connections"},
	{name: "ws", scenario: "ws.ts", tried: "as a client: messages, pings, subprotocols, header fields, closing, refusal", fails: "it is a server and a client on TCP connections of Node"},
	{name: "@node-rs/argon2", scenario: "argon2.ts", tried: "a native addon: hashes, verification", fails: "it is a native addon"},
	{name: "automerge-3.5", scenario: "automerge-3.5.ts", tried: "documents merge", fails: "its WebAssembly has exceptions; use 3.3"},
	{name: "express", scenario: "express.ts", fails: "it is a server on sockets of Node; `hono` has routes and middleware"},
	{name: "socket.io", scenario: "socket.io.ts", fails: "it is a server on sockets of Node"},
}

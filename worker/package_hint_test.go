package worker_test

import (
	"testing"

	"github.com/lingerws/linger/worker"
)

func TestLoadExplainsPackagesThatNeedNode(t *testing.T) {
	t.Parallel()
	const ws = "Linger is the server: listen to the events websocketupgrade, websocketmessage and fetch; a client uses the global WebSocket"
	for name, c := range map[string]struct{ script, want string }{
		"a package with another to use": {`import "express";`, `app.js:1:8: "express" cannot be used: "vm" is a module of Node, which the embedded engine does not have (imported by way of node_modules/express/i.js:1:9): Linger is the server: listen to the events websocketupgrade, websocketmessage and fetch; the package hono has routes and middleware`},
		"a package that imports it":     {`import "wrapper";`, `app.js:1:8: "wrapper" cannot be used: "vm" is a module of Node, which the embedded engine does not have (imported by way of node_modules/wrapper/i.js > node_modules/express/i.js:1:9): add --runtime=node`},
		"ws":                            {`import { WebSocketServer } from "ws"; new WebSocketServer();`, `app.js:1:33: "ws" needs Node: ` + ws},
		"ws, required":                  {`new (require("ws").Server)();`, `app.js:1:14: "ws" needs Node: ` + ws},
		"sockets of Workers":            {`import "tcp";`, `app.js:1:8: "tcp" cannot be used: "cloudflare:sockets" is a module of the Workers runtime, which Linger does not have: use fetch or WebSocket (imported by way of node_modules/tcp/i.js:1:9)`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := problemsOf(t, map[string]string{
				"app.js":                            c.script,
				"node_modules/express/package.json": `{"main": "i.js"}`, "node_modules/express/i.js": `require("vm");`,
				"node_modules/wrapper/package.json": `{"main": "i.js"}`, "node_modules/wrapper/i.js": `require("express");`,
				"node_modules/ws/package.json": `{"main": "i.js", "browser": "browser.js"}`, "node_modules/ws/i.js": `require("net");`, "node_modules/ws/browser.js": `module.exports = () => { throw new Error(); };`,
				"node_modules/tcp/package.json": `{"main": "i.js"}`, "node_modules/tcp/i.js": `require("cloudflare:sockets");`,
			})
			if got != c.want {
				t.Errorf("the problem is\n%s\nexpected\n%s", got, c.want)
			}
		})
	}
}

func TestLoadAllowsWSInPackages(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	packages(t, folder, map[string]string{
		"ws/package.json": `{"main": "i.js", "browser": "browser.js"}`, "ws/i.js": `require("net");`, "ws/browser.js": `module.exports = () => { throw new Error(); };`,
		"client/package.json": `{"main": "i.js"}`, "client/i.js": `const Class = typeof WebSocket === "function" ? WebSocket : require("ws"); module.exports = Class.name;`,
	})
	a := serveFile(t, writeIn(t, folder, "app.js", `import name from "client"; export default { fetch: () => new Response(name) };`), worker.Options{})
	a.get("/", 200, "WebSocket")
}

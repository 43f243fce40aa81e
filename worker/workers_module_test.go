package worker_test

import (
	"strings"
	"testing"

	"github.com/lingerws/linger/worker"
)

func TestWorkersModuleExportsThatDoNotExistThrowWhenPackagesUseThem(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	packages(t, folder, map[string]string{
		"agent/package.json": `{"main": "i.mjs"}`,
		"agent/i.mjs": `
			import { exports, restore, tracing, WorkflowEntrypoint } from "cloudflare:workers"; import * as workers from "cloudflare:workers";
			class Flow extends WorkflowEntrypoint {}
			export const run = (name) => ({ flow: () => new Flow(), restore: () => restore(), fine: () => [tracing, workers.cache, workers.env.A, typeof exports].join() })[name]();`,
	})
	a := serveFile(t, writeIn(t, folder, "app.js", `
		import { run } from "agent";
		export default { fetch: async (request) => {
			try { return new Response(run(new URL(request.url).searchParams.get("name"))); } catch (error) { return new Response(error.message); }
		} };`), worker.Options{})
	a.get("/?name=fine", 200, ",,,object")
	a.get("/?name=flow", 200, "WorkflowEntrypoint of the Workers runtime is not available in Linger")
	a.get("/?name=restore", 200, "restore of the Workers runtime is not available in Linger")
}

func TestWorkersModulesThatDoNotExistThrowWhenPackagesUseThem(t *testing.T) {
	engineOnly(t, ownModules)
	t.Parallel()
	folder := t.TempDir()
	packages(t, folder, map[string]string{
		"agent/package.json": `{"main": "i.mjs"}`,
		"agent/i.mjs": `
			import { EmailMessage } from "cloudflare:email"; import "cloudflare:pipelines";
			export class Reply extends EmailMessage {}
			export const run = (name) => ({
				email: () => new EmailMessage("a", "b", "c"), reply: () => new Reply(), fine: () => typeof EmailMessage,
				sockets: async () => (await import("cloudflare:sockets")).connect(), test: () => import("cloudflare:test"),
			})[name]();`,
	})
	a := serveFile(t, writeIn(t, folder, "app.js", `
		import { run } from "agent";
		export default { fetch: async (request) => {
			try { return new Response(await run(new URL(request.url).searchParams.get("name"))); } catch (error) { return new Response(error.message); }
		} };`), worker.Options{})
	const way = "(imported by way of " // followed by the files, from the working directory
	for name, want := range map[string][]string{
		"fine":    {"function"},
		"email":   {`cloudflare:email.EmailMessage was used: "cloudflare:email" is a module of the Workers runtime, which Linger does not have: send messages to an email service with fetch`, way, "node_modules/agent/i.mjs:2:"},
		"reply":   {`cloudflare:email.EmailMessage was used: `},
		"sockets": {`"agent" cannot be used: "cloudflare:sockets" is a module of the Workers runtime, which Linger does not have: use fetch or WebSocket`, way, "node_modules/agent/i.mjs:6:"},
		"test":    {`"agent" cannot be used: "cloudflare:test" does not exist: the module of the Workers runtime that Linger has is cloudflare:workers`},
	} {
		if got := a.do("GET", "/?name="+name, "").body; !hasAll(got, want) {
			t.Errorf("%s must result in %q; got %q", name, want, got)
		}
	}
	if log := a.log.String(); strings.Count(log, "may work in part only") != 1 || strings.Contains(log, "pipelines") {
		t.Errorf("a package that imports a module that does not exist, and uses it, is reported once when it is loaded; got %s", log)
	}
}

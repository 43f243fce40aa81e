package worker_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/worker"
)

// site creates a folder of static files and returns its path.
func site(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for name, text := range map[string]string{
		"index.html": "<h1>home</h1>", "about.html": "<h1>about</h1>", "404.html": "<h1>none</h1>", "app.css": "body {}", "big.txt": strings.Repeat("0123456789", 100_000),
	} {
		writeIn(t, folder, name, text)
	}
	return folder
}

// assetsScript answers with a file if the path begins with /files, and with text otherwise.
const assetsScript = `
	export default {
		async fetch(request, env) {
			const url = new URL(request.url);
			if (!url.pathname.startsWith("/files")) return new Response("script " + url.pathname);
			url.pathname = url.pathname.slice("/files".length);
			const response = await env.ASSETS.fetch(new Request(url, request));
			return new Response(response.body, { status: response.status, headers: [...response.headers, ["x-script", "1"]] });
		},
	};`

func TestAssets(t *testing.T) {
	t.Parallel()
	a := serve(t, assetsScript, worker.Options{Assets: worker.Assets{Directory: site(t), Binding: "ASSETS", NotFoundHandling: "404-page"}})
	t.Run("files are served before the script gets the request", func(t *testing.T) {
		t.Parallel()
		a.get("/", 200, "<h1>home</h1>")
		a.get("/about", 200, "<h1>about</h1>")
		a.get("/other", 200, "script /other")
		if got := a.do("GET", "/app.css", "").Header.Get("Content-Type"); got != "text/css; charset=utf-8" {
			t.Errorf("the type follows from the suffix; got %q", got)
		}
		if got := a.do("POST", "/about", "").StatusCode; got != http.StatusMethodNotAllowed {
			t.Errorf("a file has only GET and HEAD; got %d", got)
		}
	})
	t.Run("the binding answers with files, and with the page for those that do not exist", func(t *testing.T) {
		t.Parallel()
		got := a.do("GET", "/files/about", "")
		if got.StatusCode != 200 || got.body != "<h1>about</h1>" || got.Header.Get("X-Script") != "1" || got.Header.Get("ETag") == "" {
			t.Errorf("the script gets the file; got %d %q %v", got.StatusCode, got.body, got.Header)
		}
		a.get("/files/none", 404, "<h1>none</h1>")
		if got := a.do("GET", "/files/big.txt", ""); len(got.body) != 1_000_000 {
			t.Errorf("a large file arrives completely; got %d bytes", len(got.body))
		}
	})
	t.Run("the binding passes redirects of a client's request on", func(t *testing.T) {
		t.Parallel()
		client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		response, err := client.Get("http://" + a.address + "/files/about.html")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = response.Body.Close() }()
		_, _ = io.Copy(io.Discard, response.Body)
		if response.StatusCode != http.StatusTemporaryRedirect || response.Header.Get("Location") != "/about" {
			t.Errorf("the client gets the redirect to /about; got %d %v", response.StatusCode, response.Header)
		}
	})
}

// An application with files needs no listener to fetch events.
func TestAssetsWithoutFetchListener(t *testing.T) {
	t.Parallel()
	a := serve(t, `addEventListener("websocketupgrade", (event) => { event.accept(); });`, worker.Options{
		Assets: worker.Assets{Directory: site(t), NotFoundHandling: "404-page", CacheControl: "max-age=60"},
	})
	a.get("/", 200, "<h1>home</h1>")
	a.get("/none", 404, "<h1>none</h1>")
	if got := a.do("GET", "/", "").Header.Get("Cache-Control"); got != "max-age=60" {
		t.Errorf("Cache-Control is that of the option; got %q", got)
	}
	if got := a.do("GET", "/none", "", "Upgrade", "other").StatusCode; got != http.StatusUpgradeRequired {
		t.Errorf("a request that asks for an upgrade to something else is answered with 426; got %d", got)
	}
}

// The binding answers with a precompressed file only if the request accepts its coding.
func TestAssetsFetchEncoded(t *testing.T) {
	engineOnly(t, ownFetch)
	t.Parallel()
	folder := t.TempDir()
	writeIn(t, folder, "a.txt", "plain")
	var compressed bytes.Buffer
	w := gzip.NewWriter(&compressed)
	_, _ = w.Write([]byte("compressed"))
	_ = w.Close()
	writeIn(t, folder, "a.txt.gz", compressed.String())
	a := serve(t, `
		export default { async fetch(request, { ASSETS }) {
			const { headers } = new URL(request.url).pathname === "/own" ? {} : request;
			const response = await ASSETS.fetch("http://x/a.txt", { headers });
			return new Response(response.body, response);
		} };`, worker.Options{Assets: worker.Assets{Directory: folder, Binding: "ASSETS", RunWorkerFirst: []string{"/*"}}})
	if got := a.do("GET", "/own", "", "Accept-Encoding", "gzip"); got.body != "plain" || got.Header.Get("Content-Encoding") != "" {
		t.Errorf("a request of the script itself gets the original; got %q %v", got.body, got.Header)
	}
	if got := a.do("GET", "/", "", "Accept-Encoding", "gzip"); got.body != compressed.String() || got.Header.Get("Content-Encoding") != "gzip" {
		t.Errorf("the client's request gets the precompressed file unchanged; got %q %v", got.body, got.Header)
	}
}

// A reload reads the files that configure the static files, and other options apply to them from then on.
func TestAssetsReload(t *testing.T) {
	t.Parallel()
	first, second := site(t), t.TempDir()
	writeIn(t, second, "index.html", "<h1>second</h1>")
	o := worker.Options{Assets: worker.Assets{Directory: first, Binding: "ASSETS", NotFoundHandling: "404-page"}}
	a := serve(t, assetsScript, o)
	writeIn(t, first, "_headers", "/*\n  X-Site: first\n")
	if err := a.Reload(); err != nil {
		t.Fatal(err)
	}
	if got := a.get("/", 200, "<h1>home</h1>").Header.Get("X-Site"); got != "first" {
		t.Errorf("the rules of _headers are those at the reload; got X-Site %q", got)
	}
	o.Assets.Directory = filepath.Join(second, "none")
	if _, err := a.Reconfigure(o); err == nil || !strings.Contains(err.Error(), "assets: the folder") {
		t.Errorf("a folder that does not exist is an error; got %v", err)
	}
	a.get("/", 200, "<h1>home</h1>")
	o.Assets.Directory = second
	if fixed, err := a.Reconfigure(o); err != nil || len(fixed) > 0 {
		t.Errorf("the folder can change; got %q, %v", fixed, err)
	}
	a.get("/", 200, "<h1>second</h1>")
	a.get("/files/", 200, "<h1>second</h1>") // through the binding
}

func TestAssetsFetch(t *testing.T) {
	engineOnly(t, ownFetch)
	t.Parallel()
	deny, err := worker.ParseEgressRule("deny")
	if err != nil {
		t.Fatal(err)
	}
	a := serve(t, `
		const seen = async (response) => [response.status, response.url, response.redirected, await response.text()].join(" ");
		export default { async fetch(request, { ASSETS }) {
			const results = [
				await seen(await ASSETS.fetch("https://any.example/about.html?x=1")),
				await seen(await ASSETS.fetch("https://any.example/about", { method: "HEAD" })),
				await seen(await ASSETS.fetch("https://any.example/app.css", { headers: { range: "bytes=0-3" } })),
				await seen(await ASSETS.fetch("https://any.example/about", { headers: { upgrade: "websocket" } })),
				await ASSETS.fetch("/about").catch(String),
				await ASSETS.fetch("https://any.example/", { signal: AbortSignal.abort("stop") }).catch(String),
			];
			return new Response(results.join("\n"));
		} };`, worker.Options{
		Assets: worker.Assets{Directory: site(t), Binding: "ASSETS", RunWorkerFirst: []string{"/*"}}, Egress: []worker.EgressRule{deny},
	})
	a.get("/", 200, strings.Join([]string{
		"200 https://any.example/about?x=1 true <h1>about</h1>",
		"200 https://any.example/about false ",
		"206 https://any.example/app.css false body",
		"200 https://any.example/about false <h1>about</h1>",
		"TypeError: invalid URL: it has no scheme, and there is no base URL",
		"stop",
	}, "\n"))
}

// The page for paths without a file answers the requests with which a browser loads a page, from a compatibility date on.
func TestAssetsNavigations(t *testing.T) {
	t.Parallel()
	for date, want := range map[string]string{"": "<h1>home</h1>", "2025-04-01": "<h1>home</h1>", "2025-03-31": "script /rooms/1"} {
		a := serve(t, assetsScript, worker.Options{
			CompatibilityDate: date, Assets: worker.Assets{Directory: site(t), Binding: "ASSETS", NotFoundHandling: "single-page-application"},
		})
		request, err := http.NewRequest(http.MethodGet, "http://"+a.address+"/rooms/1", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Sec-Fetch-Mode", "navigate")
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if string(body) != want || err != nil {
			t.Errorf("with the date %q the answer is %q; got %q %v", date, want, body, err)
		}
		a.get("/rooms/1", 200, "script /rooms/1")
	}
}

// A client that does not read a file loses its connection after the write timeout.
func TestAssetsBoundSlowClients(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	writeIn(t, folder, "big.bin", strings.Repeat("x", 64<<20))
	opts := worker.Options{Assets: worker.Assets{Directory: folder}}
	opts.Server.WriteTimeout = 100 * time.Millisecond
	a := serve(t, assetsScript, opts)
	conn, err := a.dial()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, "GET /big.bin HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	select {
	case <-a.requestEnded: // the context of the request ends with the handler
	case <-time.After(testTimeout):
		t.Fatal("the handler ends")
	}
	if err := conn.SetReadDeadline(time.Now().Add(testTimeout)); err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, conn); n >= 64<<20 {
		t.Errorf("the file is cut off; got %d bytes, %v", n, err)
	}
}

func TestAssetsWarnOfRules(t *testing.T) {
	t.Parallel()
	folder := site(t)
	writeIn(t, folder, "_redirects", "/old /about 301\n/bad\n")
	writeIn(t, folder, "_headers", "/*\n  X-Rule: yes\n")
	a := serve(t, assetsScript, worker.Options{Assets: worker.Assets{Directory: folder}})
	if got := a.do("GET", "/old", ""); got.StatusCode != http.StatusMovedPermanently || got.Header.Get("Location") != "/about" || got.Header.Get("X-Rule") != "yes" {
		t.Errorf("the client gets the redirect to /about, with the field; got %d %v", got.StatusCode, got.Header)
	}
	warnings := a.Warnings()
	if len(warnings) != 1 || warnings[0].Line != 2 || !strings.HasSuffix(warnings[0].File, "_redirects") || !strings.Contains(warnings[0].Text, "_redirects: the line has no effect: it has 1 parts") {
		t.Errorf("there is a warning about the second line; got %v", warnings)
	}
}

func TestLoadChecksBindings(t *testing.T) {
	t.Parallel()
	assets := worker.Assets{Directory: site(t), Binding: "A"}
	for want, opts := range map[string]worker.Options{
		"the folder " + filepath.Join("no", "folder") + " cannot be read": {Assets: worker.Assets{Directory: filepath.Join("no", "folder")}},
		"the binding A needs the directory of the assets":                 {Assets: worker.Assets{Binding: "A"}},
		"two bindings have the name A":                                    {Assets: assets, Bindings: worker.Bindings{Services: []worker.Service{{Name: "A"}}}},
		"a variable and a binding have the name A":                        {Assets: assets, Vars: map[string]any{"A": 1}},
		"a binding of the type service has no name":                       {Bindings: worker.Bindings{Services: []worker.Service{{}}}},
		"The binding S needs the entry point Admin":                       {Bindings: worker.Bindings{Services: []worker.Service{{Name: "S", Entrypoint: "Admin"}}}},
		"html_handling": {Assets: worker.Assets{Directory: assets.Directory, HTMLHandling: "auto"}},
	} {
		opts.Logger = discard
		if _, err := load(t, write(t, "app.js", assetsScript), opts); err == nil || !strings.Contains(strings.ToLower(err.Error()), strings.ReplaceAll(strings.ToLower(want), "html_", "html")) {
			t.Errorf("the error contains %q; got %v", want, err)
		}
	}
}

func TestServiceBindings(t *testing.T) {
	t.Parallel()
	a := serve(t, `
		import { WorkerEntrypoint } from "cloudflare:workers";
		export class Admin extends WorkerEntrypoint {
			add(list, n) { list.push(n); return { list, name: this.env.NAME }; }
			async fail() { throw new RangeError("too much"); }
			fetch(request) { return new Response("admin " + request.method); }
		}
		export default { async fetch(request, env) {
			if (request.url.endsWith("/inner")) return new Response("inner");
			const list = [1];
			const results = [
				JSON.stringify(await env.ADMIN.add(list, 2)), list.length,
				await env.ADMIN.fail().catch(String), await env.ADMIN.missing().catch(String), await env.ADMIN.toString,
				await (await env.ADMIN.fetch("http://x/", { method: "PUT" })).text(),
				await (await env.SELF.fetch("http://x/inner")).text(),
			];
			return new Response(results.join("\n"));
		} };`, worker.Options{
		Vars:     map[string]any{"NAME": "ann"},
		Bindings: worker.Bindings{Services: []worker.Service{{Name: "SELF"}, {Name: "ADMIN", Entrypoint: "Admin"}}},
	})
	got := a.do("GET", "/", "").body
	for _, want := range []string{`{"list":[1,2],"name":"ann"}`, "\n1\n", "RangeError: too much", `TypeError: The RPC receiver does not implement the method "missing".`, "admin PUT", "\ninner"} {
		if !strings.Contains(got, want) {
			t.Errorf("the answer contains %q; got %q", want, got)
		}
	}
}

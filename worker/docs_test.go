package worker_test

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/lingerws/linger/worker"
)

// imported matches the relative imports of a snippet.
var imported = regexp.MustCompile(`from "\./([^"]+)"`)

// accepts matches the snippets that accept connections. Others show later events.
var accepts = regexp.MustCompile(`event\.(accept|upgradeWebSocket)\(`)

// snippet matches a block of JavaScript or TypeScript in a page.
var snippet = regexp.MustCompile("(?ms)^```(js|ts)\n(.*?)^```$")

func TestDocsWorkersSnippetsLoad(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/workers.md")
	if err != nil {
		t.Fatal(err)
	}
	found := snippet.FindAllSubmatch(page, -1)
	if len(found) < 4 {
		t.Errorf("the page has at least 4 snippets; got %d", len(found))
	}
	for i, s := range found {
		t.Run(fmt.Sprint(i+1), func(t *testing.T) {
			t.Parallel()
			path := write(t, "app."+string(s[1]), string(s[2]))
			for _, file := range imported.FindAllSubmatch(s[2], -1) {
				content := []byte("x")
				if filepath.Ext(string(file[1])) == ".wasm" {
					content, _ = base64.StdEncoding.DecodeString(module)
				}
				writeIn(t, filepath.Dir(path), string(file[1]), string(content))
			}
			a := serveFile(t, path, worker.Options{})
			if accepts.Match(s[2]) {
				if _, response := a.upgrade("/?token=secret", "Sec-WebSocket-Protocol: chat.v2"); response.StatusCode == 101 {
					_ = a.Shutdown(t.Context())
				}
			}
			a.log.never(t, "level=ERROR")
		})
	}
}

func TestDocsWorkersAPIFirstSnippet(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/workers-api.md")
	if err != nil {
		t.Fatal(err)
	}
	a := serve(t, string(snippet.FindSubmatch(page)[2]), worker.Options{})
	a.get("/", 426, "a WebSocket is expected")
	c := a.connect()
	c.send("hello")
	c.want("hello")
	c.close(4001, "bye")
	c.want("closed 4001 bye")
	a.stdout.line(t, "3 4001 true")
}

func TestDocsWorkersFirstSnippet(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/workers.md")
	if err != nil {
		t.Fatal(err)
	}
	a := serve(t, string(snippet.FindSubmatch(page)[2]), worker.Options{})
	first, second := a.connect(), a.connect()
	first.want("welcome")
	second.want("welcome")
	first.send("hello")
	first.want("hello")
	second.want("hello")
	first.close(4001, "bye")
	a.stdout.line(t, "4001 bye true")
	a.get("/", 200, "hello")
}

// Intermediaries change the case of the Upgrade field, and may add other protocols to it.
func TestDocsFirstSnippetsAcceptEveryUpgradeField(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"workers.md", "workers-api.md"} {
		page, err := os.ReadFile("../docs/" + name)
		if err != nil {
			t.Fatal(err)
		}
		a := serve(t, string(snippet.FindSubmatch(page)[2]), worker.Options{})
		for _, upgrade := range []string{"websocket", "WebSocket", "WEBSOCKET", "h2c, websocket", "websocket, h2c", "websocket/13, WebSocket"} {
			got := a.responseHead(strings.Replace(upgradeRequest, "Upgrade: websocket", "Upgrade: "+upgrade, 1) + "\r\n")
			if !strings.HasPrefix(got, "HTTP/1.1 101 ") {
				t.Errorf("the first example of %s accepts Upgrade: %s; got %q", name, upgrade, got)
			}
		}
	}
}

var (
	globalsTable = regexp.MustCompile(`(?m)^\| kind \| globals \|\n\|---\|---\|\n((?:\|.*\n)+)`)
	codeSpan     = regexp.MustCompile("`([^`]+)`")
)

func TestDocsWorkersNamesTheGlobals(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/workers.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := strings.Split(strings.TrimSpace(globalsTable.FindStringSubmatch(string(page))[1]), "\n")
	a := serve(t, `addEventListener("fetch", (event) => {
		const path = new URL(event.request.url).searchParams.get("name").split(".");
		event.respondWith(new Response(typeof path.reduce((value, name) => value?.[name], globalThis)));
	});`, worker.Options{})
	for _, row := range rows {
		absent := strings.HasPrefix(row, "| not available |")
		for _, span := range codeSpan.FindAllStringSubmatch(row, -1) {
			got := a.do("GET", "/?name="+span[1], "").body
			if (got == "undefined") != absent {
				t.Errorf("%s is in the row %.20q…; its type is %s", span[1], row, got)
			}
		}
	}
}

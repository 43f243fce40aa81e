package worker_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/worker"
)

func TestScriptFetchKeepsItsWorkerAwake(t *testing.T) {
	engineOnly(t, ownFetch)
	t.Parallel()
	release := make(chan struct{})
	server := otherServer(t, func(http.ResponseWriter, *http.Request) { <-release })
	a := serve(t, fmt.Sprintf(`addEventListener("fetch", (event) => {
		fetch(%q).then(() => console.log("answered"));
		event.respondWith(new Response("fetching"));
	})`, server.URL), worker.Options{SleepAfter: 20 * time.Millisecond})
	a.get("/", 200, "fetching")
	a.log.line(t, "worker stays awake", "a fetch is in progress")
	close(release)
	a.stdout.line(t, "answered")
	a.state(0, "asleep")
}

// ends are the ways in which an engine can end while a fetch and a WebSocket are in progress.
var ends = map[string]struct {
	end  func(a *testApp)
	code string // the code of the Close that the peer of the WebSocket receives
	why  string // its reason
}{
	"reload": {func(a *testApp) {
		a.reload(`addEventListener("fetch", (event) => event.respondWith(new Response("new")))`)
	}, "1012", "a new version of the application has been loaded"},
	"crash":    {func(a *testApp) { a.do(http.MethodGet, "/crash", "") }, "1011", "the application failed"},
	"shutdown": {func(a *testApp) { _ = a.Shutdown(a.t.Context()) }, "1001", "the application has ended"},
}

func TestOutgoingEndsWithItsEngine(t *testing.T) {
	t.Parallel()
	for name, c := range ends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requested, gone := make(chan struct{}), make(chan struct{})
			server := otherServer(t, func(_ http.ResponseWriter, r *http.Request) {
				close(requested)
				<-r.Context().Done()
				close(gone)
			})
			p := newPeer(t, linger.Options{})
			a := serve(t, fmt.Sprintf(`addEventListener("fetch", (event) => {
				if (event.request.url.endsWith("/crash")) for (;;);
				fetch(%q).catch((error) => console.log("failed", error.message));
				const ws = new WebSocket(%q);
				ws.onclose = (e) => console.log("close", e.code, e.wasClean);
				ws.onopen = () => ws.send("ready");
				event.respondWith(new Response("fetching"));
			})`, server.URL, p.url), worker.Options{EventTimeout: loopTimeout})
			a.get("/", 200, "fetching")
			<-requested
			p.want(t, "open ", "ready")
			c.end(a)
			within(t, "the request of the fetch is aborted", func() { <-gone })
			p.want(t, "closed "+c.code+" "+c.why)
			if name == "reload" {
				a.stdout.line(t, "close 1012 true")
			}
		})
	}
}

func TestEgressRules(t *testing.T) {
	t.Parallel()
	p := newPeer(t, linger.Options{})
	plain := strings.Replace(p.url, "ws:", "http:", 1)
	_, port, _ := strings.Cut(strings.TrimPrefix(p.url, "ws://"), ":")
	front := otherServer(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://127.0.0.2:"+port+"/", http.StatusFound)
	})
	unspecified := strings.Replace(otherServer(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://0.0.0.0:"+port+"/", http.StatusFound)
	}).URL, "127.0.0.1", "localhost", 1)
	rules := func(texts ...string) (all []worker.EgressRule) {
		for _, text := range texts {
			rule, err := worker.ParseEgressRule(text)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, rule)
		}
		return all
	}
	const denied = "connections to %s are denied by the rules for outgoing connections"
	fetchDenied := func(host string) string {
		return fmt.Sprintf("TypeError: fetch of %s:%s failed: "+denied, host, port, host)
	}
	for name, c := range map[string]struct {
		rules        []string
		script, want string
	}{
		"an address":              {[]string{"127.0.0.0/8=deny"}, `await fetch("` + plain + `")`, fetchDenied("127.0.0.1")},
		"by its name":             {[]string{"127.0.0.0/8=deny", "::1=deny"}, `await fetch("http://localhost:` + port + `")`, fetchDenied("localhost")},
		"the name alone":          {[]string{"localhost=deny"}, `await fetch("http://LOCALHOST:` + port + `")`, fetchDenied("localhost")},
		"other forms":             {[]string{"127.0.0.0/8=deny"}, `await fetch("http://0x7f.1:` + port + `")`, fetchDenied("127.0.0.1")},
		"within IPv6":             {[]string{"127.0.0.0/8=deny"}, `await fetch("http://[::ffff:127.0.0.1]:` + port + `").catch((e) => { throw new Error(e.message.includes("denied")) })`, "Error: true"},
		"the unspecified address": {[]string{"127.0.0.0/8=deny", "::1=deny"}, `await fetch("http://0.0.0.0:` + port + `")`, fetchDenied("0.0.0.0")},
		"its short form":          {[]string{"127.0.0.0/8=deny", "::1=deny"}, `await fetch("http://0:` + port + `")`, fetchDenied("0.0.0.0")},
		"its form of IPv6":        {[]string{"127.0.0.0/8=deny", "::1=deny"}, `await fetch("http://[::]:` + port + `").catch((e) => { throw new Error(e.message.includes("denied")) })`, "Error: true"},
		"mapped":                  {[]string{"127.0.0.0/8=deny", "::1=deny"}, `await fetch("http://[::ffff:0.0.0.0]:` + port + `").catch((e) => { throw new Error(e.message.includes("denied")) })`, "Error: true"},
		"a WebSocket to it":       {[]string{"127.0.0.0/8=deny", "::1=deny"}, `await new Promise((_, reject) => new WebSocket("ws://0.0.0.0:` + port + `").onerror = reject).catch((e) => { throw e.error })`, "Error: the WebSocket was not opened: " + fmt.Sprintf(denied, "0.0.0.0")},
		"a redirect to it": {[]string{"localhost=allow", "127.0.0.0/8=deny", "::1=deny"}, `await fetch("` + unspecified + `")`,
			"TypeError: fetch of " + strings.TrimPrefix(unspecified, "http://") + " failed: " + fmt.Sprintf(denied, "0.0.0.0")},
		"a redirect": {[]string{"127.0.0.2=deny"}, `await fetch("` + front.URL + `")`,
			"TypeError: fetch of " + strings.TrimPrefix(front.URL, "http://") + " failed: " + fmt.Sprintf(denied, "127.0.0.2")},
		"a WebSocket":         {[]string{"deny"}, `await new Promise((_, reject) => new WebSocket("` + p.url + `").onerror = reject).catch((e) => { throw e.error })`, "Error: the WebSocket was not opened: " + fmt.Sprintf(denied, "127.0.0.1")},
		"a fetched WebSocket": {[]string{"deny"}, `await fetch("` + plain + `", { headers: { upgrade: "websocket" } })`, fetchDenied("127.0.0.1")},
		"an allowed address":  {[]string{"127.0.0.1=allow", "deny"}, `throw new Error((await fetch("` + plain + `")).status)`, "Error: 426"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := serve(t, fetching(plain, `(async () => { `+c.script+` })()`), worker.Options{Egress: rules(c.rules...)})
			a.get("/", 500, c.want)
		})
	}
}

func TestScriptFetchVerifiesCertificates(t *testing.T) {
	engineOnly(t, ownFetch)
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(echo))
	server.Config.ErrorLog = nil
	server.StartTLS()
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	trusting := worker.Options{TLSConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	serve(t, fetching(server.URL, `fetch(base).then((r) => r.text())`), trusting).get("/", 200, "GET /  |")
	got := serve(t, fetching(server.URL, `fetch(base)`), worker.Options{}).do(http.MethodGet, "/", "")
	if want := "failed: the server's certificate is not trusted: "; !strings.Contains(got.body, want) {
		t.Errorf("the error for a server with an untrusted certificate is %q; got %q", want, got.body)
	}
}

func TestScriptFetchErrors(t *testing.T) {
	engineOnly(t, ownFetch)
	t.Parallel()
	closing := otherServer(t, func(w http.ResponseWriter, _ *http.Request) {
		nc, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_ = nc.Close()
		}
	})
	wrong := otherServer(t, func(w http.ResponseWriter, _ *http.Request) {
		nc, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_, _ = nc.Write([]byte("nonsense\r\n\r\n"))
			_ = nc.Close()
		}
	})
	for url, want := range map[string]string{
		"http://127.0.0.1:1/secret?token=1": "fetch of 127.0.0.1:1 failed: the connection was refused",
		closing.URL:                         "fetch of " + strings.TrimPrefix(closing.URL, "http://") + " failed: the connection was lost before the answer was complete",
		wrong.URL:                           "fetch of " + strings.TrimPrefix(wrong.URL, "http://") + " failed: the server was not reached, or its answer is not valid HTTP",
	} {
		serve(t, fetching(url, `fetch(base)`), worker.Options{}).get("/", 500, "TypeError: "+want)
	}
}

func TestDocsOutgoingSnippetsLoad(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/outgoing.md")
	if err != nil {
		t.Fatal(err)
	}
	found := snippet.FindAllSubmatch(page, -1)
	if len(found) < 2 {
		t.Errorf("the page has at least 2 snippets; got %d", len(found))
	}
	everything, err := worker.ParseEgressRule("deny")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range found {
		a := serve(t, string(s[2]), worker.Options{Egress: []worker.EgressRule{everything}})
		a.upgrade("/?token=secret")
		_ = a.Shutdown(t.Context())
		a.log.never(t, "SyntaxError")
	}
}

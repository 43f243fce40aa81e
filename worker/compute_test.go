package worker_test

import (
	"net/http"
	"testing"

	"github.com/lingerws/linger/worker"
)

// computing is an application that answers a request with the value of an expression. forever() starts a computation that
// takes hours, and derive(n) one with n iterations.
func computing(expression string) string {
	return `
		const key = await crypto.subtle.importKey("raw", new Uint8Array(1), "PBKDF2", false, ["deriveBits"]);
		const derive = (iterations) => crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-512", salt: new Uint8Array(1), iterations }, key, 512);
		const forever = () => derive(2 ** 32 - 1);
		addEventListener("fetch", (event) => event.respondWith((async () => {
			try {
				return new Response(await (` + expression + `));
			} catch (error) {
				return new Response(error.name + ": " + error.message);
			}
		})()));
		addEventListener("websocketupgrade", (event) => { event.accept(); });
		addEventListener("websocketmessage", async ({ source, data }) => {
			if (data === "forever") await forever();
			source.send(data);
		});`
}

func TestScriptComputationRunsOutsideOfTheEventLoop(t *testing.T) {
	t.Parallel()
	a := serve(t, computing(`derive(5000).then((bits) => bits.byteLength + "")`), worker.Options{Workers: 1})
	busy := a.connect()
	busy.send("forever")
	other := a.connect()
	for range 3 {
		other.send("hello")
		other.want("hello")
	}
	if got := a.do(http.MethodGet, "/", ""); got.body != "64" {
		t.Errorf("a request that needs a computation is answered; got %q", got.body)
	}
}

func TestScriptComputationsAreBounded(t *testing.T) {
	engineOnly(t, ownComputing)
	t.Parallel()
	a := serve(t, computing(`Promise.any(Array.from({ length: 1025 }, () => forever().catch((error) => error.name + ": " + error.message)))`), worker.Options{Workers: 1})
	want := "OperationError: 1024 operations are in progress or wait: await some of them first"
	if got := a.do(http.MethodGet, "/", ""); got.body != want {
		t.Errorf("the promise of one computation too many is rejected with %q; got %q", want, got.body)
	}
}

func TestScriptComputationsEndWithTheirEngine(t *testing.T) {
	t.Parallel()
	a := serve(t, computing(`Array.from({ length: 1024 }, () => void forever()) && "started"`), worker.Options{Workers: 1})
	if got := a.do(http.MethodGet, "/", ""); got.body != "started" {
		t.Fatalf("computations are started; got %q", got.body)
	}
	a.reload(computing(`derive(5000).then((bits) => bits.byteLength + "")`))
	if got := a.do(http.MethodGet, "/", ""); got.body != "64" {
		t.Errorf("the next engine can compute, because the computations of the last one have ended; got %q", got.body)
	}
}

func TestScriptComputationKeepsItsEngineAwake(t *testing.T) {
	engineOnly(t, ownComputing)
	t.Parallel()
	a := serve(t, computing(`void forever() ?? "started"`), worker.Options{Workers: 1, SleepAfter: nap})
	if got := a.do(http.MethodGet, "/", ""); got.body != "started" {
		t.Fatalf("a computation is started; got %q", got.body)
	}
	a.until("the worker stays awake", func() bool { return a.Workers()[0].Reason == "a computation is in progress" })
}

func TestScriptComputationIsComplete(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ expression, want string }{
		"an RSA key": {`(async () => {
			const rsa = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) };
			const { privateKey, publicKey } = await crypto.subtle.generateKey(rsa, false, ["sign", "verify"]);
			const data = new TextEncoder().encode("signed");
			const signature = await crypto.subtle.sign(rsa, privateKey, data);
			return [await crypto.subtle.verify(rsa, publicKey, signature, data), await crypto.subtle.verify(rsa, publicKey, data, data)].join();
		})()`, "true,false"},
		"the digest of much data": {`crypto.subtle.digest("SHA-256", new Uint8Array(1 << 21)).then((digest) => new Uint8Array(digest).toHex())`,
			"5647f05ec18958947d32874eeb788fa396a05d0bab7c1b71f112ceb7e9b31eee"},
		"an error": {`crypto.subtle.importKey("raw", new Uint8Array(16), "AES-GCM", false, ["decrypt"])
			.then((key) => crypto.subtle.decrypt({ name: "AES-GCM", iv: new Uint8Array(12) }, key, new Uint8Array(1 << 21)))`,
			"OperationError: the data cannot be decrypted"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := serve(t, computing(c.expression), worker.Options{Workers: 1})
			if got := a.do(http.MethodGet, "/", ""); got.body != c.want {
				t.Errorf("the result is %q; got %q", c.want, got.body)
			}
		})
	}
}

func TestScriptComputationBeforeTheFirstEvent(t *testing.T) {
	t.Parallel()
	a := serve(t, `
		const rsa = { name: "RSA-PSS", hash: "SHA-256", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) };
		const atLoad = await crypto.subtle.generateKey(rsa, false, ["sign"]);
		let atInstall;
		addEventListener("install", (event) => event.waitUntil((async () => { atInstall = await crypto.subtle.sign({ name: "RSA-PSS", saltLength: 32 }, atLoad.privateKey, new Uint8Array(1)); })()));
		addEventListener("fetch", (event) => event.respondWith(new Response([atLoad.privateKey.type, atInstall.byteLength].join())));`, worker.Options{Workers: 1})
	if got := a.do(http.MethodGet, "/", ""); got.body != "private,256" {
		t.Errorf("computations of the top level and of the install event are complete; got %q", got.body)
	}
}

func TestConnectionDataHoldsKeys(t *testing.T) {
	engineOnly(t, ownComputing)
	t.Parallel()
	a := serve(t, `
		addEventListener("websocketupgrade", async (event) => {
			const key = await crypto.subtle.importKey("raw", new TextEncoder().encode("k"), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
			event.accept({ data: { key } });
		});
		addEventListener("websocketmessage", async ({ source, data }) => {
			const mac = await crypto.subtle.sign("HMAC", source.data.key, new TextEncoder().encode(data));
			source.send(new Uint8Array(mac).toHex());
		});`, worker.Options{Workers: 1})
	c := a.connect()
	c.send("m")
	c.want("b60090e3052297aeb5a080889ce2fc4bca957e756faeb4df7d31800ca1e771ec")
	if err := a.Reload(); err != nil {
		t.Fatal(err)
	}
	c.send("m")
	c.want("b60090e3052297aeb5a080889ce2fc4bca957e756faeb4df7d31800ca1e771ec")
}

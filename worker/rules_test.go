package worker_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/lingerws/linger/protocol/handshake"
	"github.com/lingerws/linger/worker"
)

// Rules of the protocol are written in Go and, for scripts, in JavaScript. These tests compare the two.

func TestTokensAreTheSameInGoAndJavaScript(t *testing.T) {
	t.Parallel()
	var want []string
	for code := range 0x180 {
		if text := string(rune(code)); handshake.IsToken(text) && handshake.IsToken("a"+text+"a") {
			want = append(want, strconv.Itoa(code))
		}
	}
	a := serve(t, `
		const accepted = (use) => {
			const codes = [];
			for (let code = 0; code < 0x180; code++) {
				const text = String.fromCharCode(code);
				try { use(text); use("a" + text + "a"); codes.push(code); } catch {}
			}
			return codes.join(" ");
		};
		const refusesEmpty = (use) => { try { use(""); return false; } catch { return true; } };
		const uses = {
			"/header": (text) => new Headers().get(text),
			"/method": (text) => new Request("http://localhost/", { method: text }),
			"/subprotocol": (text) => {
				try { new WebSocket("ws://127.0.0.1:9/", [text, "a b"]); } catch (error) { if (!error.message.startsWith('"a b"')) throw error; }
			},
		};
		addEventListener("fetch", (event) => {
			const use = uses[new URL(event.request.url).pathname];
			event.respondWith(new Response(accepted(use) + (refusesEmpty(use) ? "" : " and nothing")));
		});`, worker.Options{})
	for _, path := range []string{"/header", "/method", "/subprotocol"} {
		a.get(path, 200, strings.Join(want, " "))
	}
}

package worker_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/protocol/handshake"
	"github.com/lingerws/linger/worker"
)

// Some rules of the protocol are implemented in Go and, for scripts, in JavaScript. These tests compare the implementations.

func TestRulesTokens(t *testing.T) {
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

func TestRulesCloseCodes(t *testing.T) {
	t.Parallel()
	const codes = 6000
	var want strings.Builder
	for code := range codes {
		if protocol.CheckClose(protocol.CloseCode(code), "") == nil {
			want.WriteString(strconv.Itoa(code) + " ")
		}
	}
	for reason, legal := range map[string]bool{strings.Repeat("x", 123): true, strings.Repeat("x", 124): false} {
		if err := protocol.CheckClose(protocol.CloseNormal, reason); (err == nil) != legal {
			t.Errorf("a reason of %d bytes is legal: %v; got %v", len(reason), legal, err)
		}
	}
	a := serve(t, fmt.Sprintf(`
		const accepts = (close) => { try { close(); return true; } catch { return false; } };
		addEventListener("fetch", (event) => {
			const [, ws] = Object.values(new WebSocketPair());
			ws.accept();
			let text = "";
			for (let code = 0; code < %d; code++) if (accepts(() => ws.close(code))) text += code + " ";
			text += accepts(() => ws.close(1000, "x".repeat(123))) + " " + accepts(() => ws.close(1000, "x".repeat(124)));
			event.respondWith(new Response(text));
		});`, codes), worker.Options{})
	a.get("/", 200, want.String()+"true false")
}

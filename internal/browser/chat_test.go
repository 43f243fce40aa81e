// Package browser_test tests with a real browser: that pages receive messages, and that they see how connections end as
// documented.
package browser_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

func TestChatTwoTabs(t *testing.T) {
	eachChat(t, func(t *testing.T, b browser, chat *program) {
		ann, bob := b.open(t, chat.url), b.open(t, chat.url)
		ann.join("ann", "lobby")
		ann.lists("ann*")
		ann.has("the hint is shown in an empty room", `document.getElementById("hint").checkVisibility() && /second tab/.test(document.getElementById("hint").textContent)`)
		bob.join("bob", "lobby")
		bob.lists("ann bob*")
		ann.lists("ann* bob")
		ann.shows("bob joined")

		ann.say("hello bob")
		ann.shows("you: hello bob")
		bob.shows("ann: hello bob")
		bob.say("<b>hello</b> ann")
		ann.shows("bob: <b>hello</b> ann")
		bob.shows("you: <b>hello</b> ann")
		ann.has("a message has its time", `/\d:\d\d/.test(document.querySelector(".said time").textContent)`)
		ann.has("the hint is hidden", `!document.getElementById("hint").checkVisibility()`)

		bob.close()
		ann.shows("bob left")
		ann.lists("ann*")
		ann.say("alone now")
		ann.shows("you: alone now")
	})
}

func TestChatChangeRoom(t *testing.T) {
	eachChat(t, func(t *testing.T, b browser, chat *program) {
		ann, bob := b.open(t, chat.url), b.open(t, chat.url)
		ann.join("ann", "lobby")
		ann.lists("ann*")
		bob.join("bob", "lobby")
		ann.shows("bob joined")
		bob.leave()
		ann.shows("bob left")
		bob.join("bob", "cellar")
		bob.lists("bob*")
		bob.say("echo?")
		bob.shows("you: echo?")
		bob.showsNot("Connection closed: 1000 ")
		ann.showsNot("bob: echo?")
	})
}

func TestChatCloseCode(t *testing.T) {
	const reason = "choose a name of 1 to 32 characters, and a room of at most 64"
	eachChat(t, func(t *testing.T, b browser, chat *program) {
		tab := b.open(t, chat.url)
		tab.connect("/chat?name=")
		if got, want := tab.closeEvent(), (closeEvent{4001, reason, true}); got != want {
			t.Errorf("the page's CloseEvent is %+v, expected %+v", got, want)
		}
		tab.join(" ", "lobby")
		tab.has("the form shows the reason", fmt.Sprintf(`document.getElementById("join").checkVisibility() && document.getElementById("error").innerText === %q`, reason))
		tab.join("ann", "lobby")
		tab.lists("ann*")
	})
}

func TestChatServerRestart(t *testing.T) {
	const reason = "server shutting down"
	eachChat(t, func(t *testing.T, b browser, chat *program) {
		tab := b.open(t, chat.url)
		tab.join("ann", "lobby")
		tab.lists("ann*")
		tab.connect("/chat?name=bob")
		tab.shows("bob joined")
		chat.interrupt(t)
		if got, want := tab.closeEvent(), (closeEvent{1001, reason, true}); got != want {
			t.Errorf("the page's CloseEvent is %+v, expected %+v", got, want)
		}
		tab.shows(fmt.Sprintf("Connection closed: 1001 %s", reason))
		chat.wantEnd(t)
		tab.has("the page tries to reconnect several times", `tries > 1 && document.getElementById("text").disabled`)
		chat.restart(t)
		tab.lists("ann*")
		tab.say("back again")
		tab.shows("you: back again")
	})
}

func TestChatReload(t *testing.T) {
	b := startBrowser(t)
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS("../../examples/chat")); err != nil {
		t.Fatal(err)
	}
	script := filepath.Join(folder, "chat.js")
	chat := start(t, "cmd/linger", "run", "--watch", "--listen=127.0.0.1:0", script)
	tab := b.open(t, chat.url)
	tab.join("ann", "lobby")
	tab.lists("ann*")
	evaluate[bool](tab, "window.before = socket; true")
	code, err := os.ReadFile(script)
	if err != nil {
		t.Fatal(err)
	}
	changed := regexp.MustCompile(`const topic = .*`).ReplaceAllString(string(code), `const topic = "Version <2>";`)
	if err := os.WriteFile(script, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	tab.has("the page shows the new topic", `document.querySelector("#topic span").textContent === "Version <2>"`)
	tab.has("the page explains the reload", `/^New code is running, and this connection stayed open: \d+ s/.test(document.querySelector(".note.code")?.textContent)`)
	tab.has("the connection is still open", `before === socket && socket.readyState === 1 && /^connected \d/.test(document.getElementById("status").textContent)`)
}

// The page loads no other resources, and fits on a phone.
func TestChatPage(t *testing.T) {
	eachChat(t, func(t *testing.T, b browser, chat *program) {
		tab := b.open(t, chat.url)
		tab.do("set the size of a phone", chromedp.EmulateViewport(390, 700))
		tab.join(strings.Repeat("W", 32), strings.Repeat("w", 64))
		tab.lists(strings.Repeat("W", 32) + "*")
		tab.say(strings.Repeat("M", 300))
		tab.has("nothing is wider than the window", `document.querySelector(".said") && [document.documentElement, document.getElementById("log")].every((e) => e.scrollWidth <= e.clientWidth)`)
		tab.has("the controls are visible", `["status", "leave", "text", "send"].every((id) => {
			const { left, right, top, bottom } = document.getElementById(id).getBoundingClientRect();
			return left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight;
		})`)
		if fetched := evaluate[[]string](tab, `performance.getEntriesByType("resource").map(({ name }) => name)`); len(fetched) > 0 {
			t.Errorf("the page has fetched %q, expected nothing", fetched)
		}
	})
}

// eachChat runs a test in one browser with the chat in JavaScript and with the chat in Go.
func eachChat(t *testing.T, test func(t *testing.T, b browser, chat *program)) {
	b := startBrowser(t)
	t.Run("JavaScript", func(t *testing.T) {
		test(t, b, start(t, "cmd/linger", "run", "--listen=127.0.0.1:0", "examples/chat/chat.js"))
	})
	t.Run("Go", func(t *testing.T) {
		test(t, b, start(t, "examples/chat-go", "-listen=127.0.0.1:0"))
	})
}

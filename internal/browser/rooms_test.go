package browser_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
)

func TestRoomsPrivateRoomSurvivesKill(t *testing.T) {
	b := startBrowser(t)
	chat := start(t, "cmd/linger", "run", "--listen=127.0.0.1:0", "--config=examples/rooms/wrangler.jsonc", "--data="+t.TempDir())
	enter := func(page *tab, name string) {
		page.do("join the room", chromedp.SetValue(chromedp.ID("name"), name), chromedp.Click(chromedp.CSS("#join button:not([type])")))
		page.has("the page is connected", `document.getElementById("status").textContent === "connected"`)
	}
	say := func(page *tab, text string) {
		page.do("say something", chromedp.WaitEnabled(chromedp.ID("text")), chromedp.SendKeys(chromedp.ID("text"), text+"\n"))
	}
	has := func(page *tab, lines string) {
		page.has("the page has the messages "+lines, fmt.Sprintf(`Array.from(document.querySelectorAll(".said"), (line) => line.textContent.replace(/\d+:\d+.*/, "")).join() === %q`, lines))
	}

	ann := b.open(t, chat.url)
	ann.do("open a private room", chromedp.Click(chromedp.ID("private")))
	ann.has("the room has a name that cannot be guessed", `/^[0-9a-f]{64}$/.test(document.getElementById("room").value)`)
	enter(ann, "ann")
	say(ann, "one")
	has(ann, "annone")
	bob := b.open(t, chat.url+"/?room="+evaluate[string](ann, `document.getElementById("room").value`))
	enter(bob, "bob")
	has(bob, "annone")
	ann.has("both are in the room", `document.getElementById("here").textContent === "ann, bob"`)

	if err := chat.process.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-chat.output
	_ = chat.process.Wait()
	ann.has("the page notices the loss", `document.getElementById("status").textContent !== "connected"`)
	chat.restart(t)
	for _, tab := range []*tab{ann, bob} {
		tab.has("both are in the room again", `["ann, bob", "bob, ann"].includes(document.getElementById("here").textContent)`)
	}
	say(bob, "<two>")
	has(ann, "annone,bob<two>")
	has(bob, "annone,bob<two>")
}

package browser_test

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// The page of `linger init` talks, says why a name is refused, and connects again by itself.
func TestInitPage(t *testing.T) {
	for _, language := range []string{"typescript", "javascript"} {
		t.Run(language, func(t *testing.T) {
			folder := filepath.Join(t.TempDir(), "app")
			if output, err := exec.Command(programs["cmd/linger"], "init", "--"+language, folder).CombinedOutput(); err != nil {
				t.Fatalf("linger init fails: %v: %s", err, output)
			}
			testInitPage(t, start(t, "cmd/linger", "run", "--listen=127.0.0.1:0", "--config="+filepath.Join(folder, "linger.toml")))
		})
	}
}

func testInitPage(t *testing.T, app *program) {
	b := startBrowser(t)
	join := func(page *tab, name string) {
		page.do("join", chromedp.SetValue(chromedp.ID("name"), name), chromedp.Click(chromedp.CSS("#join button")))
	}
	shows := func(page *tab, line string) {
		page.has("the page shows "+line, fmt.Sprintf(`Array.from(document.querySelectorAll("#lines li"), (line) => line.textContent).includes(%q)`, line))
	}
	state := func(page *tab, is string) {
		page.has("the state is "+is, fmt.Sprintf(`document.getElementById("state").dataset.state === %q`, is))
	}
	ann, bob, eve := b.open(t, app.url), b.open(t, app.url), b.open(t, app.url+"/?room=other")

	join(ann, " ")
	ann.has("the page says why the name is refused", `document.getElementById("problem").textContent === "choose a name of 1 to 20 characters"`)
	join(ann, "ann")
	shows(ann, "ann has joined")
	join(eve, "eve")
	shows(eve, "eve has joined")
	join(bob, "bob")
	shows(ann, "bob has joined")
	ann.has("two guests are in the room", `document.getElementById("guests").textContent === "2 guests"`)
	ann.say("<b>hello</b>")
	shows(bob, "ann <b>hello</b>")
	shows(ann, "ann <b>hello</b>")

	if err := app.process.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-app.output
	_ = app.process.Wait()
	state(ann, "waiting")
	app.restart(t)
	for _, page := range []*tab{ann, bob, eve} {
		state(page, "open")
	}
	ann.has("both are in the room again", `document.getElementById("guests").textContent === "2 guests"`)
	bob.say("again")
	shows(ann, "bob again")
	eve.has("other rooms have other messages", `!/hello|again|bob/.test(document.getElementById("lines").textContent)`)
}

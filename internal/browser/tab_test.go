package browser_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// tab is a tab of the browser.
type tab struct {
	t     *testing.T
	ctx   context.Context
	close context.CancelFunc
}

// open opens a page in a new tab. The tab is closed at the end of the test.
func (b browser) open(t *testing.T, url string) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil { // a tab lives as long as the context of its first action
		t.Fatalf("opening a tab: %v", err)
	}
	p := &tab{t, ctx, cancel}
	p.do("load the page", chromedp.Navigate(url))
	return p
}

// do performs actions in the tab. what describes them.
func (p *tab) do(what string, actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, timeout)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		p.t.Fatalf("%s: %v", what, err)
	}
}

// join submits the form with a name and a room.
func (p *tab) join(name, room string) {
	p.t.Helper()
	p.do("submit the form",
		chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`[document.getElementById("name").value, document.getElementById("room").value] = [%q, %q]`, name, room)),
		chromedp.Click(chromedp.CSS("#join button")))
}

// leave leaves the room.
func (p *tab) leave() {
	p.t.Helper()
	p.do("leave the room", chromedp.Click(chromedp.ID("leave")))
}

// say types a line and presses Enter.
func (p *tab) say(text string) {
	p.t.Helper()
	p.do("send a line",
		chromedp.WaitEnabled(chromedp.ID("text")),
		chromedp.SendKeys(chromedp.ID("text"), text+"\n"))
}

// texts returns the lines of the page: "ann: hello" for a message of ann, "you: hello" for a message of this page.
const texts = `[...document.querySelectorAll("#lines li")].map((line) =>
	line.matches(".said") ? (line.matches(".mine") ? "you" : line.querySelector("b").textContent) + ": " + line.querySelector(".text").textContent : line.textContent)`

// shows waits until the page shows a line.
func (p *tab) shows(line string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, timeout)
	defer cancel()
	shown := chromedp.Poll[chromedp.Void](fmt.Sprintf("%s.includes(%q)", texts, line),
		chromedp.WithPollingMutation(), chromedp.WithPollingTimeout(timeout/2))
	if err := chromedp.Do(ctx, shown); err != nil {
		p.t.Fatalf("the page does not show %q but %q: %v", line, p.lines(), err)
	}
}

// has waits until an expression about the page is true.
func (p *tab) has(expectation, expression string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, timeout)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Poll[chromedp.Void](expression, chromedp.WithPollingInterval(20*time.Millisecond), chromedp.WithPollingTimeout(timeout/2))); err != nil {
		p.t.Fatalf("expected that %s; the page shows %q and the lines %q: %v", expectation, evaluate[string](p, "document.body.innerText"), p.lines(), err)
	}
}

// lists waits until the page lists these people, in alphabetical order. The person of the page is marked with *.
func (p *tab) lists(names string) {
	p.t.Helper()
	const here = `[...document.querySelectorAll("#here li")].map((person) => person.querySelector(".name").textContent + (person.querySelector(".you") ? "*" : "")).sort().join(" ")`
	p.has(fmt.Sprintf("the page lists %q", names), fmt.Sprintf("%s === %q", here, names))
}

// showsNot fails the test if the page shows a line.
func (p *tab) showsNot(line string) {
	p.t.Helper()
	for _, shown := range p.lines() {
		if shown == line {
			p.t.Errorf("the page shows %q", line)
		}
	}
}

func (p *tab) lines() []string {
	p.t.Helper()
	return evaluate[[]string](p, texts)
}

// connect opens another WebSocket in the page.
func (p *tab) connect(path string) {
	p.t.Helper()
	evaluate[bool](p, fmt.Sprintf(`{
		const socket = new WebSocket(location.origin.replace(/^http/, "ws") + %q);
		window.ending = new Promise((resolve) => {
			socket.onclose = ({ code, reason, wasClean }) => resolve({ code, reason, wasClean });
		});
		true;
	}`, path))
}

// closeEvent is the CloseEvent of a WebSocket in a page.
type closeEvent struct {
	Code     int    `json:"code"`
	Reason   string `json:"reason"`
	WasClean bool   `json:"wasClean"`
}

// closeEvent waits for the CloseEvent of the WebSocket of connect or openSocket.
func (p *tab) closeEvent() closeEvent {
	p.t.Helper()
	return evaluate[closeEvent](p, "window.ending", chromedp.EvalAwaitPromise)
}

func evaluate[T any](p *tab, script string, options ...chromedp.EvaluateOption) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, timeout)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, options...))
	if err != nil {
		p.t.Fatalf("running a script in the page: %v", err)
	}
	return value
}

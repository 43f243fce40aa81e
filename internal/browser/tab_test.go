package browser_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// tab is a tab with the page of a chat.
type tab struct {
	t     *testing.T
	ctx   context.Context
	close context.CancelFunc
}

// open opens the page in a new tab, until the test ends.
func (b browser) open(t *testing.T, url string) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil { // a tab lives as long as the context of its first action
		t.Fatalf("a tab opens; got %v", err)
	}
	p := &tab{t, ctx, cancel}
	p.do("the page is loaded", chromedp.Navigate(url))
	return p
}

// do runs actions in the tab, in bounded time.
func (p *tab) do(expectation string, actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		p.t.Fatalf("%s; got %v", expectation, err)
	}
}

// join fills in the form and sends it.
func (p *tab) join(name, room string) {
	p.t.Helper()
	p.do("the form to join can be used",
		chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`[document.getElementById("name").value, document.getElementById("room").value] = [%q, %q]`, name, room)),
		chromedp.Click(chromedp.CSS("#join button")))
}

// leave leaves the room, so that another can be joined.
func (p *tab) leave() {
	p.t.Helper()
	p.do("the room can be left", chromedp.Click(chromedp.ID("leave")))
}

// say types a line and presses Enter.
func (p *tab) say(text string) {
	p.t.Helper()
	p.do("the page can be talked in",
		chromedp.WaitEnabled(chromedp.ID("text")),
		chromedp.SendKeys(chromedp.ID("text"), text+"\n"))
}

// texts are the lines of the page: "ann: hello" for what was said, "you: hello" for what this page has said.
const texts = `[...document.querySelectorAll("#lines li")].map((line) =>
	line.matches(".said") ? (line.matches(".mine") ? "you" : line.querySelector("b").textContent) + ": " + line.querySelector(".text").textContent : line.textContent)`

// shows waits until the page shows a line.
func (p *tab) shows(line string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	shown := chromedp.Poll[chromedp.Void](fmt.Sprintf("%s.includes(%q)", texts, line),
		chromedp.WithPollingMutation(), chromedp.WithPollingTimeout(patience/2))
	if err := chromedp.Do(ctx, shown); err != nil {
		p.t.Fatalf("the page shows %q; it shows %q, %v", line, p.lines(), err)
	}
}

// has waits until an expression about the page is true.
func (p *tab) has(expectation, expression string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Poll[chromedp.Void](expression, chromedp.WithPollingInterval(20*time.Millisecond), chromedp.WithPollingTimeout(patience/2))); err != nil {
		p.t.Fatalf("%s; the page shows %q and the lines %q, %v", expectation, evaluate[string](p, "document.body.innerText"), p.lines(), err)
	}
}

// lists waits until the page names these people, in alphabetical order, as those who are here; * is the one of the page.
func (p *tab) lists(names string) {
	p.t.Helper()
	const here = `[...document.querySelectorAll("#here li")].map((person) => person.querySelector(".name").textContent + (person.querySelector(".you") ? "*" : "")).sort().join(" ")`
	p.has(fmt.Sprintf("%q are here", names), fmt.Sprintf("%s === %q", here, names))
}

// showsNot fails the test if the page shows a line now.
func (p *tab) showsNot(line string) {
	p.t.Helper()
	for _, shown := range p.lines() {
		if shown == line {
			p.t.Errorf("the page does not show %q", line)
		}
	}
}

func (p *tab) lines() []string {
	p.t.Helper()
	return evaluate[[]string](p, texts)
}

// connect opens a WebSocket from within the page, beside the one of the page.
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

// closeEvent is what a page is told of the end of a WebSocket.
type closeEvent struct {
	Code     int    `json:"code"`
	Reason   string `json:"reason"`
	WasClean bool   `json:"wasClean"`
}

// closeEvent waits until the WebSocket of connect has closed.
func (p *tab) closeEvent() closeEvent {
	p.t.Helper()
	return evaluate[closeEvent](p, "window.ending", chromedp.EvalAwaitPromise)
}

func evaluate[T any](p *tab, script string, options ...chromedp.EvaluateOption) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, options...))
	if err != nil {
		p.t.Fatalf("the page runs a script; got %v", err)
	}
	return value
}

package browser_test

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/lingerws/linger/admin"
)

// fill makes a text the value of a field, as if it was typed.
func (p *tab) fill(id, text string) {
	p.t.Helper()
	evaluate[bool](p, fmt.Sprintf(`{
		const field = document.getElementById(%q) ?? document.querySelector(%[1]q);
		field.value = %q;
		field.dispatchEvent(new Event("input", { bubbles: true }));
		true;
	}`, id, text))
}

// click clicks an element, which a selector selects.
func (p *tab) click(selector string) {
	p.t.Helper()
	p.do("click "+selector, chromedp.Click(chromedp.CSS(selector)))
}

// shown waits until an element has a text in it.
func (p *tab) shown(selector, text string) {
	p.t.Helper()
	p.has(fmt.Sprintf("%s shows %q", selector, text), fmt.Sprintf(`document.querySelector(%q)?.checkVisibility() && document.querySelector(%[1]q).textContent.includes(%q)`, selector, text))
}

// rows waits until a table shows a number of rows.
func (p *tab) rows(body string, n int) {
	p.t.Helper()
	p.has(fmt.Sprintf("the table %s has %d rows", body, n), fmt.Sprintf(`document.getElementById(%q).rows.length === %d`, body, n))
}

// visit shows a view of the dashboard.
func (p *tab) visit(hash string) {
	p.t.Helper()
	evaluate[bool](p, fmt.Sprintf("location.hash = %q; true", hash))
}

func TestDashboard(t *testing.T) {
	b := startBrowser(t)
	for name, test := range map[string]func(*testing.T, browser){
		"Figures": testFigures, "Filter": testFilter, "Ended": testEnded, "Close": testClose, "Conversation": testConversation,
		"Channels": testChannels, "Application": testApplication, "LiveEvents": testLiveEvents, "Drain": testDrain,
		"Hostile": testHostile, "Phone": testPhone, "Theme": testTheme, "Token": testToken, "Reconnect": testReconnect,
		"Accessible": testAccessible,
	} {
		t.Run(name, func(t *testing.T) { test(t, b) })
	}
}

func testFigures(t *testing.T, b browser) {
	s := startSite(t, "")
	p := b.open(t, s.url)
	p.shown("#link", "live")
	p.shown("#server-name", "n1 · app.ts · v1.2.3")
	p.shown("#server-state", "ready")
	p.shown("#tiles", "0open now")

	const places = `JSON.stringify([...document.querySelectorAll(".tile, .figure b, .chart, .strip dd, #states .value, #ages .value")].map((element) => {
		const { x, y } = element.getBoundingClientRect();
		return [Math.round(x), Math.round(y)];
	}))`
	before := evaluate[string](p, places)

	ann, bob := s.connect("/chat?channel=lobby"), s.connect("/chat?channel=lobby")
	p.shown("#tiles", "2open now")
	p.has("the states are counted", `document.querySelector("#states .value").textContent === "2"`)
	p.shown("#largest", "lobby2")
	const rate = `document.querySelectorAll("#tiles .tile")[2].querySelector("b").textContent !== "0/s"`
	for deadline := time.Now().Add(timeout); !evaluate[bool](p, rate); time.Sleep(50 * time.Millisecond) { // it is that of the last second
		if time.Now().After(deadline) {
			t.Fatal("the rate of messages is not shown")
		}
		ann.send("hello")
	}
	if after := evaluate[string](p, places); after != before {
		t.Errorf("figures are moved when they change: from %s to %s", before, after)
	}
	p.has("the chart has lines", `document.querySelectorAll("#tiles .line")[2].getAttribute("d").length > 10`)
	p.has("the charts are described", `/^Connections: open now 2/.test(document.querySelector("#tiles svg").ariaLabel)`)

	_ = bob.conn.Close(4001, "bye")
	p.shown("#closes", "4001")
	p.has("the table shows who closed", `[...document.querySelectorAll("#closes tr")].some((row) => /^4001 ?application ?client ?closing handshake/.test(row.innerText.replaceAll(/\s+/g, " ")))`)
	p.shown("#tiles", "1open now")
}

func testFilter(t *testing.T, b browser) {
	s := startSite(t, "")
	s.connect("/chat?channel=lobby")
	s.connect("/chat?channel=cellar")
	s.connect("/prices")
	p := b.open(t, s.url+"/#/connections")
	p.rows("connections", 3)
	p.fill("#filters [name=url]", "/chat")
	p.rows("connections", 2)
	p.fill("#filters [name=channel]", "cellar")
	p.rows("connections", 1)
	p.has("the filters are in the address", `location.hash === "#/connections?url=%2Fchat&channel=cellar"`)
	p.fill("#filters [name=min_age]", "1h")
	p.rows("connections", 0)
	p.shown("#connections-empty", "No connection matches the filters.")
	p.fill("#filters [name=min_age]", "soon")
	p.has("a wrong duration is marked", `document.querySelector("#filters [name=min_age]").ariaInvalid === "true"`)
	p.fill("#filters [name=address]", "here")
	p.shown("#connections-error", "expected an address")
	p.click("#filters-reset")
	p.rows("connections", 3)
	p.fill("#filters [name=state]", "closing")
	p.rows("connections", 0)
	p.visit("#/")
	p.click(`#states a[href="#/connections?state=open"]`)
	p.rows("connections", 3)
}

// The pages of a list are those of the API's cursors.
func TestDashboardPages(t *testing.T) {
	b, s := startBrowser(t), startSite(t, "")
	for range 60 {
		s.connect("/")
	}
	p := b.open(t, s.url+"/#/connections")
	p.rows("connections", 50)
	p.shown("#connections-hint", "1 to 50")
	p.click("#page-next")
	p.rows("connections", 10)
	p.shown("#connections-hint", "51 to 60")
	p.click("#page-before")
	p.rows("connections", 50)
}

func testEnded(t *testing.T, b browser) {
	s := startSite(t, "")
	ann, bob := s.connect("/ann"), s.connect("/bob")
	id := s.id("/bob")
	p := b.open(t, s.url)
	_ = ann.conn.Close(1000, "")
	_ = bob.conn.Close(4001, "bye")
	p.shown("#closes", "4001")
	p.click(`#closes a[href*="code=4001"]`)
	p.rows("ended", 1)
	p.shown("#ended", "“bye”")
	p.has("the filter has the code, the initiator and the cause", `["code", "initiator", "cause"].map((name) => document.querySelector("#filters [name=" + name + "]").value).join() === "4001,client,close"`)
	p.click("#filters-reset")
	p.rows("ended", 2)
	p.visit("#/connections/" + id)
	p.shown("#connection-end", "closed by the client with 4001 “bye”")
	p.has("nothing can be sent", `document.getElementById("send-text").disabled && document.getElementById("connection-close").disabled`)
}

func testClose(t *testing.T, b browser) {
	s := startSite(t, "")
	c := s.connect("/chat")
	p := b.open(t, s.url+"/#/connections/"+s.id("/chat"))
	p.shown("#connection-state", "open")
	p.click("#connection-close")
	p.fill("close-code", "1005")
	p.shown("#close-meaning", "no code")
	p.click("#close-form .danger")
	p.shown("#close-error", "1005")
	p.fill("close-code", "4321")
	p.shown("#close-meaning", "application")
	p.fill("close-reason", "moved <away>")
	p.click("#close-form .danger")
	c.want("closed 4321 moved <away>")
	p.shown("#connection-end", "closed by the server with 4321 “moved <away>”")
	p.has("the dialog is closed", `!document.getElementById("close-dialog").open`)
}

func testConversation(t *testing.T, b browser) {
	s := startSite(t, "")
	c := s.connect("/chat", "User-Agent: test/1.0")
	p := b.open(t, s.url+"/#/connections/"+s.id("/chat"))
	p.shown("#facts", "test/1.0")
	const first = `document.querySelector("#messages li")`
	for deadline := time.Now().Add(timeout); !evaluate[bool](p, first+` !== null`); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the conversation shows no message")
		}
		c.send("secret")
	}
	p.shown("#messages", "text message")
	p.shown("#recent", "6 B")
	if evaluate[bool](p, `document.getElementById("messages").textContent.includes("secret")`) {
		t.Error("payloads are shown, expected them on demand only")
	}

	p.click("#payloads")
	for deadline := time.Now().Add(timeout); !evaluate[bool](p, `document.getElementById("messages").textContent.includes("open word")`); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the conversation shows no payload")
		}
		c.send("open word")
	}
	p.do("type a message", chromedp.SendKeys(chromedp.ID("send-text"), "hello from the operator\n"))
	c.want("text hello from the operator")
	p.shown("#messages", "hello from the operator")
	p.shown("#send-hint", "23 B sent")

	p.click("#send [value=binary]")
	p.fill("send-text", "48 6")
	p.click("#send button")
	p.shown("#send-hint", "pairs of hexadecimal digits")
	p.fill("send-text", "48 69 00")
	p.click("#send button")
	c.want("binary Hi\x00")
	p.shown("#messages", "0000  48 69 00")

	p.click("#watch")
	p.shown("#watch", "Watch")
	p.do("subscribe", chromedp.SendKeys(chromedp.ID("subscribe-channel"), "lobby\n"))
	p.shown("#subscriptions", "lobby")
	if _, err := s.Publish("lobby", textPayload("news")); err != nil {
		t.Fatal(err)
	}
	c.want("text news")
	p.click("#subscriptions button")
	p.has("the subscription has ended", `document.getElementById("subscriptions").childElementCount === 0`)
}

func testChannels(t *testing.T, b browser) {
	s := startSite(t, "")
	c := s.connect("/?channel=lobby")
	s.connect("/?channel=lobby")
	p := b.open(t, s.url+"/#/channels")
	p.rows("channels", 1)
	p.shown("#channels", "lobby2")
	p.fill("publish-channel", "lobby")
	p.fill("publish-text", "to all")
	p.click("#publish button")
	p.shown("#publish-hint", "sent to 2 connections")
	c.want("text to all")
	p.click("#channels a")
	p.rows("connections", 2)
}

func testApplication(t *testing.T, b browser) {
	s := startSite(t, "")
	s.recorder.Started("app.ts runs")
	s.recorder.Reloaded(2, 120*time.Millisecond, nil)
	for range 3 {
		s.recorder.Failed(admin.Entry{Text: "TypeError: not a function", At: "src/orders.ts:42:17", Event: "message", Worker: 1})
	}
	s.recorder.Replaced(1, "memory", "the script used more than 128 MiB")
	p := b.open(t, s.url)
	p.shown("#timeline-short", "src/orders.ts:42:17 · message event · worker 1 · 3 times since")
	p.shown("#timeline-short", "generation 2 · took 120 ms")
	p.shown("#workers-short", "backing off · the engine has failed 3 times")
	p.visit("#/application")
	p.rows("workers", 2)
	p.shown("#workers", "4711")
	p.shown("#failures", "TypeError: not a function")
	p.shown("#timeline", "Engine replaced: the script used more than 128 MiB")
	p.click("#reload")
	p.shown("#reload-result", "app.ts:12:7: Expected identifier")
}

func testLiveEvents(t *testing.T, b browser) {
	s := startSite(t, "")
	p := b.open(t, s.url+"/#/live")
	for deadline := time.Now().Add(timeout); !evaluate[bool](p, `document.getElementById("tail").textContent.includes("closed by the client with 4001")`); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("no closed connection is shown")
		}
		_ = s.connect("/chat").conn.Close(4001, "")
	}
	p.shown("#tail", "/chat opened")
	p.click("#tail-clear")
	p.click("#tail-pause")
	p.shown("#tail-pause", "Continue")
}

func testDrain(t *testing.T, b browser) {
	s := startSite(t, "")
	c := s.connect("/")
	p := b.open(t, s.url)
	p.shown("#tiles", "1open now")
	p.click("#drain")
	p.shown("#drain-confirm-text", "Close 1 connection")
	p.click("#drain-form .danger")
	p.has("the drain needs a confirmation", `document.getElementById("drain-dialog").open`)
	p.fill("drain-spread", "soon")
	p.click("#drain-confirm")
	p.click("#drain-form .danger")
	p.shown("#drain-error", "A duration is written as")
	p.fill("drain-spread", "0s")
	p.click("#drain-form .danger")
	c.want("closed 1012 server draining")
	p.shown("#drain-banner", "Drained 1 of 1 connection ended")
}

const hostile = `</script><img src=x onerror="window.hacked=1"><script>window.hacked=1</script>&amp;`

func testHostile(t *testing.T, b browser) {
	s := startSite(t, "")
	s.recorder.Failed(admin.Entry{Text: hostile, At: hostile, Event: hostile, Connection: hostile, Worker: 1})
	s.recorder.Reloaded(0, 0, fmt.Errorf("%s", hostile))
	p := b.open(t, s.url)
	c := s.connect("/"+url.PathEscape(hostile)+"?channel="+url.QueryEscape(hostile), "User-Agent: "+hostile)
	id := s.id("/" + hostile)
	p.shown("#timeline-short", hostile)
	p.shown("#largest", hostile)
	for _, view := range []string{"connections", "channels", "application", "live"} {
		p.visit("#/" + view)
		p.has("the view is shown", fmt.Sprintf(`!document.getElementById("view-%s").hidden`, view))
	}
	p.visit("#/connections/" + id)
	p.shown("#facts", hostile)
	p.shown("#subscriptions", hostile)
	p.click("#payloads")
	for deadline := time.Now().Add(timeout); !evaluate[bool](p, `document.getElementById("messages").textContent.includes("onerror")`); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the conversation shows no payload")
		}
		c.send(hostile)
	}
	_ = c.conn.Close(4000, "<img src=x onerror=window.hacked=1>")
	p.shown("#connection-end", "<img src=x")
	p.visit("#/connections?ended=1")
	p.shown("#ended", "<img src=x")
	if evaluate[bool](p, `window.hacked !== undefined || document.querySelector("img, main script") !== null`) {
		t.Error("what a peer has sent became part of the page")
	}
	if evaluate[bool](p, `(() => { try { document.body.innerHTML = "<b>x</b>"; return true; } catch { return false; } })()`) {
		t.Error("the page can make HTML of text, expected that its policy forbids it")
	}
}

package browser_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/admin"
)

func textPayload(text string) linger.Payload { return linger.Payload{Data: []byte(text)} }

// emulateScheme makes "light" or "dark" the scheme that the system prefers.
func emulateScheme(scheme string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		return err
	})
}

// views are the views of the dashboard that need no connection.
var views = []string{"#/", "#/connections", "#/connections?ended=1", "#/channels", "#/application", "#/live"}

// crowd makes a site that has something to show everywhere, with long names. It returns the id of a connection.
func crowd(s *site) string {
	long := strings.Repeat("long", 40)
	s.recorder.Failed(admin.Entry{Text: "TypeError: " + long, At: "src/" + long + ".ts:42:17", Event: "message", Worker: 1})
	s.recorder.Reloaded(3, 0, nil)
	s.connect("/" + long + "?channel=" + long)
	_ = s.connect("/"+long).conn.Close(4001, long[:100])
	c := s.connect("/chat", "User-Agent: "+long)
	c.send(long)
	c.want("text " + long)
	return s.id("/chat")
}

func testPhone(t *testing.T, b browser) {
	s := startSite(t, "")
	id := crowd(s)
	p := b.open(t, s.url)
	p.do("set the size of a phone", chromedp.EmulateViewport(360, 700))
	p.shown("#link", "live")
	p.shown("#closes", "4001")
	for _, view := range append(views, "#/connections/"+id) {
		p.visit(view)
		p.has(view+" is not wider than the window", `document.documentElement.scrollWidth <= 360 && [...document.querySelectorAll(".view:not([hidden]) > *, header")].every((element) => {
			const { left, right } = element.getBoundingClientRect();
			return left >= 0 && right <= 360;
		})`)
	}
	p.shown("#facts", "User agent")
}

func testTheme(t *testing.T, b browser) {
	s := startSite(t, "")
	p := b.open(t, s.url)
	const lightness = `getComputedStyle(document.body).backgroundColor.match(/[\d.]+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0) / 3`
	p.do("prefer dark", emulateScheme("dark"))
	p.has("the page is dark", lightness+" < 60")
	p.do("prefer light", emulateScheme("light"))
	p.has("the page is light", lightness+" > 200")
	p.click("#theme")
	p.has("the page is dark", lightness+" < 60")
	p.do("load the page again", chromedp.Navigate(s.url))
	p.has("the page is still dark", lightness+" < 60")
	p.click("#theme")
	p.has("the page is light", lightness+" > 200")
	evaluate[bool](p, "localStorage.clear(); true")
}

func testToken(t *testing.T, b browser) {
	const token = "a token with ümläut and +/="
	s := startSite(t, token)
	s.connect("/chat")
	p := b.open(t, s.url)
	p.has("the page asks for the token", `document.getElementById("login").open`)
	p.shown("#link", "a token is needed")
	p.fill("login-token", "wrong")
	p.click("#login button")
	p.shown("#login-error", "This is not the token.")
	p.fill("login-token", token)
	p.click("#login button")
	p.shown("#tiles", "1open now")
	p.has("the dialog is closed", `!document.getElementById("login").open`)
	p.visit("#/connections")
	p.rows("connections", 1)

	other := b.open(t, s.url+"/#token="+url.PathEscape(token))
	other.shown("#tiles", "1open now")
	other.has("the token is not in the address", `!location.href.includes("token")`)
}

func testReconnect(t *testing.T, b browser) {
	s := startSite(t, "")
	p := b.open(t, s.url)
	p.shown("#link", "live")
	s.stop()
	p.shown("#link", "no connection next attempt in")
	p.shown("#link", "figures are")
	p.has("old figures are marked", `document.documentElement.classList.contains("stale-figures")`)
	p.has("one can try now", `document.getElementById("link-retry").checkVisibility()`)
	s.administer(strings.TrimPrefix(s.url, "http://"))
	evaluate[bool](p, `document.getElementById("link-retry").click(); true`) // the page may have tried by itself already
	p.has("the page is live again", `document.getElementById("link-text").textContent === "live"`)
	p.has("figures are not marked", `!document.documentElement.classList.contains("stale-figures")`)
}

// audit returns what is wrong with the visible elements: controls without a name, and text whose contrast is below that of WCAG 2.2, level AA.
const audit = `(() => {
	const parse = (color) => color.match(/[\d.]+/g).map(Number);
	const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
	const toRGB = (color) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1); const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data; return [r, g, b, a / 255]; };
	const over = ([r, g, b, a], [x, y, z]) => [r * a + x * (1 - a), g * a + y * (1 - a), b * a + z * (1 - a)];
	const background = (element) => {
		const layers = [];
		for (let e = element; e; e = e.parentElement) { layers.push(toRGB(getComputedStyle(e).backgroundColor)); }
		return layers.reverse().reduce((under, layer) => over(layer, under), [255, 255, 255]);
	};
	const luminance = (rgb) => { const [r, g, b] = rgb.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
	const wrong = [];
	for (const element of document.querySelectorAll("body *")) {
		if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) { continue; }
		if (element.matches("button, a, input, select, textarea")) {
			const name = element.ariaLabel || element.textContent.trim() || [...(element.labels ?? [])].map((label) => label.textContent.trim()).join("") || "";
			if (name === "") { wrong.push("no name: " + element.outerHTML.slice(0, 80)); }
		}
		const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== "");
		if (hasText && !element.disabled && !element.closest(".hidden, .skip, option, datalist, :disabled")) {
			const under = background(element);
			const ink = over(toRGB(getComputedStyle(element).color), under);
			const [high, low] = [luminance(ink), luminance(under)].sort((a, b) => b - a);
			const ratio = (high + 0.05) / (low + 0.05);
			if (ratio < 4.5) { wrong.push("contrast " + ratio.toFixed(2) + ": " + element.outerHTML.slice(0, 80)); }
		}
	}
	return wrong;
})()`

func testAccessible(t *testing.T, b browser) {
	s := startSite(t, "")
	id := crowd(s)
	p := b.open(t, s.url)
	p.shown("#link", "live")
	p.shown("#closes", "4001")
	for _, scheme := range []string{"light", "dark"} {
		p.do("prefer "+scheme, emulateScheme(scheme))
		for _, view := range append(views, "#/connections/"+id) {
			p.visit(view)
			p.has("the view is shown", `document.querySelectorAll(".view:not([hidden])").length === 1`)
			for _, wrong := range evaluate[[]string](p, audit) {
				t.Errorf("%s, %s: %s", scheme, view, wrong)
			}
		}
	}
}

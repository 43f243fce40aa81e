package browser_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/lingerws/linger/websocket"
)

var pictures = flag.Duration("pictures", 0, "make the pictures of the dashboard in docs/, after traffic of this duration, such as 3m")

// TestDashboardPictures makes the pictures of docs/dashboard.md from a run of testdata/market.js.
func TestDashboardPictures(t *testing.T) {
	if *pictures == 0 {
		t.Skip("makes pictures with -pictures=3m")
	}
	m := startMarket(t)
	for i := range 420 {
		go m.client(t.Context(), i)
	}
	b := startBrowser(t)
	p := b.open(t, m.dashboard)
	p.do("set the size", chromedp.EmulateViewport(1360, 1000))
	time.Sleep(*pictures / 4)
	m.rebalance(t)
	time.Sleep(*pictures / 2)
	m.trouble(t)
	time.Sleep(*pictures / 4)

	p.do("prefer light", emulateScheme("light"))
	p.picture("dashboard.png", 1360, 1163)
	p.do("prefer dark", emulateScheme("dark"))
	p.picture("dashboard-dark.png", 1360, 1163)
	p.picture("dashboard-phone.png", 390, 844)

	p.do("prefer light", emulateScheme("light"))
	p.visit("#/connections?channel=desk%3Alondon")
	p.has("connections are listed", `document.getElementById("connections").rows.length > 20`)
	evaluate[bool](p, `document.querySelector("#connections tr:nth-child(7) a").click(); true`)
	p.shown("#connection-state", "open")
	p.click("#payloads")
	evaluate[bool](p, `scrollTo(0, 0); true`)
	time.Sleep(20 * time.Second)
	p.picture("dashboard-connection.png", 1360, 850)
}

// The dashboard of the command shows its workers, failures with their positions, and reloads the application.
func TestDashboardOfCommand(t *testing.T) {
	m := startMarket(t)
	b := startBrowser(t)
	p := b.open(t, m.dashboard)
	p.shown("#server-name", "market.js")
	c, err := m.dial(t.Context(), "/desk?desk=london", 1)
	if err != nil {
		t.Fatal(err)
	}
	p.shown("#largest", "desk:london1")
	if err := c.Write(t.Context(), websocket.Text, []byte(`{"type":"order"}`)); err != nil {
		t.Fatal(err)
	}
	p.shown("#timeline-short", "internal/browser/testdata/market.js:37:23 · websocketmessage event")
	p.visit("#/application")
	p.rows("workers", 4)
	p.click("#reload")
	p.shown("#reload-result", "Reloaded in")
	p.shown("#application-hint", "generation 2")
	p.shown("#timeline", "Application reloaded")
	p.visit("#/connections")
	p.rows("connections", 1)
	p.shown("#connections", "203.0.113.2")
}

// picture writes a picture of the page to docs/.
func (p *tab) picture(name string, width, height int64) {
	p.t.Helper()
	p.do("set the size", chromedp.EmulateViewport(width, height))
	time.Sleep(2 * time.Second) // the page adapts, and figures come each second
	image, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Fatal(err)
	}
	path := filepath.Join("../../docs", name)
	if err := os.WriteFile(path, image, 0o644); err != nil {
		p.t.Fatal(err)
	}
	if err := exec.Command("pngquant", "--force", "--output", path, path).Run(); err != nil {
		p.t.Logf("%s is larger than it could be: pngquant: %v", path, err)
	}
}

// market is the application of the pictures, run by the command, and its clients.
type market struct {
	*program
	dashboard string
}

func startMarket(t *testing.T) *market {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String() // free until the command listens
	_ = listener.Close()
	m := &market{dashboard: "http://" + address, program: start(t, "cmd/linger", "run", "--listen=127.0.0.1:0", "--admin-listen="+address, "--workers=4",
		"--trusted-proxy=127.0.0.1/32", "--origin=https://market.example.com", "--max-message=64KiB", "--memory=64MiB", "internal/browser/testdata/market.js")}
	return m
}

// rebalance reloads the application, and closes a few of the connections, whose clients come back.
func (m *market) rebalance(t *testing.T) {
	if err := m.process.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	time.Sleep(5 * time.Second)
	answer, err := http.Post(m.dashboard+"/v1/drain", "application/json", strings.NewReader(`{"share": 0.05, "spread": 5}`))
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
}

// trouble makes failures: events that throw, and an engine that runs out of memory.
func (m *market) trouble(t *testing.T) {
	for _, message := range []string{`{"type":"order","symbol":"EURUSD"}`, `{"type":"order","symbol":"GBPUSD"}`, `{"type":"hoard"}`} {
		c, err := m.dial(t.Context(), "/desk?desk=london", 77)
		if err != nil {
			t.Fatal(err)
		}
		_ = c.Write(t.Context(), websocket.Text, []byte(message)) // the connection may be reset
		time.Sleep(3 * time.Second)
	}
}

func (m *market) dial(ctx context.Context, path string, i int) (*websocket.Conn, error) {
	agents := []string{"Mozilla/5.0 (Macintosh) Firefox/150.0", "Mozilla/5.0 (Windows NT 10.0) Chrome/146.0", "MarketApp/7.2 (Android 17)"}
	header := http.Header{"User-Agent": {agents[i%3]}, "X-Forwarded-For": {fmt.Sprintf("203.0.113.%d", i%250+1)}}
	options := &websocket.DialOptions{Header: header, Origin: "https://market.example.com"}
	if i%139 == 7 {
		options.Origin = "https://copy.example.net"
	}
	return websocket.Dial(ctx, "ws"+strings.TrimPrefix(m.url, "http")+path, options)
}

// client is a client that talks, leaves in one of several ways, and comes back.
func (m *market) client(ctx context.Context, i int) {
	desks := []string{"london", "frankfurt", "tokyo", "new york", "support"}
	desk := desks[rand.IntN(len(desks))*rand.IntN(len(desks))/len(desks)]
	for round := 0; ctx.Err() == nil; round++ {
		time.Sleep(time.Duration(rand.IntN(20_000)) * time.Millisecond / time.Duration(1+min(round, 4)))
		path := "/desk?desk=" + desk
		switch {
		case i%60 == 11:
			path += "&depth"
		case i%97 == 13:
			path += "&expired"
		case i%3 == 1:
			path = "/prices"
		}
		c, err := m.dial(ctx, path, i)
		if err != nil {
			time.Sleep(4 * time.Second)
			continue
		}
		go read(ctx, c, i%60 == 11)
		m.talk(ctx, c, desk, i)
		switch rand.IntN(9) {
		case 0:
			c.CloseNow()
		case 1, 2, 3:
			_ = c.Close(1001, "")
		case 4:
			_ = c.Close(4100, "signed out")
		default:
			_ = c.Close(1000, "")
		}
	}
}

// read reads what the server sends. A slow client does not read for some of the time.
func read(ctx context.Context, c *websocket.Conn, slow bool) {
	for {
		if slow {
			time.Sleep(time.Duration(15_000+rand.IntN(15_000)) * time.Millisecond)
		}
		for end := time.Now().Add(2 * time.Second); !slow || time.Now().Before(end); {
			if _, _, err := c.Read(ctx); err != nil {
				return
			}
		}
	}
}

// talk sends messages for a time.
func (m *market) talk(ctx context.Context, c *websocket.Conn, desk string, i int) {
	lines := []string{"anyone quoting yen?", "filled at the open", "see you after lunch", "the spread is back to normal", "good morning"}
	life := time.Duration(20+rand.IntN(900)) * time.Second
	if i%4 == 0 {
		life = time.Duration(5+rand.IntN(30)) * time.Second
	}
	for end := time.Now().Add(life); time.Now().Before(end); {
		message := fmt.Sprintf(`{"type":"order","symbol":"EURUSD","limit":1.%04d}`, rand.IntN(10_000))
		if rand.IntN(8) == 0 {
			message = fmt.Sprintf(`{"type":"say","desk":%q,"text":%q}`, desk, lines[rand.IntN(len(lines))])
		}
		if rand.IntN(4000) == 0 {
			message = string(make([]byte, 70<<10)) // more than --max-message
		}
		if c.Write(ctx, websocket.Text, []byte(message)) != nil {
			return
		}
		time.Sleep(time.Duration(2000+rand.IntN(6000)) * time.Millisecond)
	}
}

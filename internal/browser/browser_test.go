package browser_test

import (
	"context"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// patience bounds what a test waits for. Nothing takes this long unless it is broken.
const patience = time.Minute

// browser is a Chromium that runs.
type browser struct{ ctx context.Context }

// startBrowser runs a headless Chromium, with an empty profile of its own, until the test ends.
func startBrowser(t *testing.T) browser {
	t.Helper()
	options := []chromedp.ExecAllocatorOption{chromedp.ExecPath(findChromium(t))}
	for _, flag := range []string{
		"headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run",
		"disable-background-networking", "disable-component-update", "disable-sync",
	} {
		options = append(options, chromedp.Flag(flag, true))
	}
	allocator, end := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(end)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("Chromium starts; got %v", err)
	}
	return browser{ctx}
}

// findChromium returns the path of the browser, or skips the test.
func findChromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("no Chromium is installed, so nothing is tested in a browser; install it, on Debian with: apt-get install chromium")
	return ""
}

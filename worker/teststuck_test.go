package worker_test

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lingerws/linger/worker"
)

// blocking returns the beginning of a script that has block(): a built-in function that
// nobody can interrupt, for about so long.
func blocking(t testing.TB, d time.Duration) string {
	t.Helper()
	calibrated.Do(func() { calibrate(t) })
	return fmt.Sprintf("const block = () => Array.prototype.indexOf.call({ length: %d }, 1);\n", int(d.Seconds()*1e3/perElement))
}

var (
	calibrated sync.Once
	perElement float64 // in milliseconds
)

// calibrate finds out how long the function takes for each element: the quickest of
// several tries is when nobody else has the processor.
func calibrate(t testing.TB) {
	t.Helper()
	const elements = 5000
	a := serve(t, fmt.Sprintf(`
		addEventListener("fetch", (event) => {
			const began = performance.now();
			Array.prototype.indexOf.call({ length: %d }, 1);
			event.respondWith(new Response(String(performance.now() - began)));
		});`, elements), worker.Options{})
	best := math.Inf(1)
	for range 30 {
		took, err := strconv.ParseFloat(strings.TrimSpace(a.do(http.MethodGet, "/", "").body), 64)
		if err != nil {
			t.Fatal(err)
		}
		best = min(best, took)
	}
	perElement = max(best, 1e-3) / elements
}

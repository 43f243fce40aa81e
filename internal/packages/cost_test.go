package packages_test

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"testing"

	"github.com/lingerws/linger/worker"
)

// BenchmarkLoad measures how long the scenarios take to be bundled and loaded, and the resident memory of each engine. Some
// figures are in docs/packages.md.
func BenchmarkLoad(b *testing.B) {
	if why := installed(); why != "" {
		b.Skip("the packages are not tested: " + why)
	}
	const engines = 9
	files := []string{"hello.ts"} // for comparison
	for _, p := range table {
		if file := "scenarios/" + p.scenario; p.fails == "" && !slices.Contains(files, file) {
			files = append(files, file)
		}
	}
	for _, file := range files {
		b.Run(file, func(b *testing.B) {
			var one, all int64
			for b.Loop() {
				app := load(b, file, 1)
				b.StopTimer()
				one = residentMemory(b)
				shutdown(app)
				app = load(b, file, engines)
				all = residentMemory(b)
				shutdown(app)
				b.StartTimer()
			}
			b.ReportMetric(float64(all-one)/(engines-1)/(1<<20), "MiB/engine")
		})
	}
}

func load(b *testing.B, file string, engines int) *worker.App {
	b.Helper()
	app, err := worker.Load("testdata/"+file, worker.Options{Workers: engines})
	if err != nil {
		b.Fatal(err)
	}
	return app
}

// residentMemory returns the resident memory of the process in bytes, without garbage.
func residentMemory(b *testing.B) int64 {
	b.Helper()
	runtime.GC()
	debug.FreeOSMemory()
	content, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		b.Skip("the memory of the process cannot be measured here: ", err)
	}
	var size, resident int64
	if _, err := fmt.Sscan(string(content), &size, &resident); err != nil {
		b.Fatal(err)
	}
	return resident * int64(os.Getpagesize())
}

package worker_test

import (
	"flag"
	"os"
	"testing"

	"github.com/lingerws/linger/worker"
)

// TestMain lets the test program be the child processes of the applications under test. Tests that call Parallel run four at a time unless the
// flag -parallel is given, because most of them wait for timers and connections.
func TestMain(m *testing.M) {
	worker.RunChild()
	_ = flag.Set("test.parallel", "4") // fails only for a flag that is not defined or a value that is not a number
	os.Exit(m.Run())
}

package worker_test

import (
	"os"
	"testing"

	"github.com/lingerws/linger/worker"
)

// TestMain lets the test program be the child processes of the applications under test.
func TestMain(m *testing.M) {
	worker.RunChild()
	os.Exit(m.Run())
}

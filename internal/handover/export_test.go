package handover

import (
	"testing"
	"time"
)

// SetQueueLimit replaces MaxQueuedOps until the test has ended.
func SetQueueLimit(t *testing.T, n int) {
	t.Cleanup(func() { queueLimit = MaxQueuedOps })
	queueLimit = n
}

// SetStallLimit replaces the bound of a write until the test has ended.
func SetStallLimit(t *testing.T, d time.Duration) {
	before := stallLimit
	t.Cleanup(func() { stallLimit = before })
	stallLimit = d
}

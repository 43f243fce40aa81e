package handover

import "testing"

// SetQueueLimit replaces MaxQueuedOps until the test has ended.
func SetQueueLimit(t *testing.T, n int) {
	t.Cleanup(func() { queueLimit = MaxQueuedOps })
	queueLimit = n
}

//go:build !linux

package lease

import "time"

func suspended() (atLeast, atMost time.Duration) { return 0, 0 }

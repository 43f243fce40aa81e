package linger

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestABucketGivesWhatComesInAndNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b bucket
		taken := 0
		for range 10_000 { // 10 s
			for b.take(50) {
				taken++
			}
			time.Sleep(time.Millisecond)
		}
		if taken < 50+499 || taken > 50+501 {
			t.Errorf("at 50 a second ten seconds give 500, and the first 50 at once; got %d", taken)
		}
		var slow bucket
		if !slow.take(0.1) || slow.take(0.1) {
			t.Error("a bucket holds one at least, and it begins full")
		}
		time.Sleep(10 * time.Second)
		if !slow.take(0.1) {
			t.Error("one in ten seconds comes in ten seconds")
		}
		if !slow.take(0) {
			t.Error("without a rate there is always one")
		}
	})
}

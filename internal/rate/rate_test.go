package rate

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestBucketTake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b Bucket
		taken := 0
		for range 10_000 { // 10 s
			for b.Take(50) {
				taken++
			}
			time.Sleep(time.Millisecond)
		}
		if taken < 50+499 || taken > 50+501 {
			t.Errorf("at 50 per second ten seconds give 500 tokens, and the full bucket 50 at once; got %d", taken)
		}
		time.Sleep(time.Hour)
		for taken = 0; b.Take(50); taken++ {
		}
		if taken != 50 {
			t.Errorf("after an hour without calls the bucket holds the tokens of one second; got %d", taken)
		}
		var slow Bucket
		if !slow.Take(0.1) || slow.Take(0.1) {
			t.Error("a bucket has room for one token at least, and begins full")
		}
		time.Sleep(10 * time.Second)
		if !slow.Take(0.1) {
			t.Error("at one token in ten seconds there is one after ten seconds")
		}
		if !slow.Take(0) {
			t.Error("without a rate there is no limit")
		}
	})
}

package web

import (
	"errors"
	"testing"

	"github.com/lingerws/linger/worker/internal/engine"
)

func TestCompressionMemoryIsThatOfTheRuntime(t *testing.T) {
	for _, opener := range []string{"openCompressor", "openDecompressor"} {
		rt, err := engine.New(engine.Options{MemoryLimit: 8 << 20})
		if err != nil {
			t.Fatal(err)
		}
		functions := newHost(Options{}, &Realm{runtime: rt}).compressionFunctions()
		open, closeNumber := functions[opener], functions["closeCompression"]
		for range 100 {
			if _, err := open([]engine.Value{engine.String("br")}); err == nil {
				t.Fatalf("%s: an unknown format must be an error", opener)
			}
		}
		var throw *engine.Throw
		for range 2 { // the second time only if closing has released the memory
			var numbers []engine.Value
			for err = nil; err == nil && len(numbers) < 100; {
				var number engine.Value
				if number, err = open([]engine.Value{engine.String("gzip")}); err == nil {
					numbers = append(numbers, number)
				}
			}
			if !errors.As(err, &throw) || throw.Name != "RangeError" || len(numbers) == 0 {
				t.Errorf("%s: the memory limit must be a RangeError, got %v after %d streams", opener, err, len(numbers))
			}
			for _, number := range numbers {
				call(t, closeNumber, number)
			}
		}
		if err := rt.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

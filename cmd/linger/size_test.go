package main

import (
	"math"
	"testing"
)

func TestParseSize(t *testing.T) {
	for text, want := range map[string]size{
		"1": 1, "65536": 65536, "7B": 7, "64KiB": 64 << 10, "1MiB": 1 << 20, "2GiB": 2 << 30,
		"1kB": 1000, "1KB": 1000, "3MB": 3e6, "4GB": 4e9, "1mib": 1 << 20, "1 MiB": 1 << 20,
		"9223372036854775807": math.MaxInt64, "8589934591GiB": 8589934591 << 30,
	} {
		if got, ok := parseSize(text); !ok || got != want {
			t.Errorf("%q must be %d bytes; got %d, %v", text, want, got, ok)
		}
	}
}

func TestParseSizeRejects(t *testing.T) {
	for _, text := range []string{
		"", "0", "0MiB", "-1", "-1KiB", "x", "MiB", "1.5MiB", "1e3", "1 M i B", "1TiB", "0x10",
		"9223372036854775808", "8589934592GiB",
	} {
		if got, ok := parseSize(text); ok {
			t.Errorf("%q must be refused; got %d bytes", text, got)
		}
	}
}

package deflate

import (
	"testing"

	"github.com/lingerws/linger/internal/race"
)

// expectAllocs fails the test if a call of f allocates more than budget times.
func expectAllocs(t *testing.T, what string, budget float64, f func()) {
	t.Helper()
	if race.Enabled { // then sync.Pool drops one state in four, and each has about 30 allocations
		budget += 30
	}
	if got := testing.AllocsPerRun(300, f); got > budget {
		t.Errorf("%s allocates %v times, expected at most %v", what, got, budget)
	}
}

func TestDeflateInflateAllocs(t *testing.T) {
	room, plain := make([]byte, 0, 16<<10), make([]byte, 0, 16<<10)
	for _, c := range []struct {
		name   string
		window Window
		size   int
		budget float64 // the allocations of compressing
	}{
		{"a message of 1000 bytes", Window{}, 1000, 0},
		{"a message of 1000 bytes in a small window", Window{Bits: 9}, 1000, 0},
		{"a message of 1000 bytes without takeover", Window{NoContextTakeover: true}, 1000, 0},
		{"a small message without takeover", Window{NoContextTakeover: true}, 100, 0},
		{"a small message with a window", Window{}, 100, 1}, // the library joins it with the dictionary
	} {
		d, in := NewDeflater(c.window, Options{}), NewInflater(c.window)
		message := chat(1, c.size)
		for range 100 { // fill the window
			expectRoundTrip(t, d, in, message)
		}
		expectAllocs(t, "compressing "+c.name, c.budget, func() { room = d.Deflate(room[:0], message, true) })
		compressed := NewDeflater(Window{NoContextTakeover: true}, Options{}).Deflate(nil, message, true)
		expectAllocs(t, "inflating "+c.name, 0, func() {
			if _, err := in.Inflate(plain, compressed, c.size); err != nil {
				t.Fatal(err)
			}
		})
	}
}

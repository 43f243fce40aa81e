package deflate

import (
	"errors"
	"strings"
	"testing"
)

func TestOptionsValidate(t *testing.T) {
	for _, c := range []struct {
		options Options
		field   string
	}{
		{Options{}, ""},
		{Options{WindowBits: 8, Level: 9, Threshold: 1}, ""},
		{Options{WindowBits: 15, Level: 1, NoContextTakeover: true}, ""},
		{Options{WindowBits: 7}, "WindowBits"},
		{Options{WindowBits: 16}, "WindowBits"},
		{Options{WindowBits: -1}, "WindowBits"},
		{Options{Level: 10}, "Level"},
		{Options{Level: -2}, "Level"},
		{Options{Threshold: -1}, "Threshold"},
	} {
		err := c.options.Validate()
		switch {
		case c.field == "" && err != nil:
			t.Errorf("%+v is refused: %v", c.options, err)
		case c.field != "" && (!errors.Is(err, ErrOptions) || !strings.Contains(err.Error(), c.field)):
			t.Errorf("Validate of %+v returns %v, expected ErrOptions that names %s", c.options, err, c.field)
		}
	}
}

func TestOptionsOutOfRange(t *testing.T) {
	for _, o := range []Options{{WindowBits: -3, Level: -3}, {WindowBits: 99, Level: 99, Threshold: -5}} {
		p, _, ok := Accept(Offer(o), o)
		if !ok {
			t.Errorf("an offer with %+v is declined with the same options", o)
		}
		got, err := NewInflater(p.Server).Inflate(nil, NewDeflater(p.Server, o).Deflate(nil, chat(1, 5000), true), 5000)
		if err != nil || len(got) != 5000 {
			t.Errorf("with %+v a message is inflated to %d bytes with error %v", o, len(got), err)
		}
	}
}

func TestDeflaterWorth(t *testing.T) {
	for _, c := range []struct {
		threshold  int
		noTakeover bool
		least      int
	}{
		{0, false, 64}, {0, true, 128}, {1, true, 1}, {1, false, 1}, {9000, false, 9000},
	} {
		d := NewDeflater(Window{NoContextTakeover: c.noTakeover}, Options{Threshold: c.threshold})
		if d.Worth(c.least-1) || !d.Worth(c.least) {
			t.Errorf("with threshold %d and NoContextTakeover %v, Worth(%d) is %v and Worth(%d) is %v; expected false and true",
				c.threshold, c.noTakeover, c.least-1, d.Worth(c.least-1), c.least, d.Worth(c.least))
		}
	}
}

// With the default threshold a message that is worth compressing shrinks.
func TestDeflaterWorthShrinks(t *testing.T) {
	for _, noTakeover := range []bool{false, true} {
		d := NewDeflater(Window{NoContextTakeover: noTakeover}, Options{})
		for seed := range uint64(50) {
			message := chat(seed, d.threshold)
			got := d.Deflate(nil, message, true)
			if len(got) >= len(message) && seed > 0 { // for the first message the window is empty
				t.Errorf("with NoContextTakeover %v, %q becomes %d bytes, expected fewer than %d", noTakeover, message, len(got), len(message))
			}
		}
	}
}

package report

import (
	"slices"
	"strings"
	"testing"
)

func TestRecordLines(t *testing.T) {
	for axis, want := range map[string][]string{
		Connections: {"1,000", "5,000", "Linger 2.00", "Bun <3 4.00"},
		Cores:       {"1", "2", "Linger 1,000", "Bun <3 1,000"}, // echo1 is the point at one core
	} {
		counts, texts := elements(t, example().Lines(axis))
		if counts["polyline"] != 2 || counts["circle"] != 4 {
			t.Errorf("%s: expected two lines of two points, got %v", axis, counts)
		}
		for _, text := range want {
			if !strings.Contains(texts, text) {
				t.Errorf("%s: the picture lacks the text %q", axis, text)
			}
		}
	}
}

func TestRecordLinesEmpty(t *testing.T) {
	r := example()
	r.Samples = nil
	if _, texts := elements(t, r.Lines(Cores)); !strings.Contains(texts, "not measured") {
		t.Error("Lines of a record without samples must say that nothing was measured")
	}
}

func TestSeparate(t *testing.T) {
	names := []float64{10, 11, 95, 99, 99}
	separate(names, 100)
	if want := []float64{10, 26, 68, 84, 100}; !slices.Equal(names, want) {
		t.Errorf("expected %v, got %v", want, names)
	}
}

func TestGridStep(t *testing.T) {
	for highest, want := range map[float64]float64{0: 1, 10: 2.5, 25: 5, 99: 10, 236_000: 50_000} {
		if got := gridStep(highest); got != want {
			t.Errorf("gridStep(%v) = %v, expected %v", highest, got, want)
		}
	}
}

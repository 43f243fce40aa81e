package report

import (
	"strings"
	"testing"
)

func TestEveryFigureIsABar(t *testing.T) {
	counts, texts := elements(t, example().Bars())
	const background, measured = 1, 7 // two libraries in three lines, and one in the fourth
	if counts["rect"] != background+measured {
		t.Errorf("expected %d bars, got %d", measured, counts["rect"]-background)
	}
	if n := strings.Count(texts, "not measured"); n != 5 {
		t.Errorf("5 figures are missing, and %d are said to be", n)
	}
	for _, text := range []string{"echo: µs/message", "Bun <3", "1,521"} {
		if !strings.Contains(texts, text) {
			t.Errorf("the picture says nothing of %q", text)
		}
	}
}

func TestNothingMeasuredIsAPictureToo(t *testing.T) {
	r := example()
	r.Samples = nil
	if _, texts := elements(t, r.Bars()); !strings.Contains(texts, "not measured") {
		t.Error("a picture of nothing must say so")
	}
}

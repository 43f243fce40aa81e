package report

import (
	"strings"
	"testing"
)

func TestRecordBars(t *testing.T) {
	counts, texts := elements(t, example().Bars())
	const background, measured = 1, 7 // two libraries in each of three rows, and one in the fourth
	if counts["rect"] != background+measured {
		t.Errorf("expected %d bars, got %d", measured, counts["rect"]-background)
	}
	if n := strings.Count(texts, "not measured"); n != 5 {
		t.Errorf("5 figures are missing, but %d are marked as not measured", n)
	}
	for _, text := range []string{"echo: µs/message", "Bun <3", "1,521"} {
		if !strings.Contains(texts, text) {
			t.Errorf("the picture lacks the text %q", text)
		}
	}
}

func TestRecordBarsEmpty(t *testing.T) {
	r := example()
	r.Samples = nil
	if _, texts := elements(t, r.Bars()); !strings.Contains(texts, "not measured") {
		t.Error("Bars of a record without samples must say that nothing was measured")
	}
}

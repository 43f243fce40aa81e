package report

import "testing"

func TestRecordSpread(t *testing.T) {
	r := example()
	s, ok := r.spread("echo1", Subject, cost("message"))
	if want := (Spread{2, 1, 3}); !ok || s != want {
		t.Errorf("spread of 1, 2 and 3 µs = %+v, %v, expected the median 2", s, ok)
	}
	if _, ok := r.spread("echo1", "gws", cost("message")); ok {
		t.Error("spread without samples returned true")
	}
	if got := median([]float64{1, 2, 4, 8}); got != 3 {
		t.Errorf("median of 1, 2, 4 and 8 = %v, expected 3", got)
	}
}

func TestRecordRows(t *testing.T) {
	var titles []string
	for _, row := range example().rows() {
		titles = append(titles, row.title())
	}
	want := []string{"echo: µs/message", "paced echo: µs/message", "paced echo: 99th percentile, µs", "idle: bytes of RSS each"}
	if len(titles) != len(want) {
		t.Fatalf("expected %q, got %q", want, titles)
	}
	for i := range want {
		if titles[i] != want[i] {
			t.Errorf("row %d is %q, expected %q", i+1, titles[i], want[i])
		}
	}
}

func TestNumberAndTick(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0.000", 0.2649: "0.265", 4.136: "4.14", 42.25: "42.2", 153.8: "154", 1521: "1,521", 1234567: "1,234,567",
	} {
		if got := number(v); got != want {
			t.Errorf("number(%v) = %s, expected %s", v, got, want)
		}
	}
	for v, want := range map[float64]string{0: "0", 2.5: "2.5", 15000: "15,000"} {
		if got := tick(v); got != want {
			t.Errorf("tick(%v) = %s, expected %s", v, got, want)
		}
	}
}

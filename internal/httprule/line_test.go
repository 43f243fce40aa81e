package httprule

import "testing"

func TestAppendField(t *testing.T) {
	got := string(AppendField([]byte("GET / HTTP/1.1\r\n"), "A", "b\r\nC: d\x00e"))
	if want := "GET / HTTP/1.1\r\nA: b  C: d e\r\n"; got != want {
		t.Errorf("the result is %q, expected %q", got, want)
	}
}

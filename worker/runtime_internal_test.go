package worker

import (
	"slices"
	"testing"
)

func TestInspectAddress(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		first  string
		offset int
		want   string
	}{{"", 1, ""}, {"127.0.0.1:9229", 0, "127.0.0.1:9229"}, {"127.0.0.1:9229", 3, "127.0.0.1:9232"}, {"[::1]:9229", 1, "[::1]:9230"}} {
		if got := inspectAddress(test.first, test.offset); got != test.want {
			t.Errorf("the address after %q by %d is %q; got %q", test.first, test.offset, test.want, got)
		}
	}
}

func TestConfigurationEnvironment(t *testing.T) {
	t.Setenv("LINGER_TEST_VARIABLE", "process")
	t.Setenv(modeVariable, "")
	c := configuration{opts: Options{Vars: map[string]any{"TEXT": "value", "NUMBER": 3, "A=B": "name", "ZERO": "\x00"}}}
	got := c.environment()
	for variable, want := range map[string]bool{
		"LINGER_TEST_VARIABLE=process": true, "TEXT=value": true, "NUMBER=3": true, "A=B=name": false, "ZERO=\x00": false, modeVariable + "=production": false,
	} {
		if slices.Contains(got, variable) != want {
			t.Errorf("whether the environment has %q is %t; got %q", variable, want, got)
		}
	}
}

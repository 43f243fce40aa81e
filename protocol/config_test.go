package protocol

import "testing"

func TestConfigDefaults(t *testing.T) {
	got := Config{}.withDefaults()
	if got.Role != Server || got.HalfOpen || got.MaxMessage != 1<<20 || got.MaxLinger != 16<<20 {
		t.Errorf("the defaults are %+v, expected a server with 1 MiB and 16 MiB", got)
	}
	set := Config{MaxMessage: 1, MaxFragments: 2, MaxLinger: 3}.withDefaults()
	if set.MaxMessage != 1 || set.MaxFragments != 2 || set.MaxLinger != 3 {
		t.Errorf("limits that are set are changed to %+v", set)
	}
}

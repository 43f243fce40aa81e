package proxyends

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	c := parse("a case", `
		client: close 4001 bye
		backend sees close 4001 bye`)
	want := []Step{{Client: true, What: "close 4001 bye"}, {Sees: true, What: "close 4001 bye"}}
	if len(c.Steps) != 2 || c.Steps[0] != want[0] || c.Steps[1] != want[1] {
		t.Errorf("the steps are %v, expected %v", c.Steps, want)
	}
	if c.Steps[0].String() != "client: close 4001 bye" || c.Steps[1].String() != "backend sees close 4001 bye" {
		t.Errorf("the steps are formatted as %v, expected the input", c.Steps)
	}
	for _, c := range Cases(BackendLost, ClientLost) {
		if len(c.Steps) < 2 || !c.Steps[len(c.Steps)-1].Sees {
			t.Errorf("%s: the last step must be something seen", c.Name)
		}
	}
}

func TestWholeMessages(t *testing.T) {
	for i, c := range WholeMessages(Cases(BackendLost, ClientLost)) {
		parts := Cases(BackendLost, ClientLost)[i]
		within := strings.Contains(c.Name, "within a message")
		if d := len(parts.Steps) - len(c.Steps); within != (d > 0) {
			t.Errorf("%s: %d steps are removed, expected only those that see a part of a message", c.Name, d)
		}
	}
}

package proxyends

import (
	"strings"
	"testing"
)

func TestCasesAreReadAsTheyAreWritten(t *testing.T) {
	c := parse("a case", `
		client: close 4001 bye
		backend sees close 4001 bye`)
	want := []Step{{Client: true, What: "close 4001 bye"}, {Sees: true, What: "close 4001 bye"}}
	if len(c.Steps) != 2 || c.Steps[0] != want[0] || c.Steps[1] != want[1] {
		t.Errorf("the steps are %v; got %v", want, c.Steps)
	}
	if c.Steps[0].String() != "client: close 4001 bye" || c.Steps[1].String() != "backend sees close 4001 bye" {
		t.Errorf("they are written as they were read; got %v", c.Steps)
	}
	for _, c := range Cases(Gone, Cut) {
		if len(c.Steps) < 2 || !c.Steps[len(c.Steps)-1].Sees {
			t.Errorf("%s: a case ends with what is seen", c.Name)
		}
	}
}

func TestWholeMessagesHaveNoParts(t *testing.T) {
	for i, c := range Whole(Cases(Gone, Cut)) {
		parts := Cases(Gone, Cut)[i]
		parted := strings.Contains(c.Name, "within a message")
		if d := len(parts.Steps) - len(c.Steps); parted != (d > 0) {
			t.Errorf("%s: only what is seen in part is left out; %d steps are", c.Name, d)
		}
	}
}

package protocol

import (
	"os"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestViolationListComplete(t *testing.T) {
	source, err := os.ReadFile("violation.go")
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(string(source), "= &Violation{"); got != len(violations) {
		t.Errorf("violations has %d elements, but the table has %d", len(violations), got)
	}
}

func TestViolationStatus(t *testing.T) {
	seen := map[string]bool{}
	for _, v := range violations {
		if seen[v.ID] || v.ID == "" {
			t.Errorf("the identifier %q is not unique", v.ID)
		}
		seen[v.ID] = true
		if !v.Code.ValidOnWire() {
			t.Errorf("%s closes with %d, which must not be sent", v.ID, v.Code)
		}
		if v.Reason == "" || len(v.Reason) > maxCloseReason || !utf8.ValidString(v.Reason) {
			t.Errorf("%s has a reason that must not be sent: %q", v.ID, v.Reason)
		}
		if CheckClose(v.Code, v.Reason) != nil {
			t.Errorf("CheckClose refuses the status of %s", v.ID)
		}
	}
}

func TestViolationError(t *testing.T) {
	for _, v := range violations {
		text := v.Error()
		if !strings.HasPrefix(text, v.ID+": "+v.Reason) {
			t.Errorf("the error %q does not begin with identifier and reason", text)
		}
		if strings.Contains(text, "RFC 6455, section "+v.Section) != (v.Section != "") {
			t.Errorf("the error %q names a section, expected %q", text, v.Section)
		}
	}
}

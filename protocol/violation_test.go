package protocol

import (
	"os"
	"strings"
	"testing"
	"unicode/utf8"
)

var violations = []*Violation{errRSV, errOpcode, errLengthForm, errLengthSign, errUnmasked, errMasked,
	errControlFragment, errControlLength, errContinuation, errInterleaved, errText, errTooBig, errFragments,
	errInflate, errCloseLength, errCloseCode, errCloseReason}

func TestNoViolationIsForgotten(t *testing.T) {
	source, err := os.ReadFile("violation.go")
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(string(source), "= &Violation{"); got != len(violations) {
		t.Errorf("the tests know %d violations, the table has %d", len(violations), got)
	}
}

func TestEachViolationMayTravel(t *testing.T) {
	seen := map[string]bool{}
	for _, v := range violations {
		if seen[v.ID] || v.ID == "" {
			t.Errorf("the identifier %q is not unique", v.ID)
		}
		seen[v.ID] = true
		if !v.Code.MayTravel() {
			t.Errorf("%s closes with %d, which may not travel", v.ID, v.Code)
		}
		if v.Reason == "" || len(v.Reason) > maxCloseReason || !utf8.ValidString(v.Reason) {
			t.Errorf("%s has a reason that cannot go on the wire: %q", v.ID, v.Reason)
		}
		if CheckClose(v.Code, v.Reason) != nil {
			t.Errorf("%s cannot be said by a Close", v.ID)
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

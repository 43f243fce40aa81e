package handshake

import "testing"

func TestIsToken(t *testing.T) {
	for _, s := range []string{"a", "permessage-deflate", "v1.chat", "!#$%&'*+-.^_`|~09"} {
		if !IsToken(s) {
			t.Errorf("IsToken(%q) is false", s)
		}
	}
	for _, s := range []string{"", "a b", "a\t", "a,b", `a"b`, "a=b", "a/b", "(a)", "ä", "a\x00", "a\x7f"} {
		if IsToken(s) {
			t.Errorf("IsToken(%q) is true", s)
		}
	}
}

func TestEqualFold(t *testing.T) {
	if !equalFold("WebSocket", "wEBsOCKET") {
		t.Error("the case of ASCII letters is not ignored")
	}
	for _, s := range []string{"web\u017focket", "websoc\u212aet", "websocke", "websocket "} {
		if equalFold(s, "websocket") {
			t.Errorf("%q equals websocket", s)
		}
	}
	if got := lowerASCII("ÄBC"); got != "Äbc" {
		t.Errorf("lowerASCII of ÄBC is %s, expected Äbc", got)
	}
}

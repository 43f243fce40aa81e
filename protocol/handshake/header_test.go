package handshake

import "testing"

func TestTokens(t *testing.T) {
	for _, s := range []string{"a", "permessage-deflate", "v1.chat", "!#$%&'*+-.^_`|~09"} {
		if !IsToken(s) {
			t.Errorf("%q is a token", s)
		}
	}
	for _, s := range []string{"", "a b", "a\t", "a,b", `a"b`, "a=b", "a/b", "(a)", "ä", "a\x00", "a\x7f"} {
		if IsToken(s) {
			t.Errorf("%q is no token", s)
		}
	}
}

func TestOnlyASCIILettersFold(t *testing.T) {
	if !equalFold("WebSocket", "wEBsOCKET") {
		t.Error("ASCII letters match in either case")
	}
	for _, s := range []string{"web\u017focket", "websoc\u212aet", "websocke", "websocket "} {
		if equalFold(s, "websocket") {
			t.Errorf("%q does not match websocket", s)
		}
	}
	if got := lowerASCII("ÄBC"); got != "Äbc" {
		t.Errorf("letters outside ASCII keep their case; ÄBC became %s", got)
	}
}

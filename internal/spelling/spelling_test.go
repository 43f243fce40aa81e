package spelling

import "testing"

func TestNearest(t *testing.T) {
	names := []string{"websocketmessage", "websocketclose", "fetch", "main", "vars"}
	for wrong, want := range map[string]string{
		"websocketmesage": "websocketmessage", "WebSocketMessage": "websocketmessage", "websocketclosed": "websocketclose",
		"fetsh": "fetch", "mian": "main", "amin": "main", "mnia": "", "websocketmesasge": "websocketmessage", "man": "main", "var": "vars", "listen": "", "": "", "messages": "", "websocket": "",
	} {
		if got := Nearest(wrong, names); got != want {
			t.Errorf("Nearest to %q is %q, expected %q", wrong, got, want)
		}
	}
}

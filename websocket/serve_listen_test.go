package websocket

import (
	"net/http"
	"strings"
	"testing"
)

func TestListenAndServeSaysWhereItCannotListen(t *testing.T) {
	if err := ListenAndServe("127.0.0.1:no", http.NotFoundHandler()); err == nil || !strings.Contains(err.Error(), "no") {
		t.Errorf("the address is named; got %v", err)
	}
}

package websocket

import (
	"net/http"
	"strings"
	"testing"
)

func TestListenAndServeError(t *testing.T) {
	if err := ListenAndServe("127.0.0.1:no", http.NotFoundHandler()); err == nil || !strings.Contains(err.Error(), "no") {
		t.Errorf("the error must contain the address; got %v", err)
	}
}

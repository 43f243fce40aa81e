package packages_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

func TestZodNanoid(t *testing.T) {
	a := serve(t, "small.js", nil)
	a.want(http.MethodPost, "/", `{"room":"","text":"far too long"}`, 400, `[["room","too_small"],["text","too_big"]]`)
	a.want(http.MethodPost, "/", `{"room":1}`, 400, `[["room","invalid_type"],["text","invalid_type"]]`)
	ids := map[string]bool{}
	for range 20 {
		status, body, _ := a.do(http.MethodPost, "/", strings.NewReader(`{"room":"r","text":"t","sent":"2026-01-01","more":1}`))
		var got struct{ Room, Text, Sent, ID, Other, More string }
		if err := json.Unmarshal([]byte(body), &got); err != nil || status != 200 {
			t.Fatalf("the response to a valid message is %d %s", status, body)
		}
		if got.Sent != "2026-01-01T00:00:00.000Z" || got.More != "" || len(got.ID) != 21 || len(got.Other) != 10 {
			t.Errorf("the response is %s, expected the parsed message with ids of 21 and 10 characters", body)
		}
		ids[got.ID] = true
	}
	if len(ids) != 20 {
		t.Errorf("there are %d different ids, expected 20", len(ids))
	}
}

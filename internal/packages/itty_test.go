package packages_test

import (
	"net/http"
	"testing"
)

func TestIttyCorsify(t *testing.T) {
	a := serve(t, "itty.js", nil)
	for path, want := range map[string]string{"/json/ann": `{"hello":"ann"}`, "/own": `[1]`} {
		fields := a.want(http.MethodGet, path, "", 200, want, "Origin", "https://example.com")
		if fields.Get("Access-Control-Allow-Origin") == "" {
			t.Errorf("the fields are %v, expected the origin to be allowed", fields)
		}
	}
	a.want(http.MethodPost, "/echo", "text", 200, "text")
	a.want(http.MethodGet, "/missing", "", 404, `{"status":404,"error":"not here"}`)
	a.want(http.MethodGet, "/nowhere", "", 404, `{"status":404,"error":"Not Found"}`)
	a.want(http.MethodOptions, "/own", "", 204, "", "Origin", "https://example.com")
}

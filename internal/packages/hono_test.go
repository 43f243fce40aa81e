package packages_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestHonoCORS(t *testing.T) {
	a := serve(t, "hono.js", nil)
	for _, header := range [][]string{nil, {"Origin", "https://example.com"}} {
		fields := a.want(http.MethodGet, "/cors/text", "", 200, "ok", header...)
		if fields.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("the fields are %v, expected all origins to be allowed", fields)
		}
		a.want(http.MethodGet, "/cors/json", "", 200, `{"ok":true}`, header...)
	}
	fields := a.want(http.MethodOptions, "/cors/text", "", 204, "", "Origin", "https://example.com", "Access-Control-Request-Method", "PUT")
	if !strings.Contains(fields.Get("Access-Control-Allow-Methods"), "PUT") {
		t.Errorf("the fields of the response to a preflight are %v", fields)
	}
}

func TestHonoBodyLimit(t *testing.T) {
	a := serve(t, "hono.js", nil)
	a.want(http.MethodPost, "/limit", "12345", 200, "took 12345")
	a.want(http.MethodPost, "/limit", "12345678", 413, "Payload Too Large")
	chunked := io.MultiReader(strings.NewReader("1234"), strings.NewReader("5678")) // a body of unknown length
	if status, body, _ := a.do(http.MethodPost, "/limit", chunked); status != 413 {
		t.Errorf("the response to a chunked body above the limit is %d %q, expected 413", status, body)
	}
}

func TestHonoAuthorization(t *testing.T) {
	a := serve(t, "hono.js", nil)
	a.want(http.MethodGet, "/bearer", "", 200, "in", "Authorization", "Bearer t")
	a.want(http.MethodGet, "/basic", "", 200, "in", "Authorization", "Basic YW5uOnNlY3JldA==")
	for _, path := range []string{"/bearer", "/basic"} {
		for _, header := range [][]string{nil, {"Authorization", "Bearer wrong"}, {"Authorization", "Basic YW5uOndyb25n"}} {
			if status, body, _ := a.do(http.MethodGet, path, nil, header...); status != 401 && status != 400 {
				t.Errorf("the response to GET %s with %q is %d %q, expected 401 or 400", path, header, status, body)
			}
		}
	}
}

func TestHonoJWT(t *testing.T) {
	a := serve(t, "hono.js", nil)
	token := signHMAC(`{"alg":"HS256","typ":"JWT"}`, `{"sub":"ann"}`, "secret")
	a.want(http.MethodGet, "/jwt", "", 200, `{"sub":"ann"}`, "Authorization", "Bearer "+token)
	if status, body, _ := a.do(http.MethodGet, "/jwt", nil, "Authorization", "Bearer "+token[:len(token)-2]); status != 401 {
		t.Errorf("the response to a changed token is %d %q, expected 401", status, body)
	}
}

func TestHonoMiddleware(t *testing.T) {
	a := serve(t, "hono.js", nil)
	if fields := a.want(http.MethodGet, "/header", "", 200, "whole"); fields.Get("X-After") != "1" {
		t.Errorf("the fields are %v, expected that of the middleware", fields)
	}
	fields := a.want(http.MethodGet, "/etag", "", 200, "tagged")
	if fields.Get("Etag") == "" || fields.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("the fields are %v, expected an entity tag and those of secureHeaders", fields)
	}
	a.want(http.MethodGet, "/etag", "", 304, "", "If-None-Match", fields.Get("Etag"))
}

func TestHonoBodies(t *testing.T) {
	a := serve(t, "hono.js", nil)
	a.want(http.MethodPost, "/form", "a=1&b=%C3%A9", 200, `{"a":"1","b":"é"}`)
	a.want(http.MethodPost, "/relay", "as it came", 200, "as it came")
}

func TestHonoCompress(t *testing.T) {
	a := serve(t, "hono.js", nil)
	a.want(http.MethodGet, "/compress", "", 500, "ReferenceError: 'CompressionStream' is not defined", "Accept-Encoding", "gzip")
}

func TestHonoUpgrades(t *testing.T) {
	a := serve(t, "hono.js", nil)
	conn := dial(t, a.url+"/ws")
	conn.send("ann")
	conn.want("hello ann")
}

package main

import (
	"strings"
	"testing"
)

func addressesOf(f listenFlags) string {
	var list []string
	for _, a := range f.addresses() {
		list = append(list, a.String())
	}
	return strings.Join(list, " ")
}

func TestListenFlagsAddress(t *testing.T) {
	for flags, want := range map[string]string{
		"":                            "",
		"--listen 19080":              "127.0.0.1:19080",
		"--listen=0":                  "127.0.0.1:0",
		"--listen :8080":              ":8080",
		"--listen=0.0.0.0:80":         "0.0.0.0:80",
		"--listen=[::1]:8080":         "[::1]:8080",
		"--listen=localhost:http":     "localhost:http",
		"--port 3000":                 "127.0.0.1:3000",
		"--port=0":                    "127.0.0.1:0",
		"--listen=127.0.0.1:8080":     "127.0.0.1:8080",
		"--listen=chat.example.com:1": "chat.example.com:1",

		"--listen=:80 --listen=unix:/run/linger.sock?mode=0660": ":80 unix:/run/linger.sock",
		"--listen=:80,https://:443,fd:3":                        ":80 https://:443 fd:3",
	} {
		c, err := parse(t, strings.Fields(flags)...)
		if err != nil || addressesOf(c.listenFlags) != want {
			t.Errorf("a server with %q must listen on %s; got %q, %v", flags, want, addressesOf(c.listenFlags), err)
		}
		if flags == "" {
			continue
		}
		p, err := parseProxy(t, append([]string{"--to=ws://a"}, strings.Fields(flags)...)...)
		if err != nil || addressesOf(p.listenFlags) != want {
			t.Errorf("a proxy with %q must listen on %s; got %q, %v", flags, want, addressesOf(p.listenFlags), err)
		}
	}
}

func TestListenFlagsRejectInvalidValues(t *testing.T) {
	for flags, want := range map[string]string{
		"--listen=localhost":        "is not an address to listen on",
		"--listen=127.0.0.1":        "is not an address to listen on",
		"--listen=99999":            "is not an address to listen on",
		"--listen=:99999":           "is not an address to listen on",
		"--listen=::1:8080":         "is not an address to listen on",
		"--listen=http://localhost": "is not an address to listen on",
		"--port=-1":                 "is not a port",
		"--port=65536":              "is not a port",
		"--port=:80":                "is not a port",
		"--port=80 --listen=:81":    "give one of them",
	} {
		if _, err := parse(t, strings.Fields(flags)...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q must be refused with %q; got %v", flags, want, err)
		}
		if _, err := parseProxy(t, append([]string{"--to=ws://a"}, strings.Fields(flags)...)...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("a proxy with %q must be refused with %q; got %v", flags, want, err)
		}
	}
}

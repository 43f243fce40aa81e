package forwarding

import (
	"net/http"
	"os"
	"strings"
	"testing"
)

func TestStrip(t *testing.T) {
	h := http.Header{"Cookie": {"a=b"}, "Via": {"1.1 other"}, "Host": {"a"}, "X-Request-Id": {"7"}, "X_forwarded_for": {"1.2.3.4"}, "x-real-ip": {"1.2.3.4"}}
	forged := []string{
		"Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Ssl", "X-Forwarded-Server", "X-Forwarded",
		"X-Forwarded-Client-Cert", "X-Real-IP", "CF-Connecting-IP", "True-Client-IP", "Fastly-Client-IP", "X-Client-IP", "X-Original-URL", "X_Real_IP", "CF_Connecting_IP",
	}
	for _, name := range forged {
		h.Add(name, "forged")
	}
	Strip(h)
	if len(h) != 4 || h.Get("Cookie") != "a=b" || h.Get("Via") == "" || h.Get("Host") == "" || h.Get("X-Request-Id") != "7" {
		t.Errorf("Strip leaves %v, expected only the four fields that are not forwarding fields", h)
	}
}

func TestFieldsDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/proxy.md")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ToLower(string(page))
	for name := range fields {
		if !strings.Contains(text, "`"+name+"`") {
			t.Errorf("docs/proxy.md does not list %s", name)
		}
	}
}

func TestIsField(t *testing.T) {
	for name := range fields {
		if len(name) > longest || !IsField(name) || !IsField(strings.ToUpper(name)) || IsField(name+"-"+strings.Repeat("x", longest)) || IsField("a"+name) {
			t.Errorf("IsField is wrong for %s, for the name in upper case, or for a longer name", name)
		}
	}
	for name, want := range map[string]bool{
		"X-Forwarded-" + strings.Repeat("long-", 20): true,
		"x_FORWARDED_" + strings.Repeat("l", 100):    true,
		strings.Repeat("x", longest):                 false,
		"x-forwarde":                                 false,
		"":                                           false,
	} {
		if IsField(name) != want {
			t.Errorf("IsField(%q) is %v, expected %v", name, !want, want)
		}
	}
	if n := testing.AllocsPerRun(10, func() { IsField("Sec-WebSocket-Extensions") }); n > 0 {
		t.Errorf("IsField allocates %v times, expected 0", n)
	}
}

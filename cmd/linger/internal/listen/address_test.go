package listen

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"8080":                           "127.0.0.1:8080",
		"0":                              "127.0.0.1:0",
		":8080":                          ":8080",
		"[::1]:8080":                     "[::1]:8080",
		"[fe80::1%eth0]:80":              "[fe80::1%eth0]:80",
		"localhost:http":                 "localhost:http",
		"https://:443":                   "https://:443",
		"http://[::]:80":                 "http://[::]:80",
		"unix:/run/linger.sock":          "unix:/run/linger.sock",
		"unix:///run/linger.sock":        "unix:/run/linger.sock",
		"unix:linger.sock?mode=0660":     "unix:linger.sock",
		"unix:@linger":                   "unix:@linger",
		"https://unix:linger.sock":       "https://unix:linger.sock",
		"fd:3":                           "fd:3",
		"fd:linger.socket":               "fd:linger.socket",
		"http://fd:web":                  "http://fd:web",
		"unix:/run/linger.sock?mode=660": "unix:/run/linger.sock",
	} {
		a, err := Parse(text)
		if err != nil || a.String() != want {
			t.Errorf("%q is the address %s; got %s, %v", text, want, a, err)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                         "give a port",
		"localhost":                "give a port",
		"99999":                    "give a port",
		"::1:80":                   "[::1]:8080",
		"http://localhost":         "give a port",
		"http://localhost:80/":     "give a port",
		"ftp://:80":                "give a port",
		"unix:":                    "give the path",
		"unix://run/x":             "give the path",
		"unix:x?mode=rw":           "octal",
		"unix:x?mode=0":            "octal",
		"unix:x?mode=1777":         "octal",
		"unix:x?mod=0660":          `"mod" is not an option`,
		"unix:x?mode=%":            "give the mode",
		"unix:@x?mode=0660":        "no mode",
		"fd:":                      "give the number",
		"fd:0":                     "standard streams",
		"fd:-1":                    "standard streams",
		"fd:a:b":                   "give the number",
		"https://unix:x?owner=www": "only mode is",
	} {
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), text) {
			t.Errorf("%q is refused with %q; got %v", text, want, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"8080", "[::1]:80", "https://unix:/a?mode=0660", "fd:3", "http://fd:a"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := Parse(text)
		if err != nil {
			return
		}
		if again, err := Parse(a.String()); err != nil || again.String() != a.String() {
			t.Errorf("%q is parsed as %q, which is an address too; got %v, %v", text, a, again, err)
		}
	})
}

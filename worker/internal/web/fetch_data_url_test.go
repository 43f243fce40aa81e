package web_test

import (
	"encoding/json"
	"fmt"
	"testing"
)

// TestFetchDataURL runs the cases of web-platform-tests in fetch/data-urls.
func TestFetchDataURL(t *testing.T) {
	set := findWPT(t)
	p := newPage(t)
	p.eval(t, `globalThis.fetched = (url) => {
		fetched.result = undefined;
		try {
			const response = internal.lazy("schemes").fetchLocal(new Request(url));
			const [type, done] = [response.headers.get("content-type"), response.bytes()];
			done.then((bytes) => (fetched.result = type + " " + bytes));
		} catch (error) {
			fetched.result = error.name;
		}
	}; undefined`)
	for _, file := range []string{"data-urls.json", "base64.json"} {
		source, err := set.read("fetch/data-urls/resources/" + file)
		if err != nil {
			t.Fatal(err)
		}
		var cases [][]any
		if err := json.Unmarshal(source, &cases); err != nil {
			t.Fatal(err)
		}
		for _, c := range cases {
			// The cases of base64.json have the content and the bytes, the others the URL, the type and the bytes.
			url, want := fmt.Sprint(c[0]), "TypeError"
			if file == "base64.json" {
				url = "data:;base64," + url
				c = []any{url, "text/plain;charset=US-ASCII", c[1]}
				if c[2] == nil {
					c[1] = nil
				}
			}
			if c[1] != nil {
				want = fmt.Sprint(c[1]) + " " + joinNumbers(c[2])
			}
			text, err := json.Marshal(url)
			if err != nil {
				t.Fatal(err)
			}
			p.eval(t, fmt.Sprintf("fetched(%s); undefined", text))
			if got := p.eval(t, "fetched.result").String(); got != want {
				t.Errorf("%s: %q must be %q, got %q", file, url, want, got)
			}
		}
	}
}

// joinNumbers returns a list of numbers as JavaScript prints it.
func joinNumbers(list any) (text string) {
	for i, n := range list.([]any) {
		if i > 0 {
			text += ","
		}
		text += fmt.Sprint(n)
	}
	return text
}

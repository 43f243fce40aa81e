package mimetype_test

import (
	"testing"

	"github.com/lingerws/linger/worker/internal/web/mimetype"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"text/html":                             "text/html",
		" \tTEXT/HTML\r\n":                      "text/html",
		"text/html;CHARSET=GBK":                 "text/html;charset=GBK",
		"text/html ; charset=a;charset=b":       "text/html;charset=a",
		"text/html;;;; x = y;z":                 "text/html",
		"text/html;x=y z;w=":                    `text/html;x="y z"`,
		`text/html;x="a\"b\\" junk;y=1`:         `text/html;x="a\"b\\";y=1`,
		`text/html;x="unfinished`:               "text/html;x=unfinished",
		`text/html;x="";y="é"`:                  `text/html;x="";y="é"`,
		"text/html;x=\x01;é=1;y=€":              "text/html",
		"multipart/form-data; boundary=----abc": "multipart/form-data;boundary=----abc",
		"":                                      "",
		"text":                                  "",
		"/html":                                 "",
		"text/":                                 "",
		"text/h tml":                            "",
		"text /html":                            "",
	} {
		got, ok := mimetype.Parse(text)
		if ok != (want != "") || ok && got.String() != want {
			t.Errorf("%q must be parsed to %q, got %q, %v", text, want, got.String(), ok)
		}
	}
}

func TestDataURL(t *testing.T) {
	for url, want := range map[string]struct {
		kind, content string
		isBase64      bool
	}{
		"data:,x":                     {"text/plain;charset=US-ASCII", "x", false},
		"data:text/x,a,b":             {"text/x", "a,b", false},
		"data:;charset=utf-8,x":       {"text/plain;charset=utf-8", "x", false},
		"data: text/x ; Base64 ,eA==": {"text/x", "eA==", true},
		"data:;base64,":               {"text/plain;charset=US-ASCII", "", true},
		"data:text/base64,x":          {"text/base64", "x", false},
		"data:base64,x":               {"text/plain;charset=US-ASCII", "x", false},
		"data:text/x;base64;a=b,x":    {"text/x;a=b", "x", false},
	} {
		kind, content, isBase64, ok := mimetype.DataURL(url)
		if !ok || kind.String() != want.kind || content != want.content || isBase64 != want.isBase64 {
			t.Errorf("%s must be %v, got %q, %q, %v, %v", url, want, kind.String(), content, isBase64, ok)
		}
	}
	if _, _, _, ok := mimetype.DataURL("data:text/plain"); ok {
		t.Error("a URL without a comma must be invalid")
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`text/html;x="a\"b" ;y=1;=;z`)
	f.Fuzz(func(t *testing.T, text string) {
		kind, ok := mimetype.Parse(text)
		if !ok {
			return
		}
		if again, ok := mimetype.Parse(kind.String()); !ok || again.String() != kind.String() {
			t.Fatalf("%q is formatted as %q, which is parsed to %q", text, kind, again)
		}
	})
}

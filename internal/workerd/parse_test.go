package workerd_test

import (
	"strings"
	"testing"
)

// TestParseRow checks that a row is refused if its parts do not fit together.
func TestParseRow(t *testing.T) {
	const script, same = "```js\nexport default {};\n```\n", "```\nGET /\n    200 hello\n```\n"
	const other = "```\nGET /\n    200 hallo\n```\n"
	for _, test := range []struct{ name, section, err string }{
		{"the same answers", script + same, ""},
		{"a declared difference", script + same + "\nLinger: it speaks German\n\n" + other, ""},
		{"no script", same, "no block of js"},
		{"no conversation", script, "0 conversations"},
		{"a difference without a reason", script + same + other, "needs a paragraph"},
		{"a reason without a difference", script + same + "\nLinger: it speaks German\n", "needs a paragraph"},
		{"a difference that is none", script + same + "\nLinger: it speaks German\n\n" + same, "expected a difference"},
		{"a setting that is not JSON", "```json\n{\n```\n" + script + same, "unexpected end of JSON"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := parseRow("group", "name\n\n"+test.section)
			switch {
			case test.err == "" && err != nil:
				t.Error(err)
			case test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)):
				t.Errorf("the error is %v, expected one with %q", err, test.err)
			}
		})
	}
}

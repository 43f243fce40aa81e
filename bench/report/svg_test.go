package report

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

// elements parses a picture and returns the number of elements of each name, and the
// texts.
func elements(t *testing.T, picture string) (counts map[string]int, texts string) {
	t.Helper()
	counts = map[string]int{}
	var all strings.Builder
	for d := xml.NewDecoder(strings.NewReader(picture)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return counts, all.String()
		}
		if err != nil {
			t.Fatalf("the picture is not XML: %v\n%s", err, picture)
		}
		switch token := token.(type) {
		case xml.StartElement:
			counts[token.Name.Local]++
		case xml.CharData:
			all.Write(token)
		}
	}
}

func TestDrawingText(t *testing.T) {
	d := newDrawing(10, 10, "a < b & c")
	d.text(1, 1, atStart, plain, `"<g>"`)
	counts, texts := elements(t, d.end())
	if !strings.Contains(texts, `"<g>"`) || !strings.Contains(texts, "a < b & c") || counts["g"] != 0 {
		t.Errorf("texts must be escaped: parsed as %q and %v", texts, counts)
	}
}

func TestColour(t *testing.T) {
	if colour("linger") == colour("floor") || colour("unknown") == "" {
		t.Error("libraries must differ in colour, and an unknown one must have one")
	}
}

package report

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

// elements reads a picture and counts what is in it; its texts come too.
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
			t.Fatalf("the picture is no XML: %v\n%s", err, picture)
		}
		switch token := token.(type) {
		case xml.StartElement:
			counts[token.Name.Local]++
		case xml.CharData:
			all.Write(token)
		}
	}
}

func TestTextsAreEscaped(t *testing.T) {
	d := newDrawing(10, 10, "a < b & c")
	d.text(1, 1, atStart, plain, `"<g>"`)
	counts, texts := elements(t, d.end())
	if !strings.Contains(texts, `"<g>"`) || !strings.Contains(texts, "a < b & c") || counts["g"] != 0 {
		t.Errorf("texts must come out as they are, got %q and %v", texts, counts)
	}
}

func TestEveryLibraryHasAColour(t *testing.T) {
	if colour("linger") == colour("floor") || colour("one nobody knows") == "" {
		t.Error("libraries are told from each other by their colours")
	}
}

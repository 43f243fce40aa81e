package formdata_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/lingerws/linger/worker/internal/web/formdata"
)

func TestParseReadsWhatFormatWrites(t *testing.T) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	parts := []formdata.Part{
		{Name: "text", Content: []byte("é\r\n--other\r\n")},
		{Name: `a"b`, IsFile: true, Filename: "x\n\".bin", Type: "a/b; c=d", Content: append(bytes.Clone(all), "\r\n--bound"...)},
		{Name: "", IsFile: true, Filename: "", Type: "t/u"},
	}
	body := formdata.Format(parts, "boundary")
	got, err := formdata.Parse(body, "boundary")
	if err != nil || len(got) != len(parts) {
		t.Fatalf("the body must have %d parts, got %d (%v)", len(parts), len(got), err)
	}
	for i, want := range parts {
		g := got[i]
		if want.Type == "" {
			want.Type = "text/plain"
		}
		if g.Name != want.Name || g.IsFile != want.IsFile || g.Filename != want.Filename || g.Type != want.Type || !bytes.Equal(g.Content, want.Content) {
			t.Errorf("part %d must be %+v, got %+v", i, want, g)
		}
		if !bytes.Equal(body[g.Start:g.Start+len(g.Content)], want.Content) {
			t.Errorf("part %d must have the position of its content, got %d", i, g.Start)
		}
	}
}

func TestParseBounds(t *testing.T) {
	part := "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n"
	if parts, err := formdata.Parse([]byte(strings.Repeat(part, formdata.MaxParts)+"--b--"), "b"); err != nil || len(parts) != formdata.MaxParts {
		t.Errorf("%d parts must be admitted, got %d, %v", formdata.MaxParts, len(parts), err)
	}
	if _, err := formdata.Parse([]byte(strings.Repeat(part, formdata.MaxParts+1)+"--b--"), "b"); err == nil || !strings.Contains(err.Error(), "parts") {
		t.Errorf("one part more must be refused, got %v", err)
	}
	padded := func(n int) []byte {
		header := "Content-Disposition: form-data; name=\"a\"\r\nX: "
		return []byte("--b\r\n" + header + strings.Repeat("x", n-len(header)) + "\r\n\r\nv\r\n--b--")
	}
	if _, err := formdata.Parse(padded(formdata.MaxHeader-4), "b"); err != nil {
		t.Errorf("a header of the maximum size must be admitted, got %v", err)
	}
	if _, err := formdata.Parse(padded(formdata.MaxHeader-3), "b"); err == nil || !strings.Contains(err.Error(), "header") {
		t.Errorf("a longer header must be refused, got %v", err)
	}
}

func TestParseRefusesUnfinishedBodies(t *testing.T) {
	body := string(formdata.Format([]formdata.Part{{Name: "a", Content: []byte("v")}}, "b"))
	for i := range len(body) - len("--\r\n") {
		if parts, err := formdata.Parse([]byte(body[:i]), "b"); err == nil {
			t.Errorf("%q must be refused, got %v", body[:i], parts)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("--b\r\nContent-Disposition: form-data; name=\"a\"; filename*=UTF-8''%41\r\nContent-Type: x/y\r\n\r\nv\r\n--b--"))
	f.Add(formdata.Format([]formdata.Part{{Name: "a\"", Content: []byte("v\n")}, {Name: "f", IsFile: true, Filename: "\\\";", Type: "t"}}, "b"))
	f.Fuzz(func(t *testing.T, body []byte) {
		parts, err := formdata.Parse(body, "b")
		if err != nil {
			return
		}
		for _, p := range parts {
			if p.Start < 0 || !bytes.Equal(body[p.Start:p.Start+len(p.Content)], p.Content) {
				t.Fatalf("%q: the content %q is not at %d", body, p.Content, p.Start)
			}
		}
		const boundary = "a boundary that does not occur"
		again, err := formdata.Parse(formdata.Format(parts, boundary), boundary)
		if err != nil || len(again) != len(parts) {
			t.Fatalf("%q has %d parts, but after Format %d (%v)", body, len(parts), len(again), err)
		}
	})
}

// Package formdata parses and writes the content of forms as multipart/form-data (RFC 7578, and the HTML Standard, section
// 4.10.21.8). Unlike mime/multipart it works on a body in memory, finds the bytes of files without copying them, and reads
// and writes names as browsers do.
package formdata

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/lingerws/linger/worker/internal/web/textcodec"
)

const (
	// MaxParts is the maximum number of parts of a body.
	MaxParts = 10_000

	// MaxHeader is the maximum size of the header of one part, in bytes.
	MaxHeader = 16 << 10
)

// A Part is an entry of a form.
type Part struct {
	Name     string
	IsFile   bool
	Filename string // of a file
	Type     string // of a file: the value of its Content-Type
	Content  []byte
	Start    int // the position of Content in the body that was parsed
}

// The errors of Parse. They wrap no other errors.
var (
	errStart    = errors.New("the body does not begin with the boundary")
	errBoundary = errors.New("a boundary is followed by something else than a line break")
	errEnd      = errors.New("the body has no boundary at its end")
	errParts    = fmt.Errorf("the body has more than %d parts", MaxParts)
	errHeader   = fmt.Errorf("the header of a part has no end within %d bytes", MaxHeader)
	errName     = errors.New("a part has no name in a field Content-Disposition: form-data")
)

var lineBreak = []byte("\r\n")

// Parse parses a body with a boundary. The Content of the parts refers to body. What follows the last boundary is ignored.
func Parse(body []byte, boundary string) ([]Part, error) {
	delimiter := []byte("--" + boundary)
	rest, ok := bytes.CutPrefix(bytes.TrimPrefix(body, lineBreak), delimiter)
	if !ok {
		return nil, errStart
	}
	var parts []Part
	for !bytes.HasPrefix(rest, []byte("--")) {
		if rest, ok = bytes.CutPrefix(rest, lineBreak); !ok {
			return nil, errBoundary
		}
		if len(parts) == MaxParts {
			return nil, errParts
		}
		part, content, err := parseHeader(rest)
		if err != nil {
			return nil, err
		}
		part.Start = len(body) - len(content)
		if part.Content, rest, ok = bytes.Cut(content, append(lineBreak[:2:2], delimiter...)); !ok {
			return nil, errEnd
		}
		parts = append(parts, part)
	}
	return parts, nil
}

// parseHeader parses the header of a part, and returns what follows it.
func parseHeader(src []byte) (part Part, content []byte, err error) {
	header, _, ok := bytes.Cut(src[:min(len(src), MaxHeader)], []byte("\r\n\r\n"))
	if !ok {
		return Part{}, nil, errHeader
	}
	part.Type = "text/plain"
	named := false
	for line := range strings.SplitSeq(string(header), "\r\n") {
		name, value, _ := strings.Cut(line, ":")
		value = strings.Trim(value, "\t ")
		switch strings.ToLower(name) {
		case "content-disposition":
			named = part.setDisposition(value)
		case "content-type":
			part.Type = value
		}
	}
	if !named {
		return Part{}, nil, errName
	}
	return part, src[len(header)+4:], nil
}

// setDisposition sets the name and the filename of a part from the value of Content-Disposition. It reports false if there is
// no name.
func (p *Part) setDisposition(value string) bool {
	kind, rest, _ := strings.Cut(value, ";")
	if !strings.EqualFold(strings.TrimSpace(kind), "form-data") {
		return false
	}
	named := false
	for rest != "" {
		var name, value string
		name, value, rest = nextParameter(rest)
		switch name {
		case "name":
			p.Name, named = decodeName(value), true
		case "filename":
			p.Filename, p.IsFile = decodeName(value), true
		case "filename*": // used by older clients, although RFC 7578, section 4.2, forbids it
			if text, ok := decodeExtended(value); ok && !p.IsFile {
				p.Filename, p.IsFile = text, true
			}
		}
	}
	return named
}

// nextParameter returns the parameter at the beginning of text, and the text after it.
func nextParameter(text string) (name, value, rest string) {
	name, after, ok := strings.Cut(strings.TrimLeft(text, "\t ;"), "=")
	if !ok {
		return "", "", ""
	}
	name = strings.ToLower(strings.TrimRight(name, "\t "))
	quoted, isQuoted := strings.CutPrefix(after, `"`)
	if !isQuoted {
		value, rest, _ = strings.Cut(after, ";")
		return name, strings.TrimRight(value, "\t "), rest
	}
	end := endOfQuoted(quoted)
	_, rest, _ = strings.Cut(quoted[min(end+1, len(quoted)):], ";")
	return name, strings.ReplaceAll(quoted[:end], `\"`, `"`), rest
}

// endOfQuoted returns the index of the quotation mark at the end of a quoted string. Browsers escape quotation marks as %22;
// other clients escape them with a backslash, which in the names of files on Windows also occurs before the last mark.
func endOfQuoted(text string) int {
	for i := range len(text) {
		if text[i] != '"' {
			continue
		}
		after := strings.TrimLeft(text[i+1:], "\t ")
		if i == 0 || text[i-1] != '\\' || after == "" || after[0] == ';' {
			return i
		}
	}
	return len(text)
}

var unescaper = strings.NewReplacer("%0A", "\n", "%0a", "\n", "%0D", "\r", "%0d", "\r", "%22", `"`)

// decodeName decodes a name, in which browsers escape three characters only.
func decodeName(value string) string { return textcodec.Lossy(unescaper.Replace(value)) }

// decodeExtended decodes a value such as UTF-8”na%20me (RFC 8187, section 3.2). It reports false if the value has another
// form.
func decodeExtended(value string) (string, bool) {
	charset, text, _ := strings.Cut(value, "'")
	_, text, ok := strings.Cut(text, "'")
	if !ok || !strings.EqualFold(charset, "utf-8") {
		return "", false
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '%' && i+2 < len(text) {
			if c, err := strconv.ParseUint(text[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(c))
				i += 2
				continue
			}
		}
		b.WriteByte(text[i])
	}
	return textcodec.Lossy(b.String()), true
}

var (
	escaper    = strings.NewReplacer("\r", "%0D", "\n", "%0A", `"`, "%22")
	normaliser = strings.NewReplacer("\r\n", "\r\n", "\r", "\r\n", "\n", "\r\n")
)

// Format returns a body with parts, whose boundary must not occur in them. Line breaks in names, and in the content of parts
// that are not files, become CRLF (HTML Standard, section 4.10.21.8).
func Format(parts []Part, boundary string) []byte {
	const overhead = 128 // of the header of a part, about
	size := 0
	for _, p := range parts {
		size += len(boundary) + len(p.Name) + len(p.Filename) + len(p.Type) + len(p.Content) + overhead
	}
	var b bytes.Buffer
	b.Grow(size)
	for _, p := range parts {
		fmt.Fprintf(&b, "--%s\r\nContent-Disposition: form-data; name=\"%s\"", boundary, escaper.Replace(normaliser.Replace(p.Name)))
		if !p.IsFile {
			b.WriteString("\r\n\r\n" + normaliser.Replace(string(p.Content)))
		} else {
			fmt.Fprintf(&b, "; filename=\"%s\"\r\nContent-Type: %s\r\n\r\n", escaper.Replace(p.Filename), p.Type)
			b.Write(p.Content)
		}
		b.Write(lineBreak)
	}
	fmt.Fprintf(&b, "--%s--\r\n", boundary)
	return b.Bytes()
}

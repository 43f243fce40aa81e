package linger

import (
	"cmp"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/lingerws/linger/internal/forwarding"
)

// requestSnapshot is what a socket keeps of its upgrade request. It is one text, because every connection has one and few are
// read. Its first lines are the fields whose indexes are the constants below; the others are the fields of the header. Lines that
// begin as many do are shorter in memory: see beginnings.
type requestSnapshot string

const (
	snapshotRemote = iota
	snapshotAddr
	snapshotSubprotocol
	snapshotScheme
	snapshotHost
	snapshotTarget
	snapshotHeader // index of the first line of the header
)

// newRequestSnapshot returns the snapshot of a request. omitted is how many fields of the header were too large to be kept.
func newRequestSnapshot(r *http.Request, from forwarding.Client, subprotocol string) (snapshot requestSnapshot, omitted int) {
	scheme := "http"
	if from.Secure {
		scheme = "https"
	}
	text := make([]byte, 0, 512) // on the stack, and enough for most requests
	text = appendLine(text, from.Text)
	text = appendAddr(text, from.Text, from.Addr)
	for _, field := range [...]string{subprotocol, scheme, r.Host, r.URL.RequestURI()} {
		text = appendLine(text, field)
	}
	var names [32]string // on the stack, and enough for most requests
	fields := fieldsToKeep(names[:0], r.Header)
	for _, name := range fields {
		for _, value := range r.Header[name] {
			text = appendLine(text, name, ":", value)
		}
	}
	return requestSnapshot(text[:len(text)-1]), len(r.Header) - len(fields)
}

// parseSnapshot returns the snapshot whose text is given.
func parseSnapshot(text string) requestSnapshot {
	short := make([]byte, 0, 512) // on the stack, and enough for most requests
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if i == snapshotAddr {
			addr, _ := netip.ParseAddr(line)
			short = appendAddr(short, lines[snapshotRemote], addr)
		} else {
			short = appendLine(short, line)
		}
	}
	return requestSnapshot(short[:len(short)-1])
}

// text returns the snapshot with its lines in full, as other processes read it.
func (r requestSnapshot) text() string {
	lines := strings.Split(string(r), "\n")
	for i, line := range lines {
		begin, rest := lengthen(line)
		lines[i] = begin + rest
	}
	if len(lines) > snapshotAddr && lines[snapshotAddr] == sameAddr {
		lines[snapshotAddr] = r.addr().String()
	}
	return strings.Join(lines, "\n")
}

// maxSnapshotHeader bounds the header in a snapshot, in bytes.
const maxSnapshotHeader = 16 << 10

// fieldsToKeep appends the names of the fields that a snapshot contains: all of them or, if the header is larger than the bound,
// as many as fit when the smallest come first.
func fieldsToKeep(names []string, header http.Header) []string {
	size := 0
	for name, values := range header {
		names = append(names, name)
		size += fieldSize(name, values)
	}
	if size <= maxSnapshotHeader {
		return names
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(fieldSize(a, header[a]), fieldSize(b, header[b])), cmp.Compare(a, b))
	})
	for ; size > maxSnapshotHeader; names = names[:len(names)-1] {
		largest := names[len(names)-1]
		size -= fieldSize(largest, header[largest])
	}
	return names
}

// fieldSize returns what a field counts against the bound.
func fieldSize(name string, values []string) (size int) {
	for _, value := range values {
		size += len(name) + len(value) + 2
	}
	return size
}

// appendLine appends the parts as one line, shortened. net/http refuses requests with line breaks in a field, but a handler may
// have put one into the request; it is replaced by a space.
func appendLine(text []byte, parts ...string) []byte {
	begin := len(text)
	for _, part := range parts {
		text = append(text, part...)
	}
	line := text[begin:]
	for i, c := range line {
		if c == '\r' || c == '\n' {
			line[i] = ' '
		}
	}
	return append(shorten(text, begin), '\n')
}

// field returns line i of the snapshot.
func (r requestSnapshot) field(i int) string {
	rest := string(r)
	for ; i > 0; i-- {
		_, rest, _ = strings.Cut(rest, "\n")
	}
	line, _, _ := strings.Cut(rest, "\n")
	begin, rest := lengthen(line)
	return begin + rest
}

// sameAddr is the line of an address that is also in the line of the remote address, as it mostly is.
const sameAddr = "="

// appendAddr appends the line of the address of the client, which is invalid if the client has none.
func appendAddr(text []byte, remote string, addr netip.Addr) []byte {
	if there, ok := forwarding.ParseAddr(remote); ok && addr == there {
		text = append(text, sameAddr...)
	} else if addr.IsValid() {
		text = addr.AppendTo(text)
	}
	return append(text, '\n')
}

// addr returns the address of the client. It is invalid if the client has none.
func (r requestSnapshot) addr() netip.Addr {
	line := r.field(snapshotAddr)
	if line == sameAddr {
		line = r.field(snapshotRemote)
	}
	addr, _ := forwarding.ParseAddr(line)
	return addr
}

func (r requestSnapshot) url() *url.URL {
	target := r.field(snapshotTarget)
	u, err := url.ParseRequestURI(target)
	if err != nil { // a handler has changed the path to one that cannot be parsed
		u = &url.URL{Path: target}
	}
	u.Scheme, u.Host = r.field(snapshotScheme), r.field(snapshotHost)
	return u
}

// path returns the target without its query.
func (r requestSnapshot) path() string {
	path, _, _ := strings.Cut(r.field(snapshotTarget), "?")
	return path
}

func (r requestSnapshot) header() http.Header {
	header := http.Header{}
	lines := strings.Split(string(r), "\n")
	for _, line := range lines[min(len(lines), snapshotHeader):] { // a zero Info has no lines
		begin, rest := lengthen(line)
		name, value, known := strings.Cut(begin, ":")
		if known {
			value += rest
		} else {
			name, value, _ = strings.Cut(begin+rest, ":")
		}
		header[name] = append(header[name], value)
	}
	return header
}

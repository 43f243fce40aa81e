package linger

import (
	"cmp"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// request is what a socket remembers of its upgrade request: one text, because there are
// as many of them as connections, and hardly anybody asks. Its first lines are fields in
// this order, the others are those of the header.
type request string

const (
	remembersRemote = iota
	remembersAddr
	remembersSubprotocol
	remembersScheme
	remembersHost
	remembersTarget
	remembersHeader
)

// remember makes one line of each field. None has a line break: net/http refuses such a
// request, and the fields of ours are none that could. leftOut is how many fields of the
// header were too large.
func remember(r *http.Request, from client, subprotocol string) (made request, leftOut int) {
	scheme, addr := "http", ""
	if from.secure {
		scheme = "https"
	}
	if from.addr.IsValid() {
		addr = from.addr.String()
	}
	text := make([]byte, 0, 512) // on the stack, and enough for most
	for _, field := range [remembersHeader]string{from.text, addr, subprotocol, scheme, r.Host, r.URL.RequestURI()} {
		text = appendLine(text, field)
	}
	var names [32]string // the same
	fields := rememberedFields(names[:0], r.Header)
	for _, name := range fields {
		for _, value := range r.Header[name] {
			text = appendLine(text, name, ":", value)
		}
	}
	return request(text[:len(text)-1]), len(r.Header) - len(fields)
}

// maxRemembered bounds the header that a socket keeps, in bytes: every connection has one.
const maxRemembered = 16 << 10

// rememberedFields appends the names of the fields that a socket keeps: all or, of a header
// that is larger than the bound, as many as fit when the smallest come first.
func rememberedFields(names []string, header http.Header) []string {
	size := 0
	for name, values := range header {
		names = append(names, name)
		size += fieldSize(name, values)
	}
	if size <= maxRemembered {
		return names
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(fieldSize(a, header[a]), fieldSize(b, header[b])), cmp.Compare(a, b))
	})
	for ; size > maxRemembered; names = names[:len(names)-1] {
		largest := names[len(names)-1]
		size -= fieldSize(largest, header[largest])
	}
	return names
}

// fieldSize returns what a field takes of the bound.
func fieldSize(name string, values []string) (size int) {
	for _, value := range values {
		size += len(name) + len(value) + 2
	}
	return size
}

// appendLine replaces the line breaks that a handler may have put into the request.
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
	return append(text, '\n')
}

func (r request) field(i int) string {
	rest := string(r)
	for ; i > 0; i-- {
		_, rest, _ = strings.Cut(rest, "\n")
	}
	line, _, _ := strings.Cut(rest, "\n")
	return line
}

// addr is the address of the client, or invalid.
func (r request) addr() netip.Addr {
	addr, _ := netip.ParseAddr(r.field(remembersAddr))
	return addr
}

func (r request) url() *url.URL {
	target := r.field(remembersTarget)
	u, err := url.ParseRequestURI(target)
	if err != nil { // a handler's own idea of a path
		u = &url.URL{Path: target}
	}
	u.Scheme, u.Host = r.field(remembersScheme), r.field(remembersHost)
	return u
}

func (r request) header() http.Header {
	header := http.Header{}
	for _, line := range slices.Collect(strings.SplitSeq(string(r), "\n"))[remembersHeader:] {
		name, value, _ := strings.Cut(line, ":")
		header[name] = append(header[name], value)
	}
	return header
}

package linger

import (
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
// request, and the fields of ours are none that could.
func remember(r *http.Request, from client, subprotocol string) request {
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
	for name, values := range r.Header {
		for _, value := range values {
			text = appendLine(text, name, ":", value)
		}
	}
	return request(text[:len(text)-1])
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

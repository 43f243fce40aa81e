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
	lines := []string{from.text, addr, subprotocol, scheme, r.Host, r.URL.RequestURI()}
	for name, values := range r.Header {
		for _, value := range values {
			lines = append(lines, name+":"+value)
		}
	}
	for i, line := range lines {
		lines[i] = lineBreaks.Replace(line)
	}
	return request(strings.Join(lines, "\n"))
}

// lineBreaks are those that a handler may have put into the request.
var lineBreaks = strings.NewReplacer("\r", " ", "\n", " ")

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

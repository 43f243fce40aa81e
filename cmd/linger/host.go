package main

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/lingerws/linger/internal/netaddr"
	"github.com/lingerws/linger/protocol/handshake"
)

// reasonUnknownHost is the reason of a request that checkHost has refused, as one of linger.Trace.Refused.
const reasonUnknownHost = "unknown-host"

// hostFlags are the flags for the host names of a server.
type hostFlags struct {
	Host []hostPattern `placeholder:"NAME" reload:"live" help:"Host names that requests may use, in addition to localhost and IP addresses: example.com, *.example.com, or * for any. Requests for other hosts get 421. Default: any, except that a server on a loopback address that is reached without a proxy is only localhost. May be repeated."`
}

// hostPattern is a flag value that is a host name, a domain after *. for its subdomains, or * for any host.
type hostPattern string

// Decode implements kong.MapperValue.
func (p *hostPattern) Decode(ctx *kong.DecodeContext) error {
	var text string
	if err := ctx.Scan.PopValueInto("name", &text); err != nil {
		return err
	}
	name := strings.TrimPrefix(text, "*.")
	if text != "*" && (name == "" || strings.ContainsAny(name, "*:/@[] ")) {
		return fmt.Errorf("%q is not a host name: give a name such as example.com or *.example.com, without scheme and port, or *", text)
	}
	*p = hostPattern(strings.ToLower(text))
	return nil
}

// matches reports whether the pattern matches host, a name in lower case without a port.
func (p hostPattern) matches(host string) bool {
	if domain, ok := strings.CutPrefix(string(p), "*."); ok {
		return strings.HasSuffix(host, "."+domain)
	}
	return p == "*" || string(p) == host
}

// checkHost wraps next so that requests for hosts other than the server's get 421 (RFC 9110, section 15.5.20). listens
// is the address of the listener. refused is called for those that ask for a WebSocket.
//
// The check protects a server on a loopback address from DNS rebinding: a web page whose own host name resolves to
// 127.0.0.1 can send requests to the server, and they pass the check of origins because their Host and Origin agree.
func (f hostFlags) checkHost(next http.Handler, listens net.Addr, log *slog.Logger, refused func(*http.Request)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if f.allowsHost(r.Host, listens, r.TLS != nil) {
			next.ServeHTTP(w, r)
			return
		}
		log.Warn("request refused: unknown host; allow it with --host", "host", r.Host, "remote", r.RemoteAddr)
		if handshake.IsUpgrade(r.Header) {
			refused(r)
		}
		http.Error(w, "this server does not serve the requested host; its operator can allow it with --host", http.StatusMisdirectedRequest)
	})
}

// allowsHost reports whether a request with this Host field is served. Without --host every host is allowed, unless the
// server listens on a loopback address and the field contains the server's own port: then a browser has connected
// directly. A proxy in front of the server forwards its own name and port.
func (f hostFlags) allowsHost(field string, listens net.Addr, secure bool) bool {
	host, port := netaddr.SplitHost(field)
	if port == "" {
		port = standardPort(secure)
	}
	if host == "" || !netaddr.IsRebindable(host) { // browsers always send a host
		return true
	}
	for _, p := range f.Host {
		if p.matches(host) {
			return true
		}
	}
	if len(f.Host) > 0 {
		return false
	}
	address, ok := listens.(*net.TCPAddr)
	return !ok || !address.IP.IsLoopback() || port != strconv.Itoa(address.Port)
}

// standardPort returns the port of a URL without one (RFC 9110, sections 4.2.1 and 4.2.2).
func standardPort(secure bool) string {
	if secure {
		return "443"
	}
	return "80"
}

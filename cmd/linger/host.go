package main

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"
)

// hostFlags say under which names a server may be reached.
type hostFlags struct {
	Host []hostPattern `placeholder:"NAME" help:"Names under which clients may reach the server, beside localhost and addresses: example.com, *.example.com, or * for any. Others get 421. Any, if not given, but a server that listens on this machine only and is reached without a proxy is localhost. May be repeated."`
}

// hostPattern is the name of a host, *. and a domain, or * for any.
type hostPattern string

// Decode reads a pattern for kong.
func (p *hostPattern) Decode(ctx *kong.DecodeContext) error {
	var text string
	if err := ctx.Scan.PopValueInto("name", &text); err != nil {
		return err
	}
	name := strings.TrimPrefix(text, "*.")
	if text != "*" && (name == "" || strings.ContainsAny(name, "*:/@[] ")) {
		return fmt.Errorf("%q is not the name of a host: give a name such as example.com or *.example.com, without scheme and port, or *", text)
	}
	*p = hostPattern(strings.ToLower(text))
	return nil
}

func (p hostPattern) fits(host string) bool {
	if domain, ok := strings.CutPrefix(string(p), "*."); ok {
		return strings.HasSuffix(host, "."+domain)
	}
	return p == "*" || string(p) == host
}

// admit returns a handler that answers requests for hosts that are not the server's with 421 (RFC 9110, section
// 15.5.20). It keeps web pages from reaching a server that listens on loopback only by having the name of their own
// host resolve to 127.0.0.1 (DNS rebinding): such a page has the origin that it asks for, so that no check of origins
// helps.
func (f hostFlags) admit(next http.Handler, listens net.Addr, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if f.admits(r.Host, listens) {
			next.ServeHTTP(w, r)
			return
		}
		log.Warn("request refused: its host is not one of this server; admit it with --host", "host", r.Host, "remote", r.RemoteAddr)
		http.Error(w, "this server does not answer to the host that the request names; its operator can admit it with --host", http.StatusMisdirectedRequest)
	})
}

// admits reports whether a request may name a host. Without --host any is good, but for a server on loopback: there a
// name with the server's own port is that of a browser which connects directly. A proxy in front of the server passes
// on the names and ports of its own.
func (f hostFlags) admits(field string, listens net.Addr) bool {
	host, port := splitHost(field)
	if host == "" || isLocal(host) { // every browser names a host
		return true
	}
	for _, p := range f.Host {
		if p.fits(host) {
			return true
		}
	}
	if len(f.Host) > 0 {
		return false
	}
	address, ok := listens.(*net.TCPAddr)
	return !ok || !address.IP.IsLoopback() || port != strconv.Itoa(address.Port)
}

// splitHost returns the host of a Host field in one form, and its port: 80 if there is none (RFC 9110, section 4.2.1).
func splitHost(field string) (host, port string) {
	host, port, err := net.SplitHostPort(field)
	if err != nil {
		host, port = field, "80"
	}
	return strings.ToLower(strings.TrimSuffix(host, ".")), port
}

// isLocal reports whether a host is one that no name server can redirect: an address, or localhost and all below it
// (RFC 6761, section 6.3).
func isLocal(host string) bool {
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return true
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

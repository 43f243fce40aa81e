package worker

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"time"
)

// EgressRule allows or denies the script to reach something: [ParseEgressRule] makes
// them. Of several rules the first that fits decides; where none does, everything is
// allowed.
type EgressRule struct {
	allow  bool
	all    bool         // everything
	prefix netip.Prefix // addresses, if it is valid
	name   string       // a host name, in lower case
	below  bool         // the names below it, not itself
}

// ParseEgressRule reads TARGET=allow or TARGET=deny, where the target is an address
// such as 10.0.0.1, a network such as 10.0.0.0/8 or fd00::/8, a host name, *.NAME for
// all names below one, or * for everything. "allow" and "deny" alone are for *.
func ParseEgressRule(text string) (EgressRule, error) {
	target, verdict, given := strings.Cut(text, "=")
	if !given {
		target, verdict = "*", text
	}
	rule := EgressRule{allow: verdict == "allow"}
	if verdict != "allow" && verdict != "deny" {
		return rule, fmt.Errorf("%q is no rule for outgoing connections: give TARGET=allow or TARGET=deny", text)
	}
	if target == "*" {
		rule.all = true
		return rule, nil
	}
	if address, err := netip.ParseAddr(target); err == nil {
		rule.prefix = netip.PrefixFrom(plain(address), plain(address).BitLen())
		return rule, nil
	}
	if prefix, err := netip.ParsePrefix(target); err == nil {
		if mapped := prefix.Addr().Is4In6(); mapped && prefix.Bits() >= 96 {
			prefix = netip.PrefixFrom(plain(prefix.Addr()), prefix.Bits()-96)
		}
		rule.prefix = prefix.Masked()
		return rule, nil
	}
	rule.name, rule.below = strings.CutPrefix(strings.ToLower(target), "*.")
	if !isHostName(rule.name) {
		return rule, fmt.Errorf("%q is no target of a rule for outgoing connections: give an address, a network such as 10.0.0.0/8, a host name without its port, *.example.com, or *", target)
	}
	return rule, nil
}

// isHostName tells whether a name is made of the labels that a URL has in ASCII.
func isHostName(name string) bool {
	legal := func(r rune) bool { return r == '-' || r == '_' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' }
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || strings.ContainsFunc(label, func(r rune) bool { return !legal(r) }) {
			return false
		}
	}
	return true
}

// plain gives an address as rules compare them: one of IPv4 within IPv6 is one of IPv4,
// and a zone names an interface of this machine, which no network has.
func plain(address netip.Addr) netip.Addr { return address.Unmap().WithZone("") }

// String gives the rule as ParseEgressRule reads it.
func (r EgressRule) String() string {
	verdict := "=deny"
	if r.allow {
		verdict = "=allow"
	}
	switch {
	case r.all:
		return "*" + verdict
	case r.prefix.IsValid():
		return r.prefix.String() + verdict
	case r.below:
		return "*." + r.name + verdict
	}
	return r.name + verdict
}

// named tells whether the rule is for a host by its name.
func (r EgressRule) named(host string) bool {
	if r.below {
		return strings.HasSuffix(host, "."+r.name)
	}
	return r.name != "" && r.name == host
}

// egress are the rules, in their order.
type egress []EgressRule

// egressError tells that the rules deny a connection. It names the host as the script did,
// not the address behind it.
type egressError struct{ host string }

func (e *egressError) Error() string {
	return "connections to " + e.host + " are denied by the rules for outgoing connections"
}

// check decides about an address that a host was found to have.
func (e egress) check(host string, address netip.Addr) error {
	for _, rule := range e {
		if rule.all || rule.prefix.IsValid() && rule.prefix.Contains(plain(address)) || rule.named(host) {
			return verdict(rule, host)
		}
	}
	return nil
}

// checkName decides about a host whose addresses do not matter, before anybody is asked
// for them: a name that is denied is not looked up.
func (e egress) checkName(host string) error {
	for _, rule := range e {
		switch {
		case rule.prefix.IsValid():
			return nil
		case rule.all, rule.named(host):
			return verdict(rule, host)
		}
	}
	return nil
}

func verdict(rule EgressRule, host string) error {
	if rule.allow {
		return nil
	}
	return &egressError{host}
}

// dial opens a connection if the rules allow it. The address is checked on the socket
// that is about to connect, so what a name resolves to at another time changes nothing.
func (e egress) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if _, err := netip.ParseAddr(host); err != nil { // an address is checked as one
		if err := e.checkName(host); err != nil {
			return nil, err
		}
	}
	dialer := net.Dialer{Timeout: dialTimeout, KeepAlive: tcpKeepAlive, Control: func(_, addr string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(addr)
		if err != nil {
			return err
		}
		return e.check(host, to.Addr())
	}}
	return dialer.DialContext(ctx, network, addr)
}

const (
	dialTimeout  = 10 * time.Second
	tcpKeepAlive = 30 * time.Second
)

package worker

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"github.com/lingerws/linger/internal/netaddr"
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
		return rule, fmt.Errorf("%q is not a rule for outgoing connections: give TARGET=allow or TARGET=deny", text)
	}
	if target == "*" {
		rule.all = true
		return rule, nil
	}
	if prefix, err := netaddr.ParsePrefix(target); err == nil {
		rule.prefix = prefix
		return rule, nil
	}
	rule.name, rule.below = strings.CutPrefix(strings.ToLower(target), "*.")
	if !isHostName(rule.name) {
		return rule, fmt.Errorf("%q is not a target of a rule for outgoing connections: give an address, a network such as 10.0.0.0/8, a host name without its port, *.example.com, or *", target)
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

// check decides about an address that a host was found to have. A connection to the
// unspecified address, 0.0.0.0 or ::, is one to this machine, so it has to be allowed to
// reach both loopback addresses too.
func (e egress) check(host string, address netip.Addr) error {
	address = netaddr.Canonical(address)
	if address.IsUnspecified() {
		if err := cmp.Or(e.checkOne(host, loopback4), e.checkOne(host, netip.IPv6Loopback())); err != nil {
			return err
		}
	}
	return e.checkOne(host, address)
}

var loopback4 = netip.AddrFrom4([4]byte{127, 0, 0, 1})

func (e egress) checkOne(host string, address netip.Addr) error {
	embedded := embedded4(address)
	for _, rule := range e {
		if rule.all || rule.contains(address) || rule.contains(embedded) || rule.named(host) {
			return verdict(rule, host)
		}
	}
	return nil
}

// contains reports whether the rule is for a network with the address in it.
func (r EgressRule) contains(address netip.Addr) bool {
	return r.prefix.IsValid() && address.IsValid() && r.prefix.Contains(address)
}

// translated are the networks of IPv6 whose addresses lead to one of IPv4, and where it
// stands in them: through a translator (RFC 6052, section 2.1, and RFC 8215), a tunnel
// (RFC 3056, section 2), or as an IPv4-compatible address (RFC 4291, section 2.5.5.1).
var translated = []struct {
	prefix netip.Prefix
	at     int
}{
	{netip.MustParsePrefix("64:ff9b::/96"), 12},
	{netip.MustParsePrefix("64:ff9b:1::/48"), 12},
	{netip.MustParsePrefix("2002::/16"), 2},
	{netip.MustParsePrefix("::/96"), 12},
}

// embedded4 returns the address of IPv4 that one of IPv6 leads to, the zero Addr if there
// is none.
func embedded4(address netip.Addr) netip.Addr {
	for _, t := range translated {
		if t.prefix.Contains(address) && !address.IsLoopback() && !address.IsUnspecified() {
			b := address.As16()
			return netip.AddrFrom4([4]byte(b[t.at : t.at+4]))
		}
	}
	return netip.Addr{}
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

// Package egress has the rules about which addresses outgoing connections may reach, and opens
// connections that obey them.
package egress

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

// Rule allows or denies connections to a target. The zero value matches nothing.
type Rule struct {
	allow  bool
	all    bool         // the target is everything
	prefix netip.Prefix // the target's addresses, if it is valid
	name   string       // the target's host name, in lower case
	below  bool         // the target is the names below name, without name itself
}

// ParseRule reads TARGET=allow or TARGET=deny, where the target is an address
// such as 10.0.0.1, a network such as 10.0.0.0/8 or fd00::/8, a host name, *.NAME for
// all names below one, or * for everything. "allow" and "deny" alone are for *.
func ParseRule(text string) (Rule, error) {
	target, verdict, given := strings.Cut(text, "=")
	if !given {
		target, verdict = "*", text
	}
	rule := Rule{allow: verdict == "allow"}
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

// isHostName reports whether a name consists of labels as URLs have them in ASCII.
func isHostName(name string) bool {
	legal := func(r rune) bool { return r == '-' || r == '_' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' }
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || strings.ContainsFunc(label, func(r rune) bool { return !legal(r) }) {
			return false
		}
	}
	return true
}

// String returns the rule as ParseRule reads it.
func (r Rule) String() string {
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

// named reports whether the rule's target contains a host by its name.
func (r Rule) named(host string) bool {
	if r.below {
		return strings.HasSuffix(host, "."+r.name)
	}
	return r.name != "" && r.name == host
}

// Rules is a list of rules. The first rule that matches decides; without a match the connection is allowed.
type Rules []Rule

// DeniedError reports that a rule denies a connection. It contains the host that was asked for,
// not the address that this host has.
type DeniedError struct{ Host string }

func (e *DeniedError) Error() string {
	return "connections to " + e.Host + " are denied by the rules for outgoing connections"
}

// check returns a *DeniedError if the rules deny an address of a host. A connection to the
// unspecified address, 0.0.0.0 or ::, reaches this machine, so both loopback addresses have to
// be allowed too.
func (r Rules) check(host string, address netip.Addr) error {
	address = netaddr.Canonical(address)
	if address.IsUnspecified() {
		if err := cmp.Or(r.checkOne(host, loopback4), r.checkOne(host, netip.IPv6Loopback())); err != nil {
			return err
		}
	}
	return r.checkOne(host, address)
}

var loopback4 = netip.AddrFrom4([4]byte{127, 0, 0, 1})

func (r Rules) checkOne(host string, address netip.Addr) error {
	embedded := embedded4(address)
	for _, rule := range r {
		if rule.all || rule.contains(address) || rule.contains(embedded) || rule.named(host) {
			return verdict(rule, host)
		}
	}
	return nil
}

// contains reports whether the rule's target is a network that contains the address.
func (r Rule) contains(address netip.Addr) bool {
	return r.prefix.IsValid() && address.IsValid() && r.prefix.Contains(address)
}

// translated are the IPv6 networks whose addresses contain an IPv4 address, and its offset in
// bytes: through a translator (RFC 6052, section 2.1, and RFC 8215), a tunnel
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

// embedded4 returns the IPv4 address that an IPv6 address contains, the zero Addr if there
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

// checkName returns a *DeniedError if the rules deny a host whatever addresses it has. Such a
// name is not looked up.
func (r Rules) checkName(host string) error {
	for _, rule := range r {
		switch {
		case rule.prefix.IsValid():
			return nil
		case rule.all, rule.named(host):
			return verdict(rule, host)
		}
	}
	return nil
}

func verdict(rule Rule, host string) error {
	if rule.allow {
		return nil
	}
	return &DeniedError{host}
}

// Dial opens a connection if the rules allow it; otherwise the error is a *[DeniedError]. The
// address is checked on the socket that is about to connect, so that a name cannot resolve to
// another address after the check.
func (r Rules) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if _, err := netip.ParseAddr(host); err != nil { // an address is checked as one
		if err := r.checkName(host); err != nil {
			return nil, err
		}
	}
	dialer := net.Dialer{Timeout: Timeout, KeepAlive: tcpKeepAlive, Control: func(_, addr string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(addr)
		if err != nil {
			return err
		}
		return r.check(host, to.Addr())
	}}
	return dialer.DialContext(ctx, network, addr)
}

// Timeout bounds the opening of a connection, the look-up of its name included.
const Timeout = 10 * time.Second

const tcpKeepAlive = 30 * time.Second

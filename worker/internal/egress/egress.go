// Package egress implements rules for the targets of outgoing connections, and opens connections
// that the rules allow.
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
	allow      bool
	all        bool         // every target matches
	prefix     netip.Prefix // the addresses that match; invalid for a rule about a name
	name       string       // the host name that matches, in lower case
	subdomains bool         // the subdomains of name match instead of name itself
}

// ParseRule reads TARGET=allow or TARGET=deny, where the target is an address
// such as 10.0.0.1, a network such as 10.0.0.0/8 or fd00::/8, a host name, *.NAME for
// all subdomains of NAME, or * for everything. "allow" and "deny" alone apply to *.
func ParseRule(text string) (Rule, error) {
	target, verdict, found := strings.Cut(text, "=")
	if !found {
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
	rule.name, rule.subdomains = strings.CutPrefix(strings.ToLower(target), "*.")
	if !isHostName(rule.name) {
		return rule, fmt.Errorf("%q is not a target of a rule for outgoing connections: give an address, a network such as 10.0.0.0/8, a host name without its port, *.example.com, or *", target)
	}
	return rule, nil
}

// isHostName reports whether a name consists of labels that are valid in the host of a URL, in ASCII.
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
	case r.subdomains:
		return "*." + r.name + verdict
	}
	return r.name + verdict
}

// matchesName reports whether the rule applies to a host by its name.
func (r Rule) matchesName(host string) bool {
	if r.subdomains {
		return strings.HasSuffix(host, "."+r.name)
	}
	return r.name != "" && r.name == host
}

// Rules is a list of rules. The first rule that matches decides; without a match the connection is allowed.
type Rules []Rule

// DeniedError reports that a rule denies a connection. Host is the host that was to be reached, not
// its address.
type DeniedError struct{ Host string }

// Error returns the text for the script and the log.
func (e *DeniedError) Error() string {
	return "connections to " + e.Host + " are denied by the rules for outgoing connections"
}

// check returns a *DeniedError if the rules deny an address of a host. A connection to the
// unspecified address, 0.0.0.0 or ::, reaches this machine, so both loopback addresses must be
// allowed too.
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

// checkOne applies the first rule that matches the address, the IPv4 address in it, or the host.
func (r Rules) checkOne(host string, address netip.Addr) error {
	embedded := embedded4(address)
	for _, rule := range r {
		if rule.all || rule.matchesAddress(address) || rule.matchesAddress(embedded) || rule.matchesName(host) {
			return verdict(rule, host)
		}
	}
	return nil
}

// matchesAddress reports whether the rule is about a network that contains the address.
func (r Rule) matchesAddress(address netip.Addr) bool {
	return r.prefix.IsValid() && address.IsValid() && r.prefix.Contains(address)
}

// translated has the IPv6 networks whose addresses contain an IPv4 address, with its offset in
// bytes: those of translators (RFC 6052, section 2.1, and RFC 8215), of tunnels
// (RFC 3056, section 2), and those of IPv4-compatible addresses (RFC 4291, section 2.5.5.1).
var translated = []struct {
	prefix netip.Prefix
	offset int
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
			return netip.AddrFrom4([4]byte(b[t.offset : t.offset+4]))
		}
	}
	return netip.Addr{}
}

// checkName returns a *DeniedError if the rules deny a host by its name, whatever its addresses are.
// Such a name is not looked up.
func (r Rules) checkName(host string) error {
	for _, rule := range r {
		switch {
		case rule.prefix.IsValid():
			return nil
		case rule.all, rule.matchesName(host):
			return verdict(rule, host)
		}
	}
	return nil
}

// verdict returns a *DeniedError if the rule that matches a host denies connections.
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
	if _, err := netip.ParseAddr(host); err != nil { // addresses are checked by Control only
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

// Timeout bounds the opening of a connection, including the look-up of its name.
const Timeout = 10 * time.Second

const tcpKeepAlive = 30 * time.Second

package egress

import (
	"errors"
	"net"
	"net/netip"
	"testing"
)

func TestParseRule(t *testing.T) {
	for text, want := range map[string]string{
		"deny":                     "*=deny",
		"allow":                    "*=allow",
		"*=deny":                   "*=deny",
		"10.0.0.0/8=deny":          "10.0.0.0/8=deny",
		"10.1.2.3/8=deny":          "10.0.0.0/8=deny",
		"10.1.2.3=allow":           "10.1.2.3/32=allow",
		"::ffff:10.1.2.3=allow":    "10.1.2.3/32=allow",
		"::ffff:10.0.0.0/104=deny": "10.0.0.0/8=deny",
		"fd00::/8=deny":            "fd00::/8=deny",
		"fe80::1%eth0=deny":        "fe80::1/128=deny",
		"API.example.com=allow":    "api.example.com=allow",
		"*.example.com=allow":      "*.example.com=allow",
		"localhost=deny":           "localhost=deny",
	} {
		rule, err := ParseRule(text)
		if err != nil || rule.String() != want {
			t.Errorf("%q is the rule %q; got %q, %v", text, want, rule, err)
		}
	}
	for _, text := range []string{"", "=deny", "10.0.0.0/8", "10.0.0.0/8=maybe", "example.com:443=deny", "http://x=deny", "a..b=deny", "*.=deny", "10.0.0.0/40=deny", "exa mple=deny"} {
		if rule, err := ParseRule(text); err == nil {
			t.Errorf("%q is not a rule; got %v", text, rule)
		}
	}
}

func rules(t *testing.T, texts ...string) Rules {
	t.Helper()
	var all Rules
	for _, text := range texts {
		rule, err := ParseRule(text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, rule)
	}
	return all
}

var loopbackDenied = []string{"127.0.0.0/8=deny", "::1=deny", "localhost=deny"}

func TestRulesCheckFirstMatchDecides(t *testing.T) {
	for _, c := range []struct {
		rules         []string
		host, address string
		allowed       bool
	}{
		{nil, "x", "10.0.0.1", true},
		{[]string{"deny"}, "x", "10.0.0.1", false},
		{[]string{"10.0.0.0/8=deny"}, "x", "10.0.0.1", false},
		{[]string{"10.0.0.0/8=deny"}, "x", "::ffff:10.0.0.1", false},
		{[]string{"fe80::/10=deny"}, "x", "fe80::1%eth0", false},
		{[]string{"10.0.0.0/8=deny"}, "x", "11.0.0.1", true},
		{[]string{"api.example.com=allow", "deny"}, "api.example.com", "10.0.0.1", true},
		{[]string{"api.example.com=allow", "deny"}, "example.com", "10.0.0.1", false},
		{[]string{"*.example.com=allow", "deny"}, "api.example.com", "10.0.0.1", true},
		{[]string{"*.example.com=allow", "deny"}, "example.com", "10.0.0.1", false},
		{[]string{"*.example.com=allow", "deny"}, "evilexample.com", "10.0.0.1", false},
		{[]string{"10.0.0.0/8=deny", "api.example.com=allow", "deny"}, "api.example.com", "10.0.0.1", false},
		{[]string{"api.example.com=allow", "10.0.0.0/8=deny"}, "api.example.com", "10.0.0.1", true},
		{loopbackDenied, "x", "0.0.0.0", false},
		{loopbackDenied, "x", "::", false},
		{loopbackDenied, "x", "::ffff:0.0.0.0", false},
		{loopbackDenied, "x", "::%lo", false},
		{loopbackDenied, "x", "::1%lo", false},
		{loopbackDenied, "x", "::ffff:127.1.2.3", false},
		{loopbackDenied, "x", "1.2.3.4", true},
		{[]string{"127.0.0.0/8=deny"}, "x", "::", false},
		{[]string{"127.0.0.0/8=deny"}, "x", "0.0.0.0", false},
		{[]string{"::1=deny"}, "x", "::", false},
		{[]string{"::1=deny"}, "x", "::1", false},
		{[]string{"0.0.0.0=deny"}, "x", "0.0.0.0", false},
		{[]string{"0.0.0.0=deny"}, "x", "127.0.0.1", true},
		{[]string{"127.0.0.1=allow", "::1=allow", "deny"}, "x", "0.0.0.0", false},
		{[]string{"127.0.0.1=allow", "::1=allow", "0.0.0.0=allow", "deny"}, "x", "0.0.0.0", true},
		{[]string{"x=allow", "deny"}, "x", "0.0.0.0", true},
		{[]string{"10.0.0.0/8=deny"}, "x", "64:ff9b::10.0.0.1", false},
		{[]string{"10.0.0.0/8=deny"}, "x", "64:ff9b:1::10.0.0.1", false},
		{[]string{"10.0.0.0/8=deny"}, "x", "2002:a00:1::1", false},
		{[]string{"10.0.0.0/8=deny"}, "x", "::10.0.0.1", false},
		{[]string{"10.0.0.0/8=deny"}, "x", "64:ff9b::11.0.0.1", true},
		{[]string{"64:ff9b::/96=allow", "deny"}, "x", "64:ff9b::11.0.0.1", true},
		{[]string{"0.0.0.0/8=deny"}, "x", "::1", true},
	} {
		err := rules(t, c.rules...).check(c.host, netip.MustParseAddr(c.address))
		if denied, ok := errors.AsType[*DeniedError](err); (err == nil) != c.allowed || err != nil && (!ok || denied.Host != c.host) {
			t.Errorf("with %q, %s at %s is allowed: %v; got %v", c.rules, c.host, c.address, c.allowed, err)
		}
	}
}

func TestRulesDialDoesNotLookUpADeniedName(t *testing.T) {
	for _, r := range [][]string{{"deny"}, {"x.invalid=deny"}, {"*.invalid=deny"}, {"y=allow", "deny", "10.0.0.0/8=allow"}} {
		_, err := rules(t, r...).Dial(t.Context(), "tcp", "x.invalid:80")
		if _, denied := errors.AsType[*DeniedError](err); !denied {
			t.Errorf("with %q the name is denied before it is looked up; got %v", r, err)
		}
	}
}

func TestRulesDialChecksTheAddress(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	for _, host := range []string{"127.0.0.1", "localhost", "LOCALHOST", "::ffff:127.0.0.1", "0.0.0.0", "::", "::ffff:0.0.0.0"} {
		_, err := rules(t, "127.0.0.0/8=deny", "::1=deny", "localhost=allow").Dial(t.Context(), "tcp", net.JoinHostPort(host, port))
		if _, denied := errors.AsType[*DeniedError](err); !denied {
			t.Errorf("%s leads to an address that is denied; got %v", host, err)
		}
		nc, err := rules(t, "127.0.0.0/8=allow", "::1=allow", "0.0.0.0=allow", "::=allow", "deny").Dial(t.Context(), "tcp", net.JoinHostPort(host, port))
		if err != nil {
			t.Errorf("%s leads to an address that is allowed; got %v", host, err)
			continue
		}
		_ = nc.Close()
	}
}

func FuzzParseRule(f *testing.F) {
	for _, text := range []string{"deny", "10.0.0.0/8=deny", "*.a.b=allow", "::ffff:1.2.3.4/97=deny", "fe80::1%x=allow"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rule, err := ParseRule(text)
		if err != nil {
			return
		}
		again, err := ParseRule(rule.String())
		if err != nil || again != rule {
			t.Errorf("%q is read as %v, which is read as the same; got %v, %v", text, rule, again, err)
		}
	})
}
